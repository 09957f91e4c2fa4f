import { assert, assertEquals } from "../../test/assert.ts";
import { until } from "../../test/support/command.ts";
import { EXPIRED_CERTIFICATE, EXPIRED_KEY } from "../../test/support/expired_certificate.ts";
import { freePort } from "../../test/support/free_port.ts";
import type { ProbeResult } from "../ports/probes.ts";
import type { ServiceProbeRequest } from "../ports/service_probes.ts";
import { probeCertificate } from "./certificate.ts";
import { Prober } from "./prober.ts";

// The probes of own keywords against servers on loopback that misbehave. Real servers: test/interop/checks.

/** Where an answer is expected: a busy machine may be late with it. */
const PATIENCE_MS = 10_000;
/** Where none is. */
const BRIEF_MS = 1000;
type Outcome = Omit<ProbeResult, "durationUs">;
type Without<R> = R extends { target: unknown } ? Omit<R, "target"> : never;
type Question = Without<ServiceProbeRequest>;

async function ask(
  port: number,
  question: Question,
  { signal = new AbortController().signal, timeoutMs = PATIENCE_MS } = {},
): Promise<Outcome> {
  const request = { ...question, target: { address: "127.0.0.1", port, timeoutMs } } as ServiceProbeRequest;
  const { durationUs, ...outcome } = await new Prober().run(request, signal);
  assert(durationUs < 30_000_000, `took ${durationUs} us`);
  return outcome;
}

/** A server that says something, then closes or stays silent. `heard`: what came first. */
async function beside(
  says: string | Uint8Array,
  body: (port: number, heard: string[]) => Promise<void>,
  { closes = false, drip = false }: { closes?: boolean; drip?: boolean } = {},
): Promise<void> {
  const bytes = typeof says === "string" ? Uint8Array.from(says, (letter) => letter.charCodeAt(0)) : says;
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const open: Deno.TcpConn[] = [];
  const treatments: Promise<void>[] = [];
  const heard: string[] = [];
  const treat = async (connection: Deno.TcpConn): Promise<void> => {
    const buffer = new Uint8Array(4096);
    if (!drip) { for (let sent = 0; sent < bytes.length;) sent += await connection.write(bytes.subarray(sent)); }
    else {
      for (const byte of bytes) {
        await connection.write(Uint8Array.of(byte));
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }
    if (closes) return connection.close();
    for (;;) {
      const count = await connection.read(buffer);
      if (count === null) return;
      heard.push(String.fromCharCode(...buffer.subarray(0, count)));
    }
  };
  const accepting = (async (): Promise<void> => {
    for await (const connection of listener) {
      open.push(connection);
      treatments.push(treat(connection).catch(() => {}));
    }
  })();
  await body(listener.addr.port, heard);
  listener.close();
  await accepting;
  for (const connection of open) {
    try {
      connection.close();
    } catch {
      // closed already
    }
  }
  await Promise.all(treatments);
}

const QUESTIONS: Question[] = [
  { type: "agent" },
  { type: "tls", tls: {}, warnDays: 14 },
  { type: "grpc", service: "" },
  { type: "grpc", service: "", tls: { application: "h2" } },
  { type: "mysql" },
  { type: "postgresql" },
  { type: "postgresql", userName: "x" },
  { type: "redis" },
  { type: "redis", tls: {} },
];
const describe = (question: Question): string => JSON.stringify(question);

Deno.test("no server, silence, a close, a cancelled check: each says so", async () => {
  const port = freePort();
  for (const question of QUESTIONS) {
    assertEquals(await ask(port, question), { ok: false, status: "L4CON", text: "connection refused" });
  }
  await beside("", async (port) => {
    const outcomes = await Promise.all(QUESTIONS.map((question) => ask(port, question, { timeoutMs: 3000 })));
    outcomes.forEach(({ ok, status, text }, index) => {
      assert(!ok && /^L[67]TOUT$/.test(status), `${describe(QUESTIONS[index] ?? { type: "agent" })} ${status} ${text}`);
      assert(text.endsWith("within 3000 ms"), text);
    });
  });
  await beside("", async (port, heard) => {
    const stop = new AbortController();
    const asking = ask(port, { type: "redis" }, { signal: stop.signal });
    await until("it has asked", () => heard.join("").includes("PING"), PATIENCE_MS);
    stop.abort();
    assertEquals((await asking).text, "the check was cancelled before the answer to PING");
  });
  await beside("", async (port) => {
    for (const question of QUESTIONS) {
      const { ok, status, text } = await ask(port, question);
      assert(!ok && /^L[67]RSP$/.test(status), `${describe(question)} ${status} ${text}`);
    }
  }, { closes: true });
});

Deno.test("garbage, endless or not, is no answer and ends", async () => {
  const endless = new Uint8Array(1 << 20).fill(0x41);
  for (
    const says of ["SSH-2.0-OpenSSH_9.2\r\n", "HTTP/1.1 400 Bad Request\r\n\r\n", "\0\xff\0\xff\0\xff\0\xff\0", endless]
  ) {
    await beside(says, async (port) => {
      for (const question of QUESTIONS) {
        const { ok, status, text } = await ask(port, question, { timeoutMs: BRIEF_MS });
        assert(!ok && /^L[67](RSP|TOUT|STS)$/.test(status), `${describe(question)} ${status} ${text}`);
        assert(/^[\x20-\x7e]{1,200}$/.test(text), text);
      }
    });
  }
});

Deno.test("an answer that drips is late", async () => {
  await beside(`+${"x".repeat(4000)}`, async (port) => {
    assertEquals(await ask(port, { type: "redis" }, { timeoutMs: BRIEF_MS }), {
      ok: false,
      status: "L7TOUT",
      text: "no answer to PING within 1000 ms",
    });
  }, { drip: true });
});

Deno.test("AGENT_CHECK: a line, what is sent before it, a line without an end", async () => {
  await beside("up ready 75%\n", async (port, heard) => {
    assertEquals(await ask(port, { type: "agent", send: "web 1" }), {
      ok: true,
      status: "L7OK",
      text: "up ready 75%",
      agent: { up: true, mode: "ready", percent: 75 },
    });
    await until("it was heard", () => heard.join("") === "web 1\n", PATIENCE_MS);
  });
  await beside("down # disk \x1b[2J full\r\nup\n", async (port) => {
    const { ok, status, text, agent } = await ask(port, { type: "agent" });
    assertEquals([ok, status, text], [false, "L7STS", "down # disk  [2J full"]);
    assertEquals(agent, { up: false, reason: "disk  [2J full" });
  });
  await beside("drain", async (port) => {
    assertEquals((await ask(port, { type: "agent" })).agent, { mode: "drain" });
  }, { closes: true });
  await beside(`up ${"x".repeat(5000)}`, async (port) => {
    assertEquals((await ask(port, { type: "agent" })).agent, { up: true });
  });
  await beside("hello\n", async (port) => {
    const outcome = await ask(port, { type: "agent" });
    assertEquals(outcome, { ok: false, status: "L7RSP", text: "no word of an agent: hello" });
  });
});

Deno.test("TLS_CHECK: days left, a warning, a failure", async () => {
  const listener = Deno.listenTls({ hostname: "127.0.0.1", port: 0, cert: EXPIRED_CERTIFICATE, key: EXPIRED_KEY });
  const serving = (async (): Promise<void> => {
    for (let count = 0; count < 5; count++) {
      const connection = await listener.accept();
      await connection.handshake().catch(() => {});
      await connection.read(new Uint8Array(1)).catch(() => {});
      connection.close();
    }
  })();
  const target = { address: "127.0.0.1", port: (listener.addr as Deno.NetAddr).port, timeoutMs: PATIENCE_MS };
  const end = Date.UTC(2020, 1, 1);
  const at = (days: number, terms: { warnDays: number; failDays?: number }): Promise<Outcome> => {
    const connect = (options: { hostname: string; port: number }): Promise<Deno.TcpConn> => Deno.connect(options);
    const signal = new AbortController().signal;
    return probeCertificate(connect, { type: "tls", target, tls: {}, ...terms }, signal, () => end - days * 86_400_000);
  };
  const certificate = { notAfterMs: end, daysLeft: 20, ending: false };
  const good = { ok: true, status: "L7OK", text: "the certificate is valid for 20 days (2020-02-01)" } as const;
  assertEquals(await at(20.5, { warnDays: 14 }), { ...good, certificate });
  assertEquals(await at(20.5, { warnDays: 30 }), { ...good, certificate: { ...certificate, ending: true } });
  const { ok, status, text } = await at(1.5, { warnDays: 14, failDays: 3 });
  assertEquals([ok, status, text], [false, "L7RSP", "the certificate is valid for 1 day (2020-02-01)"]);
  const late = await at(-2.5, { warnDays: 0 });
  assertEquals([late.ok, late.text], [true, "the certificate expired 2 days ago (2020-02-01)"]);
  assertEquals(late.certificate, { notAfterMs: end, daysLeft: -3, ending: true });
  assertEquals((await at(0.5, { warnDays: 14, failDays: 0 })).text, "the certificate is valid for 0 days (2020-02-01)");
  listener.close();
  await serving;
});

Deno.test("TLS_CHECK: hellos that fit nothing, records that nobody encrypted", async () => {
  const vector = (content: number[]): number[] => [content.length >> 8, content.length & 255, ...content];
  const record = (type: number, content: number[]): number[] => [type, 3, 3, ...vector(content)];
  const hello = (suite: number, group: number, key: number[]): number[] => {
    const share = [0, 51, ...vector([group >> 8, group & 255, ...vector(key)])];
    const body = [3, 3, ...new Array<number>(32).fill(1), 0, suite >> 8, suite & 255, 0];
    const all = [...body, ...vector([0, 43, 0, 2, 3, 4, ...share])];
    return record(22, [2, 0, ...vector(all)]);
  };
  const point = [9, ...new Array<number>(31).fill(0)];
  const cases: number[][] = [
    hello(0x1301, 0x1d, new Array<number>(32).fill(0)),
    hello(0x1301, 0x1d, [1, 2]),
    hello(0x1301, 0x17, new Array<number>(65).fill(4)),
    hello(0x1301, 0x9999, point),
    hello(0x1303, 0x1d, point),
    [...hello(0x1301, 0x1d, point), ...record(20, [1]), ...record(23, new Array<number>(60).fill(5))],
    [...hello(0x1301, 0x1d, point), ...record(23, [])],
    record(22, [11, 0, 0, 0]),
    record(22, [11, 0, 0, 8, 0, 0, 5, 0, 0, 2, 48, 49]),
    record(22, [2, 0, 0, 1, 0]),
    record(21, [2, 40]),
    Array.from({ length: 60 }, () => record(20, [1])).flat(),
    Array.from({ length: 10 }, () => record(22, new Array<number>(16_000).fill(255))).flat(),
  ];
  for (const [index, says] of cases.entries()) {
    await beside(Uint8Array.from(says), async (port) => {
      const { ok, status, text } = await ask(port, { type: "tls", tls: {}, warnDays: 14 });
      assert(!ok && /^L6(RSP|TOUT)$/.test(status) && /^[\x20-\x7e]{1,200}$/.test(text), `${index} ${status} ${text}`);
    }, { closes: true });
  }
});

Deno.test("MYSQL_CHECK: a full server, a login that asks on and on", async () => {
  await beside("\x17\0\0\0\xff\x10\x04Too many connections", async (port) => {
    assertEquals(await ask(port, { type: "mysql" }), {
      ok: false,
      status: "L7STS",
      code: 1040,
      text: "error 1040: Too many connections",
    });
  });
  const greeting = "\x08\0\0\0\x0a8.0.36\0";
  await beside(greeting + "\x03\0\0\x02\xfex\0".repeat(20), async (port) => {
    const { status, text } = await ask(port, { type: "mysql", userName: "probe" });
    assertEquals([status, text], ["L7RSP", "the server asks for one way to authenticate after the other"]);
  });
  await beside(`${greeting}\x03\0\0\x02\0\0\0`, async (port, heard) => {
    assertEquals(await ask(port, { type: "mysql", userName: "probe" }), {
      ok: true,
      status: "L7OK",
      text: "version 8.0.36",
    });
    await until("it was heard", () => heard.join("").includes("probe\0"), PATIENCE_MS);
  });
});

Deno.test("POSTGRESQL_CHECK: a server that is starting is not good", async () => {
  const fields = "SFATAL\0C57P03\0Mthe database system is starting up\0\0";
  await beside(`E\0\0\0${String.fromCharCode(fields.length + 4)}${fields}`, async (port) => {
    assertEquals(await ask(port, { type: "postgresql", userName: "x" }), {
      ok: false,
      status: "L7STS",
      text: "error 57P03: the database system is starting up",
    });
  });
});

Deno.test("REDIS_CHECK: the password is in no text, whatever the server says to it", async () => {
  const passwordFile = await Deno.makeTempFile();
  await Deno.writeTextFile(passwordFile, "hunter2\n");
  for (const says of ["-ERR hunter2 is wrong\r\n", "+hunter2\r\n", "-hunter2\r\n", "hunter2", "$7\r\nhunter2\r\n"]) {
    await beside(says, async (port, heard) => {
      const { ok, text } = await ask(port, { type: "redis", passwordFile });
      assert(!ok && !text.includes("hunter2"), text);
      assert(heard.length === 0 || heard.join("").includes("hunter2"));
    });
  }
  await Deno.remove(passwordFile);
  assertEquals(await ask(1, { type: "redis", passwordFile }), {
    ok: false,
    status: "SOCKERR",
    text: `cannot read a password from ${passwordFile}`,
  });
});
