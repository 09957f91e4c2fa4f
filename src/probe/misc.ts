// MISC_CHECK: a command judges by its exit code. No shell runs it, and it gets neither our terminal nor our priority.
//
// The child leads its own session and process group, so that what it started can be ended with it. Real-time priority
// is not inherited because the role that runs probes has none.
import type { ProbeRequest } from "../ports/probes.ts";
import { LastLine } from "./last_line.ts";
import { errnoName, type Finding, printable } from "./tcp.ts";
import { refusalOf } from "./script_security.ts";
import { idsOf } from "./users.ts";
import { type Waited, within } from "./within.ts";

/** A MISC_CHECK. */
export type MiscRequest = Extract<ProbeRequest, { type: "misc" }>;

/** From SIGTERM to SIGKILL, as keepalived waits. */
const KILL_AFTER_MS = 2000;
/** How long the last words of a command that has ended may take; whoever it left behind may hold its pipe for ever. */
const DRAIN_MS = 50;
/** `misc_dynamic`: exit code 2 is weight 0. */
const WEIGHT_BASE = 2;

/**
 * Runs the command: exit code 0 is good, others are bad; when `dynamic`, those from 2 are good and name the weight plus
 * 2. A signal is bad. At the time limit, and at an abort, the whole group gets SIGTERM, 2 s later SIGKILL; the result
 * waits until the command is gone, so that no two runs of it overlap. The last line that it wrote, on either output,
 * goes into the text.
 */
export async function probeMisc(request: MiscRequest, signal: AbortSignal): Promise<Finding> {
  let child: Deno.ChildProcess;
  try {
    child = spawn(request);
  } catch (error) {
    return { ok: false, status: "SOCKERR", text: `cannot run ${printable(request.command[0])}: ${reasonOf(error)}` };
  }
  const output = new Output(child);
  const waited = await within(child.status, request.target.timeoutMs, signal);
  if (waited.end !== "done") await end(child);
  return judge(waited, request, await output.lastLine());
}

function spawn({ command, user, secure }: MiscRequest): Deno.ChildProcess {
  const [program, ...args] = command;
  const ids = user === undefined ? undefined : idsOf(user);
  const refusal = secure ? refusalOf(program, (ids?.uid ?? Deno.uid()) === 0) : undefined;
  if (refusal !== undefined) throw new Error(refusal);
  const options: Deno.CommandOptions & { detached: boolean } = {
    args,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    detached: true, // known to every version that we run on, declared by the newer ones only
    ...ids,
  };
  return new Deno.Command(program, options).spawn();
}

/** Ends the child's group, gently first. Settles when the child is gone, or cannot be made to go. */
async function end(child: Deno.ChildProcess): Promise<void> {
  const never = new AbortController().signal;
  killGroup(child.pid, "SIGTERM");
  const gone = await within(child.status, KILL_AFTER_MS, never);
  killGroup(child.pid, "SIGKILL"); // also those that it leaves behind
  if (gone.end !== "done") await within(child.status, KILL_AFTER_MS, never);
}

function killGroup(pid: number, signal: Deno.Signal): void {
  try {
    Deno.kill(-pid, signal);
  } catch {
    // nobody of the group is left
  }
}

/** Reads both outputs all the time, so that the child never waits for us, and keeps the last line of them. */
class Output {
  readonly #line = new LastLine();
  readonly #readers: readonly ReadableStreamDefaultReader<Uint8Array>[];
  readonly #done: Promise<unknown>;

  constructor(child: Deno.ChildProcess) {
    this.#readers = [child.stdout.getReader(), child.stderr.getReader()];
    this.#done = Promise.all(this.#readers.map((reader) => this.#drain(reader)));
  }

  /** Once the child is gone: what it wrote last. */
  async lastLine(): Promise<string> {
    const waited = await within(this.#done, DRAIN_MS, new AbortController().signal);
    if (waited.end !== "done") {
      for (const reader of this.#readers) reader.cancel().catch(() => {});
    }
    return this.#line.text;
  }

  async #drain(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
    for (;;) {
      const { value, done } = await reader.read().catch(() => ({ value: undefined, done: true }));
      if (done || value === undefined) return;
      this.#line.push(value);
    }
  }
}

function judge(waited: Waited<Deno.CommandStatus>, { dynamic, target }: MiscRequest, said: string): Finding {
  const because = said === "" ? "" : `: ${said}`;
  switch (waited.end) {
    case "timeout":
      return { ok: false, status: "PROCTOUT", text: `no exit within ${target.timeoutMs} ms${because}` };
    case "aborted":
      return { ok: false, status: "PROCTOUT", text: "the check was cancelled before the command ended" };
    case "failed":
      return { ok: false, status: "PROCERR", text: `the command was lost: ${reasonOf(waited.error)}` };
    case "done":
      return judgeExit(waited.value, dynamic, because);
    default:
      return waited satisfies never;
  }
}

function judgeExit({ code, signal }: Deno.CommandStatus, dynamic: boolean, because: string): Finding {
  if (signal !== null) return { ok: false, status: "PROCERR", text: `ended by ${signal}${because}` };
  const text = `exit code ${code}${because}`;
  if (code === 0) return { ok: true, status: "PROCOK", code, text };
  if (!dynamic || code < WEIGHT_BASE) return { ok: false, status: "PROCERR", code, text };
  return { ok: true, status: "PROCOK", code, text, weight: code - WEIGHT_BASE };
}

function reasonOf(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "no such file";
  if (errnoName(error) === "EACCES") return "permission denied";
  return printable(error instanceof Error ? error.message : String(error));
}
