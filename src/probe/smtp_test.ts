import { assert, assertEquals } from "../../test/assert.ts";
import type { ProbeResult } from "../ports/probes.ts";
import { Prober } from "./prober.ts";
import { SmtpReplyReader } from "./smtp.ts";

const TIMEOUT_MS = 3000;

/** The outcome of a probe against a server that says `banner`, then answers each line by `answer`. */
async function against(
  banner: string,
  answer: (line: string, say: (text: string) => Promise<void>) => Promise<void> | void = (): void => {},
): Promise<{ result: Omit<ProbeResult, "durationUs">; heard: string[] }> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const heard: string[] = [];
  const serving = (async (): Promise<void> => {
    const connection = await listener.accept();
    const say = async (text: string): Promise<void> => {
      const bytes = new TextEncoder().encode(text);
      for (let sent = 0; sent < bytes.length;) sent += await connection.write(bytes.subarray(sent));
    };
    try {
      await say(banner);
      const buffer = new Uint8Array(1024);
      for (let text = "";;) {
        const count = await connection.read(buffer);
        if (count === null) break;
        text += new TextDecoder().decode(buffer.subarray(0, count));
        for (let end = text.indexOf("\r\n"); end >= 0; end = text.indexOf("\r\n")) {
          heard.push(text.slice(0, end));
          await answer(text.slice(0, end), say);
          text = text.slice(end + 2);
        }
      }
    } catch {
      // the probe has closed
    }
    connection.close();
  })();
  const target = { address: "127.0.0.1", port: listener.addr.port, timeoutMs: TIMEOUT_MS };
  const request = { type: "smtp", target, heloName: "director.example" } as const;
  const { durationUs, ...result } = await new Prober().run(request, new AbortController().signal);
  assert(durationUs < 30_000_000);
  listener.close();
  await serving;
  return { result, heard };
}

const polite = (line: string, say: (text: string) => Promise<void>): Promise<void> =>
  say(line.startsWith("HELO") ? "250-mail.example\r\n250 Pleased to meet you\r\n" : "221 Bye\r\n");

Deno.test("probeSmtp() says HELO and QUIT to a server that is well", async () => {
  const { result, heard } = await against("220-mail.example\r\n220 ESMTP\r\n", polite);
  assertEquals(result, { ok: true, status: "L7OK", code: 250, text: "250 Pleased to meet you" });
  assertEquals(heard, ["HELO director.example", "QUIT"]);
});

Deno.test("probeSmtp() wants 220, then 250, then anything", async () => {
  assertEquals((await against("554 No service\r\n")).result, {
    ok: false,
    status: "L7STS",
    code: 554,
    text: "banner is 554 No service, wanted 220",
  });
  assertEquals((await against("220 x\r\n", (_, say) => say("502 no\r\n"))).result, {
    ok: false,
    status: "L7STS",
    code: 502,
    text: "answer to HELO is 502 no, wanted 250",
  });
  const odd = await against("220 x\r\n", (line, say) => say(line === "QUIT" ? "500 what\r\n" : "250\r\n"));
  assertEquals(odd.result, { ok: true, status: "L7OK", code: 250, text: "250" });
});

Deno.test("probeSmtp() against silence at each step", async () => {
  const timeout = (text: string): unknown => ({ ok: false, status: "L7TOUT", text });
  const outcomes = await Promise.all([
    against(""),
    against("220 half a line"),
    against("220-never\r\n220-done\r\n"),
    against("220 x\r\n"),
    against("220 x\r\n", (line, say) => line === "QUIT" ? undefined : say("250 ok\r\n")),
  ]);
  assertEquals<unknown>(outcomes.map(({ result }) => result), [
    timeout("no banner within 3000 ms"),
    timeout("no banner within 3000 ms"),
    timeout("no banner within 3000 ms"),
    timeout("no answer to HELO within 3000 ms"),
    timeout("no answer to QUIT within 3000 ms"),
  ]);
});

Deno.test("probeSmtp() against a slow drip ends at the limit", async () => {
  const { result } = await against("", () => {});
  assertEquals(result.status, "L7TOUT");
  const dripping = await against("220 x\r\n", async (_, say) => {
    for (const character of "250 never in time") {
      await say(character);
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
  });
  assertEquals(dripping.result, { ok: false, status: "L7TOUT", text: "no answer to HELO within 3000 ms" });
});

Deno.test("probeSmtp() against garbage and endless replies", async () => {
  assertEquals((await against("SSH-2.0-OpenSSH\r\n")).result, {
    ok: false,
    status: "L7RSP",
    text: "not SMTP: SSH-2.0-OpenSSH",
  });
  const tooLong = { ok: false, status: "L7RSP", text: "a reply longer than 8192 bytes" } as const;
  assertEquals((await against("x".repeat(100_000))).result, tooLong);
  assertEquals((await against("220-more\r\n".repeat(100_000))).result, tooLong);
});

Deno.test("probeSmtp() against a server that closes", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const target = { address: "127.0.0.1", port: listener.addr.port, timeoutMs: TIMEOUT_MS };
  const probing = new Prober().run({ type: "smtp", target, heloName: "x" }, new AbortController().signal);
  (await listener.accept()).close();
  const { ok, status, text } = await probing;
  listener.close();
  assertEquals({ ok, status, text }, { ok: false, status: "L7RSP", text: "connection closed before the banner" });
});

Deno.test("SmtpReplyReader puts replies together", () => {
  const cases: [string, unknown][] = [
    ["220 a\r\n", { code: 220, text: "a" }],
    ["220\n", { code: 220, text: "" }],
    ["250-a\r\n250-b\r\n250 c\r\n", { code: 250, text: "c" }],
    ["250-a\r\n", undefined],
    ["199 a\r\n", "not SMTP: 199 a"],
    ["2200 a\r\n", "not SMTP: 2200 a"],
    ["220_a\r\n", "not SMTP: 220_a"],
    ["\r\n", "not SMTP: "],
  ];
  for (const [text, reply] of cases) {
    assertEquals<unknown>(new SmtpReplyReader().push(new TextEncoder().encode(text)), reply, JSON.stringify(text));
  }
  const reader = new SmtpReplyReader();
  assertEquals(reader.push(new TextEncoder().encode("220 a\r\n250 ")), { code: 220, text: "a" });
  assertEquals(reader.push(new TextEncoder().encode("b\r\n")), { code: 250, text: "b" });
});
