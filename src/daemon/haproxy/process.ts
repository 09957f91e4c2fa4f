// One running HAProxy: its master process, started by us or by an earlier Holdfast. It is no part of our process group, so that
// what ends us does not end it.
import { textOf } from "../../linux/file_facts.ts";
import { FILES } from "../../core/haproxy/internal_section.ts";
import { childEnvironment } from "./generated.ts";
import { replaceFile } from "./run_folder.ts";

/** Of util-linux: it becomes HAProxy. Deno's own `detached` would take away the groups that a service manager gave us. */
const SETSID = "/usr/bin/setsid";
/** How often one that is not our child is looked at. */
const LOOK_MS = 100;
/** How long it may take to go after SIGTERM. */
const TERMINATE_MS = 1000;

/** A master. */
export class HaproxyProcess {
  readonly pid: number;
  /** An earlier Holdfast has started it. */
  readonly isAdopted: boolean;
  readonly startedAtMs: number;
  /** How it ended: one phrase. */
  readonly ended: Promise<string>;
  readonly #ticks: string;

  private constructor(pid: number, startedAtMs: number, ended: Promise<string> | undefined) {
    this.pid = pid;
    this.isAdopted = ended === undefined;
    this.startedAtMs = startedAtMs;
    this.#ticks = startTicks(pid) ?? "";
    this.ended = ended ?? this.#watch();
  }

  /** Starts one with the files of a folder. @throws Error */
  static start(binary: string, folder: string): HaproxyProcess {
    Deno.statSync(binary);
    const child = new Deno.Command(SETSID, {
      args: [
        binary,
        "-W",
        "-db",
        "-S",
        `${folder}/${FILES.master},mode,600,level,admin`,
        "-f",
        `${folder}/${FILES.user}`,
        "-f",
        `${folder}/${FILES.internal}`,
      ],
      stdin: "null",
      stdout: "null",
      stderr: "inherit", // where our own lines go: it outlives us
      clearEnv: true,
      env: childEnvironment(),
    }).spawn();
    const ended = child.status.then(({ code, signal }) => signal === null ? `status ${code}` : signal);
    const started = new HaproxyProcess(child.pid, Date.now(), ended);
    replaceFile(`${folder}/${FILES.process}`, `${child.pid} ${started.#ticks} ${started.startedAtMs}\n`);
    return started;
  }

  /** The one that runs already with the files of a folder, if it does. */
  static running(folder: string): HaproxyProcess | undefined {
    const [pid = "", ticks = "", startedAtMs = ""] = textOf(`${folder}/${FILES.process}`)?.trim().split(" ") ?? [];
    if (!/^\d{1,10}$/.test(pid) || ticks === "" || startTicks(Number(pid)) !== ticks) return undefined;
    return new HaproxyProcess(Number(pid), Number(startedAtMs) || Date.now(), undefined);
  }

  /** Whether it is there, and no other process of its number. */
  get isAlive(): boolean {
    return startTicks(this.pid) === this.#ticks;
  }

  /** Ends it and its workers at once: for one that hangs. */
  kill(): void {
    const workers = childrenOf(this.pid);
    for (const pid of [this.pid, ...workers]) signal(pid, "SIGKILL");
  }

  /** Lets requests end, at most so long. */
  async stop(limitMs: number): Promise<void> {
    if (this.isAlive) signal(this.pid, "SIGUSR1");
    if (await this.#endsWithin(limitMs)) return;
    if (this.isAlive) signal(this.pid, "SIGTERM");
    if (await this.#endsWithin(TERMINATE_MS)) return;
    this.kill();
    await this.#endsWithin(TERMINATE_MS);
  }

  async #endsWithin(limitMs: number): Promise<boolean> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<false>((resolve) => timer = setTimeout(() => resolve(false), limitMs));
    const result = await Promise.race([this.ended.then(() => true), late]);
    clearTimeout(timer);
    return result;
  }

  #watch(): Promise<string> {
    return new Promise((resolve) => {
      const timer = setInterval(() => {
        if (this.isAlive) return;
        clearInterval(timer);
        resolve("a status that only its parent knows");
      }, LOOK_MS);
      Deno.unrefTimer(timer);
    });
  }
}

/** When a process started, in the kernel's ticks (proc(5), field 22); undefined when there is none, or only its remains. */
function startTicks(pid: number): string | undefined {
  const stat = textOf(`/proc/${pid}/stat`);
  // The name, in parentheses, may hold anything: count from the last one.
  const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields === undefined || fields[0] === "Z" || fields[0] === "X" ? undefined : fields[19];
}

function childrenOf(pid: number): number[] {
  return (textOf(`/proc/${pid}/task/${pid}/children`) ?? "").trim().split(" ").filter((word) => word !== "").map(
    Number,
  );
}

function signal(pid: number, name: Deno.Signal): void {
  try {
    Deno.kill(pid, name);
  } catch {
    // it has ended
  }
}
