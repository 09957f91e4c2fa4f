import { assert, assertEquals } from "../../test/assert.ts";
import { until } from "../../test/support/command.ts";
import type { ProbeResult } from "../ports/probes.ts";
import { LastLine } from "./last_line.ts";
import type { MiscRequest } from "./misc.ts";
import { Prober } from "./prober.ts";

async function run(
  command: readonly [string, ...string[]],
  more: Partial<MiscRequest> & { timeoutMs?: number } = {},
  signal = new AbortController().signal,
): Promise<ProbeResult> {
  const { timeoutMs = 5000, ...rest } = more;
  const target = { address: "192.0.2.1", port: 80, timeoutMs };
  return await new Prober().run({ type: "misc", target, command, dynamic: false, ...rest }, signal);
}

/** A result without its duration. */
async function outcome(...args: Parameters<typeof run>): Promise<Omit<ProbeResult, "durationUs">> {
  const { durationUs: _, ...rest } = await run(...args);
  return rest;
}

const sh = (script: string): [string, ...string[]] => ["/bin/sh", "-c", script];

/** Whether a process exists and is no zombie. */
function alive(pid: number): boolean {
  try {
    return !/^State:\tZ/m.test(Deno.readTextFileSync(`/proc/${pid}/status`));
  } catch {
    return false;
  }
}

Deno.test("probeMisc() judges by the exit code", async () => {
  assertEquals(await outcome(sh("exit 0")), { ok: true, status: "PROCOK", code: 0, text: "exit code 0" });
  assertEquals(await outcome(sh("exit 1")), { ok: false, status: "PROCERR", code: 1, text: "exit code 1" });
  assertEquals(await outcome(sh("exit 2")), { ok: false, status: "PROCERR", code: 2, text: "exit code 2" });
});

Deno.test("probeMisc() takes the weight from the exit code when dynamic", async () => {
  const dynamic = { dynamic: true };
  const good = (code: number, weight: number): unknown => {
    return { ok: true, status: "PROCOK", code, text: `exit code ${code}`, weight };
  };
  assertEquals(await outcome(sh("exit 0"), dynamic), { ok: true, status: "PROCOK", code: 0, text: "exit code 0" });
  assertEquals(await outcome(sh("exit 1"), dynamic), { ok: false, status: "PROCERR", code: 1, text: "exit code 1" });
  assertEquals<unknown>(await outcome(sh("exit 2"), dynamic), good(2, 0));
  assertEquals<unknown>(await outcome(sh("exit 255"), dynamic), good(255, 253));
});

Deno.test("probeMisc() names a signal, and what cannot be run", async () => {
  const killed = await outcome(sh("kill -SEGV $$"));
  assertEquals(killed, { ok: false, status: "PROCERR", text: "ended by SIGSEGV" });
  const missing = await outcome(["/no/such/program"]);
  assertEquals(missing, { ok: false, status: "SOCKERR", text: "cannot run /no/such/program: no such file" });
  const folder = await outcome(["/tmp"]);
  assertEquals([folder.ok, folder.status], [false, "SOCKERR"]);
});

Deno.test("probeMisc() gives arguments as they are, no shell in between", async () => {
  const result = await outcome(["/bin/sh", "-c", 'echo "$#|$1|$2"; exit 1', "x", "$HOME *", "a  b"]);
  assertEquals(result.text, "exit code 1: 2|$HOME *|a b".replace("a b", "a  b"));
});

Deno.test("probeMisc() keeps the last line, of however much", async () => {
  // It lives a moment longer than its last words need on a busy machine.
  for (const [into, before] of [["1", "yes filler | head -c 3000000; echo"], ["2", "true"]]) {
    const result = await outcome(sh(`${before}; echo '  why  ' >&${into}; echo >&${into}; sleep 1; exit 1`));
    assertEquals(result.text, "exit code 1: why");
  }
  const long = await outcome(sh("head -c 100000 /dev/zero | tr '\\0' x; exit 1"));
  assertEquals(long.text, `exit code 1: ${"x".repeat(256)}`);
});

Deno.test("probeMisc() ends the whole group at the time limit", async () => {
  const file = await Deno.makeTempFile();
  const result = await run(sh(`sleep 60 & echo $! > ${file}; echo asleep; wait`), { timeoutMs: 3000 });
  assertEquals([result.ok, result.status, result.text], [false, "PROCTOUT", "no exit within 3000 ms: asleep"]);
  assert(result.durationUs < 30_000_000, "not the minute of the sleep");
  const grandchild = Number(await Deno.readTextFile(file));
  assert(grandchild > 0);
  await until("it is gone, too", () => !alive(grandchild), 10_000);
  await Deno.remove(file);
});

Deno.test("probeMisc() kills what ignores SIGTERM after 2 s", async () => {
  const result = await run(sh("trap '' TERM; while :; do sleep 0.1; done"), { timeoutMs: 3000 });
  assertEquals([result.ok, result.status], [false, "PROCTOUT"]);
  assert(result.durationUs > 4_900_000 && result.durationUs < 30_000_000, `${result.durationUs} us`);
});

Deno.test("probeMisc() does not wait for who keeps its pipe open", async () => {
  const result = await run(sh("setsid sleep 20 & echo gone; exit 0"));
  assertEquals([result.ok, result.text], [true, "exit code 0: gone"]);
  assert(result.durationUs < 15_000_000);
});

Deno.test("probeMisc() ends at an abort", async () => {
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 50);
  const result = await run(sh("sleep 60"), {}, controller.signal);
  assertEquals([result.ok, result.status], [false, "PROCTOUT"]);
  assert(result.durationUs < 30_000_000);
});

Deno.test("probeMisc() runs in its own group, without input, at ordinary priority", async () => {
  const script = 'read line && exit 9; set -- $(cat /proc/$$/stat); echo "$$ $5 $6 ${41}"; exit 1';
  const { text } = await run(sh(script));
  const [pid, group, session, policy] = text.replace("exit code 1: ", "").split(" ");
  assertEquals([group, session, policy], [pid, pid, "0"]);
});

Deno.test("probeMisc() becomes another user, without supplementary groups", async () => {
  if (Deno.uid() !== 0) return console.log("SKIPPED: only root can become another user");
  const { text } = await run(sh('echo "$(id -u) $(id -G)"; exit 1'), { user: { name: "65534", group: "65534" } });
  assertEquals(text, "exit code 1: 65534 65534");
});

Deno.test("LastLine keeps the last line that says something", () => {
  const line = new LastLine();
  const push = (text: string): string => {
    line.push(new TextEncoder().encode(text));
    return line.text;
  };
  assertEquals([push(""), push("on"), push("e\n"), push("\n \t\r\n"), push("tw"), push("o\x1b[31m")], [
    "",
    "on",
    "one",
    "one",
    "tw",
    "two [31m",
  ]);
});
