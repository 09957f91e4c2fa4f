// Downloads over TLS on loopback: broken connections, servers that cannot resume, that lie, that lead elsewhere.
import { assert, assertEquals, assertRejects } from "../../test/assert.ts";
import { LOOPBACK_CERTIFICATE, LOOPBACK_KEY, TEST_CA } from "../../test/support/loopback_certificate.ts";
import { Download, type DownloadOptions } from "./download.ts";

const CONTENT = new Uint8Array(300_000).map((_, index) => (index * 7 + (index >> 8)) & 255);

/** What a server says to one request, and how much of the content it sends before it hangs up. */
interface Answer {
  readonly head: string;
  readonly body?: Uint8Array;
}

/** A web server that answers each connection by its number. The connection is cut after the body. */
class Server implements Disposable {
  readonly requests: string[] = [];
  readonly #listener = Deno.listenTls({
    hostname: "127.0.0.1",
    port: 0,
    cert: LOOPBACK_CERTIFICATE,
    key: LOOPBACK_KEY,
  });
  readonly #answer: (request: string, count: number) => Answer;

  constructor(answer: (request: string, count: number) => Answer) {
    this.#answer = answer;
    this.#serve();
  }

  get address(): string {
    return `https://127.0.0.1:${this.#listener.addr.port}/update`;
  }

  [Symbol.dispose](): void {
    this.#listener.close();
  }

  async #serve(): Promise<void> {
    try {
      while (true) await this.#talk(await this.#listener.accept());
    } catch {
      // The listener was closed.
    }
  }

  async #talk(connection: Deno.TlsConn): Promise<void> {
    try {
      const buffer = new Uint8Array(4096);
      let request = "";
      while (!request.includes("\r\n\r\n")) {
        const length = await connection.read(buffer);
        if (length === null) return;
        request += new TextDecoder().decode(buffer.subarray(0, length));
      }
      this.requests.push(request);
      const { head, body = new Uint8Array(0) } = this.#answer(request, this.requests.length);
      await writeAll(connection, new TextEncoder().encode(`HTTP/1.1 ${head}\r\nConnection: close\r\n\r\n`));
      await writeAll(connection, body);
      await connection.closeWrite();
    } catch {
      // The client has gone.
    } finally {
      connection.close();
    }
  }
}

async function writeAll(connection: Deno.TlsConn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}

/** Sends what is asked for, and hangs up after so many bytes of each answer. */
function serving(limit: number, { ranges = true, tag = (_: number): string => `"one"` } = {}): (
  request: string,
  count: number,
) => Answer {
  return (request, count) => {
    const from = ranges ? Number(request.match(/\r\nrange: bytes=(\d+)-\r\n/i)?.[1] ?? 0) : 0;
    const status = from === 0
      ? `200 OK`
      : `206 Partial Content\r\nContent-Range: bytes ${from}-${CONTENT.length - 1}/${CONTENT.length}`;
    const head = `${status}\r\nContent-Length: ${CONTENT.length - from}\r\nETag: ${tag(count)}`;
    return { head, body: CONTENT.subarray(from, from + limit) };
  };
}

async function contentOf(address: string, options: DownloadOptions = {}): Promise<Uint8Array> {
  using download = await Download.open(address, { caCerts: [TEST_CA], pauseMs: 1, stallMs: 5000, ...options });
  const buffer = new Uint8Array(50_000);
  const parts: number[] = [];
  for (let length = await download.read(buffer); length !== null; length = await download.read(buffer)) {
    parts.push(...buffer.subarray(0, length));
  }
  return new Uint8Array(parts);
}

Deno.test("Download reads the file, to its end", async () => {
  using server = new Server(serving(Infinity));
  assertEquals(await contentOf(server.address), CONTENT);
  assertEquals(server.requests.length, 1);
});

Deno.test("Download goes on where the connection broke, as often as it brings something", async () => {
  using server = new Server(serving(40_000));
  const lines: string[] = [];
  assertEquals(await contentOf(server.address, { log: (line) => lines.push(line) }), CONTENT);
  assert(server.requests.length >= 8, `${server.requests.length} connections`);
  assert(/\r\nif-range: "one"\r\n/i.test(server.requests[1] ?? ""), "it asks for the rest of the same file");
  assert(lines.every((line) => line.startsWith("the download stopped after ")), lines[0]);
});

Deno.test("Download starts over where the server knows no ranges", async () => {
  let limit = 100_000;
  using server = new Server((request, count) => serving(limit += 50_000, { ranges: false })(request, count));
  assertEquals(await contentOf(server.address), CONTENT);
  assert(server.requests.length > 2);
});

Deno.test("Download does not put two files together", async () => {
  using server = new Server(serving(40_000, { tag: (count) => `"${count}"` }));
  await assertRejects(() => contentOf(server.address), Error, "was exchanged while it was read");
});

Deno.test("Download gives up a server that brings nothing more, or that sends nothing at all", async () => {
  using server = new Server((request, count) => serving(count === 1 ? 40_000 : 0)(request, count));
  await assertRejects(() => contentOf(server.address), Error, "reading a body");
  assertEquals(server.requests.length, 6);
  const silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const address = `https://127.0.0.1:${silent.addr.port}/`;
  await assertRejects(() => contentOf(address, { stallMs: 50 }), Error, "nothing came for 0.05 s");
  silent.close();
});

Deno.test("Download follows redirections, over HTTPS only, and not for ever", async () => {
  using server = new Server(serving(Infinity));
  using first = new Server(() => ({ head: `302 Found\r\nLocation: ${server.address}\r\nContent-Length: 0` }));
  assertEquals((await contentOf(first.address)).length, CONTENT.length);
  using away = new Server(() => ({ head: "302 Found\r\nLocation: http://127.0.0.1/update\r\nContent-Length: 0" }));
  await assertRejects(() => contentOf(away.address), Error, "leads away from https");
  using circle: Server = new Server(() => ({ head: "302 Found\r\nLocation: /update\r\nContent-Length: 0" }));
  await assertRejects(() => contentOf(circle.address), Error, "redirects in circles");
});

Deno.test("Download refuses plain HTTP, an unknown certificate, an error, and what is too large", async () => {
  await assertRejects(() => contentOf("http://127.0.0.1/update"), Error, "over https only");
  using server = new Server(serving(Infinity));
  await assertRejects(() => contentOf(server.address, { caCerts: [] }), Error, "certificate");
  using missing = new Server(() => ({ head: "404 Not Found\r\nContent-Length: 0" }));
  await assertRejects(() => contentOf(missing.address), Error, "answers 404");
  using large = new Server(() => ({ head: `200 OK\r\nContent-Length: ${2 ** 31}` }));
  await assertRejects(() => contentOf(large.address), Error, "that is no update");
});

Deno.test("Download bounds what comes without a length", async () => {
  using server = new Server(() => ({ head: "200 OK", body: CONTENT }));
  assertEquals((await contentOf(server.address)).length, CONTENT.length);
});
