// `holdfast genhash` beside keepalived's genhash, over a local HTTP server and a local TLS server.
import { assert, assertEquals, assertStringIncludes } from "../assert.ts";
import { tryRun } from "../support/command.ts";
import { EXPIRED_CERTIFICATE, EXPIRED_KEY } from "../support/expired_certificate.ts";
import { holdfastCommand } from "../support/holdfast.ts";
import { testWith } from "../support/requirements.ts";

const BINARY = `hello\nworld \x01\x02\xff ${"and more of it ".repeat(7)}\n`;
const PAGES: Readonly<Record<string, string>> = {
  "/page": `HTTP/1.1 200 OK\r\nContent-Length: ${BINARY.length}\r\nX: y\r\n\r\n${BINARY}`,
  "/chunked": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
  "/more": "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nnopeyes",
  "/to-the-end": "HTTP/1.0 200 OK\r\n\r\nbody to the end",
  "/none": "HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnope",
  "/big": `HTTP/1.0 200 OK\r\n\r\n${"0123456789abcdef\n".repeat(20_000)}`,
  "/short": "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nnope",
};

/** Serves the pages; keeps what was asked. */
function serve(listener: Deno.Listener<Deno.TcpConn | Deno.TlsConn>, asked: string[]): Promise<void> {
  return (async (): Promise<void> => {
    for (;;) {
      const connection = await listener.accept();
      void answer(connection, asked).catch(() => {}).finally(() => connection.close());
    }
  })().catch(() => {});
}

async function answer(connection: Deno.TcpConn | Deno.TlsConn, asked: string[]): Promise<void> {
  const buffer = new Uint8Array(4096);
  const request = new TextDecoder().decode(buffer.subarray(0, await connection.read(buffer) ?? 0));
  asked.push(request);
  const bytes = Uint8Array.from(PAGES[request.split(" ")[1] ?? ""] ?? "", (character) => character.charCodeAt(0));
  for (let sent = 0; sent < bytes.length;) sent += await connection.write(bytes.subarray(sent));
  await connection.closeWrite();
  await connection.read(buffer);
}

/** Without what is only ours, what differs from run to run, and what keepalived prints at some ends of a page only. */
function comparable(output: string): string {
  return output.replace(/^warning: .*\n/m, "").replace(/= \d+ usecs/, "= N usecs")
    .replace(/\n-+\[ +HTML hash resulting[^]*?HTML hash final resulting \]-+\n/, "");
}

testWith(["program:genhash"], "genhash: keepalived's digests, requests and verbose output", async () => {
  const plain = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const secure = Deno.listenTls({ hostname: "127.0.0.1", port: 0, cert: EXPIRED_CERTIFICATE, key: EXPIRED_KEY });
  const asked: string[] = [];
  const serving = [serve(plain, asked), serve(secure, asked)];
  const ports = [plain, secure].map(({ addr }) => String((addr as Deno.NetAddr).port));
  const both = async (args: readonly string[]): Promise<string> => {
    asked.length = 0;
    const theirs = await tryRun("genhash", ...args);
    const ours = await tryRun(...holdfastCommand(), "genhash", ...args);
    assertEquals([theirs.code, ours.code], [0, 0], `${args.join(" ")}: ${ours.output}`);
    assertEquals(asked.length, 2, args.join(" "));
    assertEquals(asked[1], asked[0], args.join(" "));
    assertEquals(comparable(ours.output), comparable(theirs.output), args.join(" "));
    return ours.output;
  };
  const [port = "", tlsPort = ""] = ports;
  for (const path of ["/page", "/chunked", "/more", "/to-the-end", "/none", "/big"]) {
    assert(/^[0-9a-f]{32}\n/.test(await both(["-s", "127.0.0.1", "-p", port, "-u", path])), path);
  }
  assertStringIncludes(await both(["-v", "-s", "127.0.0.1", "-p", port, "-u", "/page"]), "Global response time");
  for (const version of ["1.0", "1.0c", "1.1"]) {
    await both(["--server", "127.0.0.1", "--port", port, "--url", "/page", "--protocol", version]);
    await both(["-s", "127.0.0.1", "-p", port, "-u", "/page", "-P", version, "-V", "www.example.net", "-t", "3"]);
  }
  for (const more of [[], ["-v"], ["-I", "-V", "www.example.net"]]) {
    await both(["-S", ...more, "-s", "127.0.0.1", "-p", tlsPort, "-u", "/page"]);
  }

  const none = await tryRun(...holdfastCommand(), "genhash", "-s", "127.0.0.1", "-p", port, "-u", "/none");
  assertStringIncludes(none.output, "warning: this is the page of 404 Not Found");
  const wrong: readonly (readonly [args: readonly string[], code: number, text: string])[] = [
    [["-s", "127.0.0.1", "-p", port, "-u", "/short"], 1, "closed after 4 of 100 bytes"],
    [["-s", "localhost", "-p", port, "-u", "/"], 1, "must be an address"],
    [["-s", "127.0.0.1", "-p", "0", "-u", "/"], 2, "whole number from 1 to 65535"],
    [["-s", "127.0.0.1", "-p", port], 2, "--url"],
    [["-s", "127.0.0.1", "-p", port, "-u", "/", "-P", "2"], 2, "1.0c"],
    [["-S", "-s", "127.0.0.1", "-p", port, "-u", "/page", "-t", "1"], 1, "error: "],
  ];
  for (const [args, code, text] of wrong) {
    const result = await tryRun(...holdfastCommand(), "genhash", ...args);
    assertEquals(result.code, code, result.output);
    assertStringIncludes(result.output, text);
  }
  plain.close();
  secure.close();
  await Promise.all(serving);
  const refused = await tryRun(...holdfastCommand(), "genhash", "-s", "127.0.0.1", "-p", port, "-u", "/");
  assertEquals([refused.code, refused.output], [1, "error: connection refused\n"]);
});
