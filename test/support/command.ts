// Running programs from tests: to their end, or in the background until the test ends them by their own process id.
import { descendants, sendSignal } from "./processes.ts";

const decoder = new TextDecoder();

/** Runs a command to its end. @throws Error with its output when it fails */
export async function run(...command: readonly string[]): Promise<string> {
  const { success, output } = await tryRun(...command);
  if (!success) throw new Error(`${command.join(" ")} failed:\n${output}`);
  return output;
}

/** Runs a command to its end, whatever that is. */
export async function tryRun(
  ...command: readonly string[]
): Promise<{ success: boolean; code: number; output: string }> {
  const [program = "", ...args] = command;
  const result = await new Deno.Command(program, { args, stdin: "null", stdout: "piped", stderr: "piped" }).output();
  const output = decoder.decode(result.stdout) + decoder.decode(result.stderr);
  return { success: result.success, code: result.code, output };
}

/** A program in the background; everything it prints is kept. */
export class BackgroundProcess {
  readonly ended: Promise<Deno.CommandStatus>;
  readonly #child: Deno.ChildProcess;
  readonly #output: Promise<void>[];
  #text = "";
  #isOver = false;

  constructor(command: readonly string[], env: Record<string, string> = {}) {
    const [program = "", ...args] = command;
    this.#child = new Deno.Command(program, { args, env, stdin: "null", stdout: "piped", stderr: "piped" }).spawn();
    this.ended = this.#child.status.finally(() => {
      this.#isOver = true;
    });
    this.#output = [this.#collect(this.#child.stdout), this.#collect(this.#child.stderr)];
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** What it has printed so far. */
  get output(): string {
    return this.#text;
  }

  /** Sends a signal; a process that has ended is no error. */
  signal(name: Deno.Signal): void {
    try {
      this.#child.kill(name);
    } catch {
      // it has ended
    }
  }

  /** Ends it with SIGTERM, after `limitMs` with SIGKILL. */
  async stop(limitMs = 10_000): Promise<Deno.CommandStatus> {
    this.signal("SIGTERM");
    return await this.#waitOrKill(limitMs);
  }

  /** Ends it and all its descendants at once, as a power loss does to a machine. */
  async killTree(): Promise<void> {
    if (!this.#isOver) { // its process id may be another's by now
      this.signal("SIGSTOP"); // so that nobody starts a successor or hears of a death meanwhile
      const stopped = new Set<number>();
      const isNew = (pid: number): boolean => !stopped.has(pid);
      for (let fresh; (fresh = descendants(this.pid).filter(isNew)).length > 0;) {
        for (const pid of fresh) {
          stopped.add(pid);
          sendSignal(pid, "SIGSTOP");
        }
      }
      for (const pid of [...stopped, this.pid]) sendSignal(pid, "SIGKILL");
    }
    await this.#waitOrKill(0);
  }

  async #waitOrKill(limitMs: number): Promise<Deno.CommandStatus> {
    const timer = setTimeout(() => this.signal("SIGKILL"), limitMs);
    const status = await this.ended;
    clearTimeout(timer);
    await Promise.all(this.#output);
    return status;
  }

  async #collect(stream: ReadableStream<Uint8Array>): Promise<void> {
    const streamDecoder = new TextDecoder();
    for await (const chunk of stream) this.#text += streamDecoder.decode(chunk, { stream: true });
  }
}

/** Resolves when `condition` holds. @throws Error naming `what` when it does not within `limitMs` */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  limitMs: number,
  details: () => string = () => "",
): Promise<void> {
  const start = Date.now();
  while (!await condition()) {
    if (Date.now() - start > limitMs) throw new Error(`not within ${limitMs} ms: ${what}\n${details()}`);
    await pause(20);
  }
}

/** Waits. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
