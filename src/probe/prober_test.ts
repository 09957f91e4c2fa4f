import { type AddressInfo, createServer } from "node:net";
import { assert, assertEquals } from "../../test/assert.ts";
import { freePort } from "../../test/support/free_port.ts";
import type { ProbeRequest, ProbeResult } from "../ports/probes.ts";
import { Prober } from "./prober.ts";
import type { Connection } from "./tcp.ts";

/** Where an answer is expected: a busy machine may be late with it. */
const PATIENCE_MS = 10_000;
/** Where none is. */
const BRIEF_MS = 1000;

/** A server on loopback that treats each connection its own way; ended, with every connection, after `body`. */
async function withServer(
  treat: (connection: Deno.TcpConn) => Promise<void>,
  body: (port: number) => Promise<void>,
): Promise<void> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const open: Deno.TcpConn[] = [];
  const treatments: Promise<void>[] = [];
  const accepting = (async (): Promise<void> => {
    for await (const connection of listener) {
      open.push(connection);
      treatments.push(treat(connection).catch(() => {}));
    }
  })();
  try {
    await body(listener.addr.port);
  } finally {
    listener.close();
    for (const connection of open) close(connection);
    await accepting;
    await Promise.all(treatments);
  }
}

function close(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch {
    // Closed by the treatment already.
  }
}

/** Reads the request up to its empty line. */
async function readRequest(connection: Deno.TcpConn): Promise<string> {
  let text = "";
  const buffer = new Uint8Array(4096);
  while (!text.includes("\r\n\r\n")) {
    const count = await connection.read(buffer);
    if (count === null) break;
    text += new TextDecoder().decode(buffer.subarray(0, count));
  }
  return text;
}

async function send(connection: Deno.TcpConn, text: string): Promise<void> {
  const bytes = new TextEncoder().encode(text);
  for (let sent = 0; sent < bytes.length;) sent += await connection.write(bytes.subarray(sent));
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function http(port: number, more: Partial<Extract<ProbeRequest, { type: "http" }>> = {}): ProbeRequest {
  return {
    type: "http",
    target: { address: "127.0.0.1", port, timeoutMs: PATIENCE_MS },
    url: { path: "/health", statusCodes: [{ from: 200, to: 299 }] },
    httpVersion: "1.0",
    ...more,
  };
}

function tcp(port: number): ProbeRequest {
  return { type: "tcp", target: { address: "127.0.0.1", port, timeoutMs: PATIENCE_MS } };
}

/** Runs one probe, without its duration, which is checked to be sensible. */
async function probe(
  request: ProbeRequest,
  signal = new AbortController().signal,
): Promise<Omit<ProbeResult, "durationUs">> {
  const { durationUs, ...rest } = await new Prober().run(request, signal);
  assert(Number.isSafeInteger(durationUs) && durationUs >= 0 && durationUs < 30_000_000, `took ${durationUs} us`);
  return rest;
}

/** The outcome of an HTTP probe against a server that reads the request and then does as told. */
async function httpAgainst(
  answer: (connection: Deno.TcpConn) => Promise<void>,
  timeoutMs = PATIENCE_MS,
): Promise<Omit<ProbeResult, "durationUs">> {
  let result: Omit<ProbeResult, "durationUs"> | undefined;
  await withServer(async (connection) => {
    await readRequest(connection);
    await answer(connection);
  }, async (port) => {
    result = await probe(http(port, { target: { address: "127.0.0.1", port, timeoutMs } }));
  });
  assert(result !== undefined);
  return result;
}

Deno.test("Prober tcp: a connection is enough, and it is closed", async () => {
  let closed: number | null = -1;
  const seen = Promise.withResolvers<void>();
  await withServer(async (connection) => {
    closed = await connection.read(new Uint8Array(16));
    seen.resolve();
  }, async (port) => {
    assertEquals(await probe(tcp(port)), { ok: true, status: "L4OK", text: "connected" });
    await seen.promise;
  });
  assertEquals(closed, null);
});

Deno.test("Prober: a refused connection is L4CON", async () => {
  const port = freePort();
  const refused = { ok: false, status: "L4CON", text: "connection refused" } as const;
  assertEquals(await probe(tcp(port)), refused);
  assertEquals(await probe(http(port)), refused);
});

Deno.test("Prober: trouble of this host is SOCKERR", async () => {
  const emfile = Object.assign(new Error("Too many open files (os error 24)"), { code: "EMFILE" });
  const target = { address: "192.0.2.1", port: 9, timeoutMs: 200 };
  const expected = {
    ok: false,
    status: "SOCKERR",
    text: "cannot connect from here: Too many open files (os error 24)",
    durationUs: 0,
  } as const;
  const { signal } = new AbortController();
  const rejecting = new Prober({ connect: () => Promise.reject(emfile), nowUs: () => 7 });
  assertEquals(await rejecting.run({ type: "tcp", target }, signal), expected);
  const throwing = new Prober({
    connect: () => {
      throw emfile;
    },
    nowUs: () => 7,
  });
  assertEquals(await throwing.run({ type: "tcp", target }, signal), expected);
});

Deno.test("Prober: no connection in time is L4TOUT, and a late connection is closed", async () => {
  let lateClosed = 0;
  const late: Connection = {
    read: () => Promise.resolve(null),
    write: (data) => Promise.resolve(data.length),
    close: () => lateClosed++,
  };
  const arrival = Promise.withResolvers<Connection>();
  let aborted = false;
  const prober = new Prober({
    connect: ({ signal }) => {
      signal.addEventListener("abort", () => aborted = true);
      return arrival.promise;
    },
  });
  const target = { address: "192.0.2.1", port: 80, timeoutMs: 20 };
  const result = await prober.run({ type: "tcp", target }, new AbortController().signal);
  assertEquals({ ...result, durationUs: 0 }, {
    ok: false,
    status: "L4TOUT",
    text: "no connection within 20 ms",
    durationUs: 0,
  });
  assertEquals({ aborted, lateClosed }, { aborted: true, lateClosed: 0 });
  arrival.resolve(late);
  await pause(0);
  assertEquals(lateClosed, 1);
});

Deno.test("Prober: an abort ends a connection attempt and an exchange early", async () => {
  const prober = new Prober({ connect: () => new Promise(() => {}) });
  const controller = new AbortController();
  const target = { address: "192.0.2.1", port: 80, timeoutMs: 60_000 };
  const running = prober.run({ type: "tcp", target }, controller.signal);
  controller.abort();
  assertEquals((await running).status, "L4TOUT");
  assertEquals((await prober.run({ type: "tcp", target }, controller.signal)).status, "L4TOUT");

  const exchange = new AbortController();
  await withServer(async (connection) => {
    await readRequest(connection);
    exchange.abort();
  }, async (port) => {
    const request = http(port, { target: { address: "127.0.0.1", port, timeoutMs: 60_000 } });
    assertEquals(await probe(request, exchange.signal), {
      ok: false,
      status: "L7TOUT",
      text: "the check was cancelled before the answer was complete",
    });
  });
});

Deno.test("Prober http: asks as keepalived does", async () => {
  const requests: string[] = [];
  await withServer(async (connection) => {
    requests.push(await readRequest(connection));
    await send(connection, "HTTP/1.0 200 OK\r\n\r\nhello");
    connection.close();
  }, async (port) => {
    assertEquals(await probe(http(port)), { ok: true, status: "L7OK", code: 200, text: "200 OK" });
    const url = { path: "", statusCodes: [{ from: 200, to: 200 }], virtualHost: "www.example.com" };
    await probe(http(port, { url, httpVersion: "1.1" }));
    await probe(http(port, { httpVersion: "1.0C" }));
    assertEquals(requests, [
      `GET /health HTTP/1.0\r\nUser-Agent: KeepAliveClient\r\nHost: 127.0.0.1:${port}\r\n\r\n`,
      "GET / HTTP/1.1\r\nUser-Agent: KeepAliveClient\r\nConnection: close\r\nHost: www.example.com\r\n\r\n",
      `GET /health HTTP/1.0\r\nUser-Agent: KeepAliveClient\r\nConnection: close\r\nHost: 127.0.0.1:${port}\r\n\r\n`,
    ]);
  });
});

Deno.test("Prober http: an answer with its length does not wait for the end of the connection", async () => {
  assertEquals(await httpAgainst((connection) => send(connection, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")), {
    ok: true,
    status: "L7OK",
    code: 200,
    text: "200 OK",
  });
});

Deno.test("Prober http: a wrong status code is L7STS", async () => {
  const result = await httpAgainst(async (connection) => {
    await send(connection, "HTTP/1.0 503 Service Unavailable\r\n\r\n");
    connection.close();
  });
  assertEquals(result, {
    ok: false,
    status: "L7STS",
    code: 503,
    text: "503 Service Unavailable, wanted 200 to 299",
  });
});

Deno.test("Prober http: no answer is L7TOUT", async () => {
  assertEquals(await httpAgainst(() => Promise.resolve(), BRIEF_MS), {
    ok: false,
    status: "L7TOUT",
    text: "no answer within 1000 ms",
  });
});

Deno.test("Prober http: half a header is L7TOUT while open and L7RSP once closed", async () => {
  const half = "HTTP/1.0 200 OK\r\nServer: x";
  assertEquals(await httpAgainst((connection) => send(connection, half), BRIEF_MS), {
    ok: false,
    status: "L7TOUT",
    text: "no complete answer within 1000 ms",
  });
  const closed = await httpAgainst(async (connection) => {
    await send(connection, half);
    connection.close();
  });
  assertEquals(closed, { ok: false, status: "L7RSP", text: "connection closed within the headers" });
});

Deno.test("Prober http: a close without an answer is L7RSP", async () => {
  assertEquals(await httpAgainst((connection) => Promise.resolve(connection.close())), {
    ok: false,
    status: "L7RSP",
    text: "connection closed without an answer",
  });
});

Deno.test("Prober http: garbage is L7RSP at once", async () => {
  assertEquals(await httpAgainst((connection) => send(connection, "SSH-2.0-OpenSSH_9.2\r\n")), {
    ok: false,
    status: "L7RSP",
    text: "not HTTP: SSH-2.0-OpenSSH_9.2",
  });
});

Deno.test("Prober http: an endless body is cut and judged by its status code", async () => {
  const result = await httpAgainst(async (connection) => {
    await send(connection, "HTTP/1.0 200 OK\r\n\r\n");
    const piece = "x".repeat(65536);
    for (;;) await send(connection, piece);
  });
  assertEquals(result, { ok: true, status: "L7OK", code: 200, text: "200 OK, body not read to its end" });
});

Deno.test("Prober http: endless headers are L7RSP", async () => {
  const result = await httpAgainst(async (connection) => {
    await send(connection, "HTTP/1.0 200 OK\r\n");
    for (;;) await send(connection, `X-Filler: ${"x".repeat(1000)}\r\n`);
  });
  assertEquals(result, { ok: false, status: "L7RSP", text: "headers are longer than 32768 bytes" });
});

Deno.test("Prober http: a slow drip ends at the time limit", async () => {
  const result = await httpAgainst(async (connection) => {
    for (const character of "HTTP/1.0 200 OK\r\nServer: drip\r\n\r\nnever in time".repeat(3)) {
      await send(connection, character);
      await pause(25);
    }
  }, BRIEF_MS);
  assertEquals(result, { ok: false, status: "L7TOUT", text: "no complete answer within 1000 ms" });
});

Deno.test("Prober http: a body that ends early is L7RSP", async () => {
  const result = await httpAgainst(async (connection) => {
    await send(connection, "HTTP/1.0 200 OK\r\nContent-Length: 100\r\n\r\nshort");
    connection.close();
  });
  assertEquals(result, { ok: false, status: "L7RSP", text: "connection closed after 5 of 100 bytes of the body" });
});

Deno.test("Prober http: a reset is L7RSP", async () => {
  const server = createServer((socket) => socket.once("data", () => socket.resetAndDestroy()));
  const port = await new Promise<number>((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });
  const result = await probe(http(port));
  await new Promise((resolve) => server.close(resolve));
  assertEquals(result, { ok: false, status: "L7RSP", text: "connection reset before the answer was complete" });
});

Deno.test("Prober: a thousand probes leave no connection and no timer behind", async () => {
  await withServer(async (connection) => {
    await readRequest(connection);
    await send(connection, "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n");
    connection.close();
  }, async (port) => {
    for (let round = 0; round < 20; round++) {
      const results = await Promise.all(Array.from({ length: 50 }, () => probe(http(port))));
      assertEquals(results.filter(({ ok }) => ok).length, 50);
    }
  });
});
