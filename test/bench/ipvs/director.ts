// Holdfast or keepalived with the part that checks servers only, on the machine itself.
import { pause, until } from "../../support/command.ts";
import { holdfastCommand } from "../../support/holdfast.ts";
import { cpuMs, descendants, roleOf } from "../../support/processes.ts";

/** Who is measured. */
export type Kind = "holdfast" | "keepalived";
/** In the order of the columns. */
export const KINDS: readonly Kind[] = ["holdfast", "keepalived"];

/** Processor time and memory of a process and its children. */
export interface Usage {
  /** Milliseconds by role: `main`, `health`, ... */
  readonly cpuMs: Readonly<Record<string, number>>;
  readonly residentMb: number;
  /** By role, what several processes share counted in parts (PSS). */
  readonly shareMb: Readonly<Record<string, number>>;
}

const [program = ""] = holdfastCommand();

/** A director that runs. */
export class Director {
  readonly kind: Kind;
  readonly file: string;
  readonly logFile: string;
  readonly #child: Deno.ChildProcess;
  readonly startedMs = performance.now();

  /** Starts it. Holdfast with its API, as by default: its numbers are read there. */
  constructor(kind: Kind, folder: string, config: string) {
    this.kind = kind;
    this.file = `${folder}/${kind}.conf`;
    Deno.writeTextFileSync(this.file, config);
    const pids = ["-p", "-c"].flatMap((option) => [option, `${folder}/keepalived${option}.pid`]);
    const [path, args] = kind === "holdfast"
      ? [program, ["run", "-f", this.file, "--journal", "off"]] as const
      : ["keepalived", ["-C", "-n", "-l", "-f", this.file, ...pids]] as const;
    this.logFile = `${folder}/${kind}.log`;
    Deno.writeTextFileSync(this.logFile, "");
    const shell = ["-c", 'log=$1; shift; exec "$@" >"$log" 2>&1', "-", this.logFile, path, ...args];
    // Where the kernel has no IPVS: one that does nothing (no_ipvs.c).
    const noIpvs = kind === "keepalived" ? Deno.env.get("NO_IPVS") : undefined;
    const env: Record<string, string> = noIpvs === undefined ? {} : { LD_PRELOAD: noIpvs };
    this.#child = new Deno.Command("bash", { args: shell, env, stdin: "null", stdout: "null", stderr: "null" }).spawn();
  }

  /** Has it read its configuration again, another one. */
  reload(config: string): void {
    Deno.writeTextFileSync(this.file, config);
    this.#child.kill("SIGHUP");
  }

  /** What it has logged so far. */
  get log(): string {
    return Deno.readTextFileSync(this.logFile);
  }

  usage(): Usage {
    const usedMs: Record<string, number> = {};
    const shareMb: Record<string, number> = {};
    let residentKb = 0;
    for (const pid of [this.#child.pid, ...descendants(this.#child.pid)]) {
      const name = roleOf(pid) ?? "main";
      usedMs[name] = (usedMs[name] ?? 0) + cpuMs(pid);
      const memory = Deno.readTextFileSync(`/proc/${pid}/smaps_rollup`);
      residentKb += Number(memory.match(/^Rss:\s+(\d+)/m)?.[1] ?? 0);
      shareMb[name] = (shareMb[name] ?? 0) + Number(memory.match(/^Pss:\s+(\d+)/m)?.[1] ?? 0) / 1024;
    }
    return { cpuMs: usedMs, residentMb: residentKb / 1024, shareMb };
  }

  /** Ends it in good order; the table is empty then. */
  async stop(): Promise<void> {
    this.#child.kill("SIGTERM");
    const limit = setTimeout(() => this.#child.kill("SIGKILL"), 20_000);
    await this.#child.status;
    clearTimeout(limit);
  }
}

/** A number of Holdfast's metrics: the sum of those whose line begins so. */
export async function metric(start: string): Promise<number> {
  const text = await (await fetch("http://127.0.0.1:8404/metrics")).text();
  return text.split("\n").filter((line) => line.startsWith(start)).reduce((sum, line) => {
    return sum + Number(line.slice(line.lastIndexOf(" ") + 1));
  }, 0);
}

/** Waits for what is looked at often; milliseconds since `sinceMs`. */
export async function elapsed(what: string, sinceMs: number, isSo: () => boolean, pollMs = 10): Promise<number> {
  const end = performance.now() + 120_000;
  while (!isSo()) {
    if (performance.now() > end) throw new Error(`never came: ${what}`);
    await pause(pollMs);
  }
  return performance.now() - sinceMs;
}

export { pause, until };
