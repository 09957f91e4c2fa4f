import { assert, assertEquals } from "../../test/assert.ts";
import { EXPIRED_CERTIFICATE, EXPIRED_KEY } from "../../test/support/expired_certificate.ts";
import { freePort } from "../../test/support/free_port.ts";
import type { HttpUrl, ProbeRequest, ProbeResult, ProbeSource, ProbeTls } from "../ports/probes.ts";
import type { SocketPort } from "../ports/sockets.ts";
import { testWith } from "../../test/support/requirements.ts";
import { clientCredentials } from "./client_credentials.ts";
import { Prober } from "./prober.ts";

const TIMEOUT_MS = 4000;
const NEVER = new AbortController().signal;

type Outcome = Omit<ProbeResult, "durationUs">;

function get(port: number, tls: ProbeTls = {}, more: Partial<HttpUrl> = {}, source?: ProbeSource): ProbeRequest {
  const url = { path: "/", statusCodes: [{ from: 200, to: 299 }], ...more };
  const target = { address: "127.0.0.1", port, timeoutMs: TIMEOUT_MS, ...(source === undefined ? {} : { source }) };
  return { type: "http", target, url, httpVersion: "1.0", tls };
}

async function run(request: ProbeRequest, prober = new Prober()): Promise<Outcome> {
  const { durationUs, ...outcome } = await prober.run(request, NEVER);
  assert(durationUs < 30_000_000);
  return outcome;
}

/** Runs `body` beside a server on loopback, TLS or not, that treats each connection its own way. */
async function beside<Connection extends Deno.Conn>(
  listener: { readonly addr: Deno.Addr; accept(): Promise<Connection>; close(): void },
  treat: (connection: Connection) => Promise<void>,
  body: (port: number) => Promise<void>,
): Promise<void> {
  const open: Connection[] = [];
  const treatments: Promise<void>[] = [];
  const accepting = (async (): Promise<void> => {
    for (;;) {
      const connection = await listener.accept();
      open.push(connection);
      treatments.push(treat(connection).catch(() => {}));
    }
  })().catch(() => {});
  await body((listener.addr as Deno.NetAddr).port);
  listener.close();
  await accepting;
  for (const connection of open) close(connection);
  await Promise.all(treatments);
}

function close(connection: { close(): void }): void {
  try {
    connection.close();
  } catch {
    // closed already
  }
}

const secure = (): Deno.TlsListener =>
  Deno.listenTls({ hostname: "127.0.0.1", port: 0, cert: EXPIRED_CERTIFICATE, key: EXPIRED_KEY });
const plain = (): Deno.TcpListener => Deno.listen({ hostname: "127.0.0.1", port: 0 });

async function answer(connection: Deno.TlsConn, text: string): Promise<void> {
  await connection.read(new Uint8Array(4096));
  const bytes = new TextEncoder().encode(text);
  for (let sent = 0; sent < bytes.length;) sent += await connection.write(bytes.subarray(sent));
  await connection.closeWrite();
}

const OK = { ok: true, status: "L7OK", code: 200, text: "200 OK" } as const;

Deno.test("probeHttp() over TLS takes an expired certificate for another name", async () => {
  await beside(secure(), (connection) => answer(connection, "HTTP/1.0 200 OK\r\n\r\nhello"), async (port) => {
    assertEquals(await run(get(port)), OK);
    assertEquals(await run(get(port, {}, { digest: "5D41402ABC4B2A76B9719D911017C592" })), OK);
    const wrong = await run(get(port, {}, { statusCodes: [{ from: 500, to: 500 }] }));
    assertEquals(wrong, { ok: false, status: "L7STS", code: 200, text: "200 OK, wanted 500" });
  });
});

Deno.test("probeHttp() over TLS sends a server name only when told", async () => {
  const hellos: string[] = [];
  const listen = async (connection: Deno.TcpConn): Promise<void> => {
    const buffer = new Uint8Array(4096);
    const count = await connection.read(buffer) ?? 0;
    hellos.push(String.fromCharCode(...buffer.subarray(0, count)));
    connection.close();
  };
  await beside(plain(), listen, async (port) => {
    await run(get(port));
    await run(get(port, { serverName: "www.example.net" }));
  });
  assertEquals(hellos.map((hello) => hello.includes("www.example.net")), [false, true]);
  assertEquals(hellos.map((hello) => hello.includes("127.0.0.1") || hello.includes("localhost")), [false, false]);
});

Deno.test("probeHttp() over TLS from a chosen source goes through a relay", async () => {
  const sources: unknown[] = [];
  const unused = (): never => {
    throw new Error("not used");
  };
  const sockets: SocketPort = {
    reach: () => () => {},
    connect: async ({ address, port, source }) => {
      sources.push(source);
      return await Deno.connect({ hostname: address, port });
    },
    openUdp: unused,
    openEcho: unused,
  };
  const prober = new Prober({ sockets });
  const source = { address: "127.0.0.2" };
  const body = `${"x".repeat(300_000)}end`;
  await beside(secure(), (connection) => answer(connection, `HTTP/1.0 200 OK\r\n\r\n${body}`), async (port) => {
    assertEquals(await run(get(port, {}, { regex: { pattern: "^x{10}.*xend$" } }, source), prober), OK);
  });
  const refused = await run(get(freePort(), {}, {}, source), prober);
  assertEquals(refused, { ok: false, status: "L4CON", text: "connection refused" });
  await beside(plain(), () => Promise.resolve(), async (port) => {
    assertEquals((await run(get(port, {}, {}, source), prober)).ok, false);
  });
  assertEquals(sources, [source, source, source]);
});

Deno.test("probeHttp() over TLS: no server, no TLS, silence, a close", async () => {
  assertEquals(await run(get(freePort())), { ok: false, status: "L4CON", text: "connection refused" });
  const garbage = async (connection: Deno.TcpConn): Promise<void> => {
    await connection.write(new TextEncoder().encode("SSH-2.0-OpenSSH_9.2\r\n"));
  };
  await beside(plain(), garbage, async (port) => {
    const { ok, status, text } = await run(get(port));
    assertEquals([ok, status, text.startsWith("no TLS: ")], [false, "L6RSP", true], text);
  });
  // Deno 2.4 tells of the handshake only with the answer.
  await beside(plain(), () => Promise.resolve(), async (port) => {
    const { ok, status } = await run(get(port));
    assert(!ok && ["L6TOUT", "L7TOUT"].includes(status), status);
  });
  await beside(plain(), (connection) => Promise.resolve(connection.close()), async (port) => {
    const { ok, status, text } = await run(get(port));
    assert(!ok && ["L6RSP", "L7RSP"].includes(status), `${status} ${text}`);
  });
});

Deno.test("probeHttp() over TLS: an answer that never ends is cut, one that drips is late", async () => {
  const endless = async (connection: Deno.TlsConn): Promise<void> => {
    const piece = new TextEncoder().encode("x".repeat(65_536));
    await connection.write(new TextEncoder().encode("HTTP/1.0 200 OK\r\n\r\n"));
    for (;;) await connection.write(piece);
  };
  await beside(secure(), endless, async (port) => {
    assertEquals(await run(get(port)), { ...OK, text: "200 OK, body not read to its end" });
  });
  const drip = async (connection: Deno.TlsConn): Promise<void> => {
    for (const character of "HTTP/1.0 200 OK\r\n".repeat(4)) {
      await connection.write(new TextEncoder().encode(character));
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
  };
  await beside(secure(), drip, async (port) => {
    const late = { ok: false, status: "L7TOUT", text: "no complete answer within 4000 ms" } as const;
    assertEquals(await run(get(port)), late);
  });
});

Deno.test("probeHttp() over TLS takes a client certificate along", async () => {
  await beside(secure(), (connection) => answer(connection, "HTTP/1.0 204 None\r\n\r\n"), async (port) => {
    const client = { certificate: EXPIRED_CERTIFICATE, key: EXPIRED_KEY };
    assertEquals(await run(get(port, { client })), { ok: true, status: "L7OK", code: 204, text: "204 None" });
  });
});

Deno.test("clientCredentials() reads chain and key, from one file or two, and says which cannot be read", async () => {
  const folder = await Deno.makeTempDir();
  const [both, key] = [`${folder}/both.pem`, `${folder}/key.pem`];
  await Deno.writeTextFile(both, `${EXPIRED_CERTIFICATE}\n${EXPIRED_KEY}`);
  await Deno.writeTextFile(key, EXPIRED_KEY);
  const wanted = { certificate: EXPIRED_CERTIFICATE.trim(), key: EXPIRED_KEY.trim() };
  assertEquals(await clientCredentials({ clientFiles: { certificate: both, key: both } }), wanted);
  assertEquals(await clientCredentials({ clientFiles: { certificate: both, key, password: "p" } }), {
    ...wanted,
    password: "p",
  });
  assertEquals(await clientCredentials({}), undefined);
  const missing = get(1, { clientFiles: { certificate: `${folder}/none`, key } });
  const { status, text } = await run(missing);
  assertEquals([status, text.startsWith(`cannot read \`${folder}/none\``)], ["SOCKERR", true]);
  await Deno.remove(folder, { recursive: true });
});

/** A TLS server by Python: Deno's own always says goodbye. */
const RUDE_SERVER = `
import socket, ssl, sys
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1])
context.maximum_version = ssl.TLSVersion[sys.argv[2]]
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
for polite in (False, True, False):
    connection = context.wrap_socket(listener.accept()[0], server_side=True)
    connection.recv(4096)
    connection.sendall(b"HTTP/1.0 200 OK\\r\\n\\r\\nhello")
    if polite:
        try: connection.unwrap()
        except OSError: pass
    connection.shutdown(socket.SHUT_WR)
`;

testWith(["program:python3"], "probeHttp() demands a close_notify with tls_compliant, and only then", async () => {
  const file = await Deno.makeTempFile({ suffix: ".pem" });
  await Deno.writeTextFile(file, `${EXPIRED_CERTIFICATE}\n${EXPIRED_KEY}`);
  for (const version of ["TLSv1_2", "TLSv1_3"]) {
    const args = ["-c", RUDE_SERVER, file, version];
    const server = new Deno.Command("python3", { args, stdout: "piped" }).spawn();
    const { value } = await server.stdout.getReader().read();
    const port = Number(new TextDecoder().decode(value));
    assertEquals(await run(get(port)), { ok: true, status: "L7OK", code: 200, text: "200 OK" });
    assertEquals(await run(get(port, { compliant: true })), { ok: true, status: "L7OK", code: 200, text: "200 OK" });
    assertEquals(await run(get(port, { compliant: true })), {
      ok: false,
      status: "L7RSP",
      text: "TLS ended without a close_notify",
    });
    await server.status;
  }
  await Deno.remove(file);
});

Deno.test("probeHttp() over TLS tells a reset from an end, which the relay would hide", async () => {
  const peers = { reset: "ECONNRESET", closed: undefined } as const;
  for (const [how, code] of Object.entries(peers)) {
    const connection = {
      read: (): Promise<number | null> =>
        code === undefined ? Promise.resolve(null) : Promise.reject(Object.assign(new Error("broken"), { code })),
      write: (data: Uint8Array): Promise<number> => Promise.resolve(data.length),
      close: (): void => {},
    };
    const prober = new Prober({ connect: () => Promise.resolve(connection) });
    assertEquals(await run(get(443), prober), {
      ok: false,
      status: "L6RSP",
      text: `connection ${how} before TLS was ready`,
    });
  }
});
