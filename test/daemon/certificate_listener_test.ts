// The listener that asks for certificates, spoken to byte by byte: what is no request, what stops in the middle, what never comes
// to an end, and who does not read. Whatever comes, the next one is served.
import { asksForCertificates } from "../../src/config/runtime.ts";
import { listenWithCertificates } from "../../src/daemon/certificate_listener.ts";
import { assert, assertEquals, assertMatch, assertRejects } from "../assert.ts";
import { Authority } from "../support/client_certificates.ts";
import { pause, until } from "../support/command.ts";
import { testWith } from "../support/requirements.ts";

const PORT = 18_409;
const encoder = new TextEncoder();

testWith(
  ["program:openssl"],
  "whatever is sent to it, the listener with certificates serves the next one",
  async () => {
    if (!asksForCertificates()) return;
    const folder = await Deno.makeTempDir();
    const authority = await Authority.create(folder, "ca");
    const server = await authority.sign("server", { usage: "serverAuth", san: "IP:127.0.0.1" });
    const client = await authority.sign("alice");
    const read = (path: string): string => Deno.readTextFileSync(path);
    const seen: string[] = [];
    let [cancelled, pulled] = [0, 0];
    const options = {
      hostname: "127.0.0.1",
      port: PORT,
      cert: read(server.cert),
      key: read(server.key),
      clientCa: read(authority.path),
    };
    const end = await listenWithCertificates(options, async (request, { certificate, remoteAddr }) => {
      const { pathname, host } = new URL(request.url);
      seen.push(`${request.method} ${host} ${pathname} ${certificate.name} ${remoteAddr.hostname}`);
      if (pathname === "/count") return new Response(String((await request.arrayBuffer()).byteLength));
      if (pathname === "/echo") return new Response(await request.text());
      if (pathname !== "/endless") return new Response("fine", { headers: { "x-y": "1" } });
      const pull = (controller: ReadableStreamDefaultController<Uint8Array>): void => {
        pulled += 64 << 10;
        controller.enqueue(new Uint8Array(64 << 10));
      };
      return new Response(new ReadableStream({ pull, cancel: () => void cancelled++ }));
    });
    const connect = (): Promise<Deno.TlsConn> =>
      Deno.connectTls({
        hostname: "127.0.0.1",
        port: PORT,
        caCerts: [read(authority.path)],
        cert: read(client.cert),
        key: read(client.key),
      });
    /** What comes back until the other end closes, or nothing more comes. */
    const say = async (text: string, waitMs = 10_000): Promise<string> => {
      const connection = await connect();
      const timer = setTimeout(() => connection.close(), waitMs);
      let said = "";
      try {
        const bytes = encoder.encode(text);
        for (let sent = 0; sent < bytes.length;) sent += await connection.write(bytes.subarray(sent));
        const buffer = new Uint8Array(65_536);
        for (let length; (length = await connection.read(buffer)) !== null;) {
          said += new TextDecoder().decode(buffer.subarray(0, length));
        }
      } catch {
        // it was closed
      } finally {
        clearTimeout(timer);
        try {
          connection.close();
        } catch {
          // it is
        }
      }
      return said;
    };
    const close = "Connection: close\r\n";
    const good = `GET /x?y=1 HTTP/1.1\r\nHost: lb1\r\n${close}\r\n`;
    try {
      assertMatch(await say(good), /^HTTP\/1\.1 200 OK\r\n[^]*x-y: 1\r\n[^]*fine/i);
      assertEquals(seen.pop(), "GET lb1 /x alice 127.0.0.1");
      assertMatch(await say(`POST /echo HTTP/1.1\r\nHost: lb1\r\nContent-Length: 4\r\n${close}\r\nbody`), /body/);
      const long = "x".repeat(8 << 20);
      const upload = `POST /count HTTP/1.1\r\nHost: lb1\r\nContent-Length: ${long.length}\r\n${close}\r\n${long}`;
      assertMatch(await say(upload, 10_000), /\b8388608\b/);
      seen.length = 0;
      for (
        const wrong of [
          "\r\n\r\n\r\n",
          "\x16\x03\x01\x00\x00\r\n\r\n",
          "GET / HTTP/9.9\r\n\r\n",
          `GET http://evil.example/ HTTP/1.1\r\nHost: lb1\r\n${close}\r\n`,
          `GET * HTTP/1.1\r\nHost: lb1\r\n${close}\r\n`,
          `GET /x HTTP/1.1\r\n${close}\r\n`,
          `GET /x HTTP/1.1\r\nHost: a b\r\n${close}\r\n`,
          `GET /x HTTP/1.1\r\nHost: lb1\r\nX\x00Y: z\r\n${close}\r\n`,
          `GET /x HTTP/1.1\r\nHost: lb1\r\nX: ${"x".repeat(1 << 20)}\r\n${close}\r\n`,
          `CONNECT lb1:443 HTTP/1.1\r\nHost: lb1\r\n${close}\r\n`,
          `TRACE /x HTTP/1.1\r\nHost: lb1\r\n${close}\r\n`,
        ]
      ) {
        const said = await say(wrong);
        assert(!said.includes(" 200 "), `${wrong.slice(0, 60)} -> ${said.slice(0, 200)}`);
        assertEquals(seen, [], wrong.slice(0, 60));
        assert((await say(good)).startsWith("HTTP/1.1 200"), `after ${wrong.slice(0, 60)}`);
        seen.length = 0;
      }
      assertMatch(await say(`GET //evil.example/x HTTP/1.1\r\nHost: lb1\r\n${close}\r\n`), / 200 /);
      assertEquals(seen.pop(), "GET lb1 //evil.example/x alice 127.0.0.1", "the path is no address");

      // Those who go in the middle, and who take what they are sent slowly, or not at all.
      for (
        const half of ["GET /x HT", `POST /echo HTTP/1.1\r\nHost: lb1\r\nContent-Length: 10\r\n\r\nhalf`]
      ) await say(half, 50);
      const idle = await connect();
      await idle.write(encoder.encode("GET /endless HTTP/1.1\r\nHost: lb1\r\n\r\n"));
      let before: number;
      do {
        before = pulled;
        await pause(700);
      } while (pulled > before && pulled < 32 << 20);
      assert(pulled < 32 << 20, `${before} then ${pulled} bytes for one who does not read`);
      idle.close();
      await until("its stream is closed", () => cancelled === 1, 10_000);
      const plain = await Deno.connect({ hostname: "127.0.0.1", port: PORT });
      await plain.write(encoder.encode(good));
      const answer = new Uint8Array(100);
      const length = await plain.read(answer).catch(() => null) ?? 0;
      assert(!new TextDecoder().decode(answer.subarray(0, length)).includes("HTTP/1.1 200"));
      plain.close();
      assertMatch(await say(good), /^HTTP\/1\.1 200/);
      await assertRejects(() => listenWithCertificates(options, () => new Response("")), Deno.errors.AddrInUse);
    } finally {
      await end();
      await Deno.remove(folder, { recursive: true });
    }
  },
);
