// The whole node steps down: hands over what it is master of, and takes over nothing until an operator says so or the time is
// over. Kept in a file beside the journal, since a machine under repair is started again more than once.
import { dirname } from "node:path";
import type { Config } from "../config/config.ts";
import type { RouterOrders } from "../core/vrrp/steering.ts";
import { textOf } from "../linux/file_facts.ts";
import type { MaintenanceSnapshot, VrrpInstanceSnapshot, WarningSnapshot } from "../ports/snapshot.ts";
import type { ControlRequest } from "./control.ts";
import type { Journal } from "./journal/journal.ts";
import { cleanText, duration, signed } from "./signature.ts";
import { TaskList } from "./task_list.ts";

/** What maintenance needs of its surroundings. */
export interface MaintenanceOptions {
  readonly log: (line: string) => void;
  readonly journal?: Pick<Journal, "record" | "path"> | undefined;
  readonly config: () => Config;
  /** The instances, as they were reported last. */
  readonly instances: () => readonly VrrpInstanceSnapshot[];
  /** Makes an instance resign, with its sync group. @throws Error with why not */
  readonly resign: (name: string) => Promise<void>;
  /** Other orders hold for the instances. */
  readonly changed: () => void;
  /** There is something new to show. */
  readonly told: () => void;
}

/** What came of a request. */
export interface MaintenanceAnswer {
  readonly text: string;
  /** The task that waits for the peers. */
  readonly task?: string;
}

const FILE = "maintenance.json";
/** A peer takes over within its skew time, or after three advertisement intervals; a slow machine a little later. */
const HAND_OVER_MS = 10_000;
const LOOK_MS = 100;
/** A timer of the runtime cannot wait longer. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Use: `begin()` before instances start, `obey()`, `stop()`. */
export class Maintenance {
  /** Told when a task begins or ends. */
  tasksChanged: () => void = () => {};
  readonly #options: MaintenanceOptions;
  readonly #tasks: TaskList;
  #state: MaintenanceSnapshot | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stopped = false;

  constructor(options: MaintenanceOptions) {
    this.#options = options;
    this.#tasks = new TaskList(() => this.tasksChanged(), "m");
  }

  /** What holds; undefined: nothing. */
  get state(): MaintenanceSnapshot | undefined {
    return this.#state;
  }

  get tasks(): ReturnType<() => TaskList["entries"]> {
    return this.#tasks.entries;
  }

  /** What each instance is told; undefined: nothing. */
  get orders(): Partial<RouterOrders> | undefined {
    if (this.#state === undefined) return undefined;
    const { takesOverAlone, author, reason } = this.#state;
    const why = signed("this node is in maintenance", { author, ...(reason === undefined ? {} : { reason }) });
    return takesOverAlone ? { held: true } : { held: true, ban: { always: why } };
  }

  get warnings(): WarningSnapshot[] {
    if (this.#state === undefined) return [];
    const { takesOverAlone, author, reason, untilMs, atMs } = this.#state;
    const until = untilMs === undefined ? "" : ` until ${new Date(untilMs).toISOString()}`;
    const what = takesOverAlone ? "takes over only from a master that is silent" : "takes over no address";
    const message = signed(`this node is in maintenance${until} and ${what}`, {
      author,
      ...(reason === undefined ? {} : { reason }),
    });
    return [{ code: "maintenance", message, sinceMs: atMs }];
  }

  /** Takes over what an earlier Holdfast kept. */
  begin(): void {
    const path = this.#path;
    const kept = path === undefined ? undefined : maintenanceIn(textOf(path));
    if (kept === undefined) return;
    this.#state = kept;
    if ((kept.untilMs ?? Infinity) <= Date.now()) return this.#end("maintenance is over: its time ended meanwhile");
    this.#options.log(`warning: ${this.warnings[0]?.message}; \`holdfast maintenance off\` ends it`);
    this.#awaitEnd();
  }

  /** Carries a request out. @throws Error with one sentence for the operator @returns undefined when it is none of ours */
  async obey(request: ControlRequest): Promise<MaintenanceAnswer | undefined> {
    if (request.command === "end-maintenance") return this.#takeBack(request);
    return request.command === "maintenance" ? await this.#step(request) : undefined;
  }

  /** Ends: nothing is awaited any more. What holds, holds for the next one. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  async #step(request: ControlRequest): Promise<MaintenanceAnswer> {
    const forMs = duration(request);
    const { config, instances, changed, resign } = this.#options;
    if (config().vrrpInstances.length === 0) {
      throw new Error("there is no VRRP instance here that could be handed over");
    }
    const masters = instances().filter(({ state }) => state === "master");
    const lonely = masters.filter(({ peer }) => peer === undefined || peer.priority === 0);
    if (lonely.length > 0 && request.force !== true) {
      throw new Error(
        `no peer of ${
          namesOf(lonely)
        } has been heard that could take over. A backup says nothing, so it may be there ` +
          "all the same: if you know that it is, use --force",
      );
    }
    const before = this.#state;
    const [author, reason] = [cleanText(request.author) ?? "unknown", cleanText(request.reason)];
    const atMs = Date.now();
    this.#state = {
      author,
      atMs,
      takesOverAlone: request.takesOverAlone === true,
      ...(reason === undefined ? {} : { reason }),
      ...(forMs === undefined ? {} : { untilMs: atMs + forMs }),
    };
    const isKept = this.#keep();
    this.#awaitEnd();
    changed();
    const until = forMs === undefined
      ? "until `holdfast maintenance off`"
      : `until ${new Date(atMs + forMs).toISOString()}`;
    const text = `this node is in maintenance ${until}${
      isKept ? "" : ", or until Holdfast ends (it keeps no journal)"
    }`;
    this.#happened(signed(text, { author, ...(reason === undefined ? {} : { reason }) }));
    if (masters.length === 0) return { text: `${text}; it was master of nothing` };
    const task = this.#tasks.begin("maintenance", author, `${namesOf(masters)}: waiting for a peer to take over`);
    const failures: string[] = [];
    for (const name of new Set(masters.map(({ name, syncGroup }) => syncGroup ?? name))) {
      await resign(name).catch((error) => failures.push(error instanceof Error ? error.message : String(error)));
    }
    this.#await(task.id, masters, { before, sinceMs: atMs, force: request.force === true });
    const problems = failures.length === 0 ? "" : ` (${failures.join("; ")})`;
    return { text: `${text}; ${namesOf(masters)} handed over${problems}`, task: task.id };
  }

  #takeBack(request: ControlRequest): MaintenanceAnswer {
    if (this.#state === undefined) return { text: "this node is not in maintenance" };
    const [author, reason] = [cleanText(request.author) ?? "unknown", cleanText(request.reason)];
    const text = "maintenance is over: what the configuration says holds again";
    this.#end(signed(text, { author, ...(reason === undefined ? {} : { reason }) }));
    return { text };
  }

  /** Follows the hand-over to its end; where nobody takes over it is taken back, so that the addresses are somewhere. */
  async #await(
    task: string,
    left: readonly VrrpInstanceSnapshot[],
    { before, sinceMs, force }: { before: MaintenanceSnapshot | undefined; sinceMs: number; force: boolean },
  ): Promise<void> {
    const state = this.#state;
    const waiting = (): VrrpInstanceSnapshot[] =>
      this.#options.instances().filter(({ name, state, peer }) => {
        const isHeard = peer !== undefined && peer.priority > 0 && peer.heardMs >= sinceMs;
        return left.some((one) => one.name === name) && (state === "master" || !isHeard);
      });
    for (const end = Date.now() + HAND_OVER_MS; waiting().length > 0 && Date.now() < end;) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      if (this.#stopped) return;
      if (this.#state !== state) return this.#tasks.end(task, "rolled_back", "something else was said meanwhile");
    }
    const missing = waiting();
    if (missing.length === 0) {
      const masters = this.#options.instances().filter(({ name }) => left.some((one) => one.name === name))
        .map(({ name, peer }) => `${peer?.address} is master of ${name}`);
      this.#happened(`handed over: ${masters.join(", ")}`);
      return this.#tasks.end(task, "succeeded", masters.join(", "));
    }
    const nobody = `nobody has taken over ${namesOf(missing)} within ${HAND_OVER_MS / 1000} s`;
    if (force) {
      this.#happened(`warning: ${nobody}: the addresses are on no node that we hear`);
      return this.#tasks.end(task, "failed", `${nobody}; as it was forced, this node stays in maintenance`);
    }
    this.#state = before;
    this.#keep();
    this.#awaitEnd();
    this.#options.changed();
    this.#happened(`warning: ${nobody}: maintenance is taken back`);
    this.#tasks.end(task, "failed", `${nobody}: maintenance was taken back`);
  }

  #end(text: string): void {
    this.#state = undefined;
    this.#keep();
    this.#awaitEnd();
    this.#options.changed();
    this.#happened(text);
  }

  #awaitEnd(): void {
    clearTimeout(this.#timer);
    const { untilMs } = this.#state ?? {};
    if (untilMs === undefined) return;
    this.#timer = setTimeout(() => {
      if (Date.now() < untilMs) this.#awaitEnd();
      else this.#end("maintenance is over: its time has ended");
    }, Math.min(Math.max(0, untilMs - Date.now()), MAX_TIMER_MS));
  }

  #happened(text: string): void {
    this.#options.log(text.startsWith("warning: ") ? text : `operator: ${text}`);
    const names = this.#options.config().vrrpInstances.map(({ name }) => name);
    this.#options.journal?.record({ type: "operator", names, text: text.replace(/^warning: /, "") });
    this.#options.told();
  }

  get #path(): string | undefined {
    const { path } = this.#options.journal ?? {};
    return path === undefined ? undefined : `${dirname(path)}/${FILE}`;
  }

  /** @returns whether a restart of the daemon would find it */
  #keep(): boolean {
    const path = this.#path;
    if (path === undefined) return false;
    try {
      if (this.#state === undefined) Deno.removeSync(path);
      else {
        Deno.writeTextFileSync(`${path}.new`, `${JSON.stringify(this.#state)}\n`, { mode: 0o600 });
        Deno.renameSync(`${path}.new`, path);
      }
      return true;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound && this.#state === undefined) return true;
      this.#options.log(`warning: ${path} cannot be written: ${error instanceof Error ? error.message : error}`);
      return false;
    }
  }
}

function namesOf(instances: readonly VrrpInstanceSnapshot[]): string {
  return instances.map(({ name }) => name).join(", ");
}

/** What an earlier process wrote; what is no such text counts as nothing. */
function maintenanceIn(text: string | undefined): MaintenanceSnapshot | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text ?? "null");
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const { author, reason, atMs, untilMs, takesOverAlone } = value as Readonly<Record<string, unknown>>;
  const [by, why] = [cleanText(author), cleanText(reason)];
  if (by === undefined || typeof atMs !== "number") return undefined;
  return {
    author: by,
    atMs,
    takesOverAlone: takesOverAlone === true,
    ...(why === undefined ? {} : { reason: why }),
    ...(typeof untilMs === "number" && Number.isFinite(untilMs) ? { untilMs } : {}),
  };
}
