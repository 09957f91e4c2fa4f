// Configurations that come over the API: what they would change, taking one over on trial or for good, going back. All of it
// by the way that a reload takes: refused as a whole, and what runs goes on.
import type { LeftOut } from "../config/carried_out.ts";
import type { Config } from "../config/config.ts";
import { differenceOf, type ObjectChange, summaryOf } from "../config/plan.ts";
import type { GenerationEntry, PendingConfirmation, RefusalStatus, TaskEntry } from "../ports/commands.ts";
import { TaskList } from "./task_list.ts";
import { prepareFile } from "./config_file.ts";
import { hasRedactedSecrets, whyNotOverApi } from "./config_guard.ts";
import type { ReloadOutcome } from "./reload.ts";
import { etagOf } from "./running_config.ts";

/** What was read, ready to be taken over. */
export interface ReadResult {
  readonly config: Config | undefined;
  readonly leftOut: readonly LeftOut[];
  readonly report: string;
  readonly hasFlaws: boolean;
  /** The whole text, when it came from one file. */
  readonly text?: string;
}

/** What it needs of the supervisor. */
export interface ConfigChangesOptions {
  readonly log: (line: string) => void;
  /** What runs. */
  readonly running: () => { readonly config: Config; readonly generation: number };
  /** Reads a text as if it were in the file. */
  readonly readConfig: (text: string) => ReadResult;
  /** Goes over to a configuration, after what goes on already. */
  readonly takeOver: (read: ReadResult, origin: Origin) => Promise<ReloadOutcome>;
  /** The file; undefined or `-`: there is none that could be written. */
  readonly source?: string;
  /** Tasks or history have changed. */
  readonly changed: () => void;
}

/** Where a configuration comes from. */
export type Origin = Pick<GenerationEntry, "origin" | "actor" | "comment">;

/** A command that is refused. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly status: RefusalStatus;

  constructor(status: RefusalStatus, message: string) {
    super(message);
    this.status = status;
  }
}

/** What a configuration would do. */
export interface ConfigDifference {
  readonly acceptable: boolean;
  /** Why it would be refused. */
  readonly problem?: string;
  /** What reading it on this machine has to say. */
  readonly report: string;
  readonly changes: readonly ObjectChange[];
}

/** What came of an apply or a rollback. */
export interface ConfigChange {
  readonly task: string;
  readonly generation: number;
  readonly etag: string;
  readonly text: string;
  readonly changes: readonly ObjectChange[];
  readonly confirmByMs?: number;
}

/** How a configuration is to be applied. */
export interface ApplyRequest {
  readonly text: string;
  readonly actor: string;
  readonly comment?: string;
  /** It is taken back unless it is confirmed within so long. */
  readonly confirmMs?: number;
  /** Whether it goes into the file, now or when it is confirmed. */
  readonly save?: boolean;
  /** Root of this machine may bring what the API may not. */
  readonly isRoot?: boolean;
}

interface Kept {
  readonly read: ReadResult;
  entry: GenerationEntry;
}

interface Trial extends PendingConfirmation {
  readonly before: ReadResult;
  readonly text: string | undefined;
  readonly timer: ReturnType<typeof setTimeout>;
}

/** Generations that are told of, and those of them that can be gone back to. */
const MAX_GENERATIONS = 20;
const MAX_KEPT = 5;

/** Use: `used()` for each configuration that is taken over by other ways. */
export class ConfigChanges {
  readonly #options: ConfigChangesOptions;
  readonly #generations: Kept[] = [];
  readonly #tasks: TaskList;
  #trial: Trial | undefined;

  constructor(options: ConfigChangesOptions) {
    this.#options = options;
    this.#tasks = new TaskList(options.changed);
  }

  /** The newest first. */
  get tasks(): readonly TaskEntry[] {
    return this.#tasks.entries;
  }

  /** The newest first. */
  get history(): readonly GenerationEntry[] {
    return this.#generations.map(({ entry }) => entry).reverse();
  }

  get pending(): PendingConfirmation | undefined {
    const { task, generation, confirmByMs } = this.#trial ?? {};
    if (task === undefined || generation === undefined || confirmByMs === undefined) return undefined;
    return { task, generation, confirmByMs };
  }

  /** A configuration is in use. */
  used(read: ReadResult, changes: readonly ObjectChange[], origin: Origin): void {
    const { config, generation } = this.#options.running();
    if (origin.origin === "reload") this.#endTrial("failed", "the file was read again before it was confirmed");
    const entry = { generation, atMs: Date.now(), ...origin, etag: etagOf(config), summary: summaryOf(changes) };
    this.#generations.push({ read: { ...read, report: "" }, entry: { ...entry, kept: true } });
    if (this.#generations.length > MAX_GENERATIONS) this.#generations.shift();
    const old = this.#generations.at(-1 - MAX_KEPT);
    if (old !== undefined) {
      old.entry = { ...old.entry, kept: false };
      this.#generations[this.#generations.indexOf(old)] = { entry: old.entry, read: NOTHING };
    }
    this.#options.changed();
  }

  /** What a text would change. Changes nothing. */
  difference(text: string): ConfigDifference {
    const { config: before } = this.#options.running();
    const read = this.#options.readConfig(text);
    if (read.config === undefined) {
      return { acceptable: false, problem: "it is wrong", report: read.report, changes: [] };
    }
    const problem = this.#whyNot(read.config, read.hasFlaws);
    const changes = differenceOf(before, read.config);
    return { acceptable: problem === undefined, ...(problem && { problem }), report: read.report, changes };
  }

  /** Takes a text over. @throws Refusal when it is not in use afterwards */
  async apply({ text, actor, comment, confirmMs, save = true, isRoot = false }: ApplyRequest): Promise<ConfigChange> {
    if (this.#trial !== undefined) {
      throw new Refusal(409, "another configuration is on trial: confirm it or roll back first");
    }
    const read = { ...this.#options.readConfig(text), text };
    if (read.config === undefined) throw new Refusal(422, `the configuration is wrong:\n${read.report.trimEnd()}`);
    const problem = this.#whyNot(read.config, read.hasFlaws, isRoot);
    if (problem !== undefined) throw new Refusal(hasRedactedSecrets(read.config) ? 422 : 403, problem);
    const before = this.#current();
    // Whether it can be saved has to be known before it is used.
    const file = save ? this.#prepare(text) : undefined;
    const origin = { origin: "apply" as const, actor, ...(comment === undefined ? {} : { comment }) };
    let outcome: ReloadOutcome;
    try {
      outcome = await this.#bring(read, origin);
    } catch (error) {
      file?.abort();
      throw error;
    }
    const { generation, changes } = outcome;
    const done = { generation, etag: etagOf(read.config), changes };
    const what = `configuration ${generation} is in use: ${summaryOf(changes)}`;
    if (confirmMs === undefined) {
      const saved = file === undefined ? ", until the file is read again" : this.#commit(file);
      return { ...done, ...this.#ended("apply", actor, `${what}${saved}`) };
    }
    file?.abort(); // written when it is confirmed
    const confirmByMs = Date.now() + confirmMs;
    const task = this.#tasks.begin("apply", actor, `${what}, on trial until ${new Date(confirmByMs).toISOString()}`);
    const timer = setTimeout(() => void this.#giveBack(), confirmMs);
    this.#trial = { task: task.id, generation, confirmByMs, before, timer, text: save ? text : undefined };
    this.#options.changed();
    return { ...done, task: task.id, text: task.text, confirmByMs };
  }

  /** What is on trial stays. @throws Refusal when nothing is, or it cannot be saved */
  confirm(): ConfigChange {
    const trial = this.#trial;
    if (trial === undefined) throw new Refusal(409, "no configuration is on trial");
    const saved = trial.text === undefined ? ", until the file is read again" : this.#commit(this.#prepare(trial.text));
    const { config, generation } = this.#options.running();
    const text = `configuration ${generation} is confirmed${saved}`;
    this.#endTrial("succeeded", text);
    return { task: trial.task, generation, etag: etagOf(config), text, changes: [] };
  }

  /** Goes back: from what is on trial, or to an earlier generation. @throws Refusal */
  async rollback(actor: string, to: number | undefined): Promise<ConfigChange> {
    const trial = this.#trial;
    if (trial !== undefined) {
      if (to !== undefined) {
        throw new Refusal(409, "a configuration is on trial: confirm it or roll back from it first");
      }
      return await this.#fromTrial(trial, actor, "it was rolled back");
    }
    const wanted = to === undefined
      ? this.#generations.at(-2)
      : this.#generations.find(({ entry }) => entry.generation === to);
    if (wanted?.entry.kept !== true) {
      const kept = this.#generations.flatMap(({ entry }) => entry.kept ? [entry.generation] : []).join(", ");
      throw new Refusal(409, `configuration ${to ?? "before this one"} is not kept; there is ${kept}`);
    }
    const { text } = wanted.read;
    if (text === undefined) {
      throw new Refusal(
        409,
        "that configuration was in several files, and only they can bring it back: restore them and reload",
      );
    }
    const file = this.#prepare(text);
    let outcome: ReloadOutcome;
    try {
      outcome = await this.#bring(wanted.read, { origin: "rollback", actor });
    } catch (error) {
      file.abort();
      throw error;
    }
    const { generation, changes } = outcome;
    const told = `configuration ${generation} is in use, the same as ${wanted.entry.generation}${this.#commit(file)}`;
    const etag = etagOf(this.#options.running().config);
    return { generation, etag, changes, ...this.#ended("rollback", actor, told) };
  }

  /** Ends: nothing is awaited any more. The file still has what was before a trial. */
  stop(): void {
    clearTimeout(this.#trial?.timer);
  }

  #whyNot(after: Config, hasFlaws: boolean, isRoot = false): string | undefined {
    const { config } = this.#options.running();
    if (hasFlaws && config.global.reloadCheck !== undefined) {
      return "it has warnings, which `reload_check_config` refuses";
    }
    if (hasRedactedSecrets(after)) return "the text has REDACTED in place of a secret: put the secret there";
    return isRoot ? undefined : whyNotOverApi(config, after);
  }

  #current(): ReadResult {
    const { config } = this.#options.running();
    return this.#generations.at(-1)?.read ?? { config, leftOut: [], report: "", hasFlaws: false };
  }

  /** @throws Refusal */
  async #bring(read: ReadResult, origin: Origin): Promise<ReloadOutcome> {
    const outcome = await this.#options.takeOver(read, origin);
    if (!outcome.accepted) throw new Refusal(409, outcome.problem ?? "the configuration could not be taken over");
    return outcome;
  }

  /** Nobody has confirmed it. */
  async #giveBack(): Promise<void> {
    const trial = this.#trial;
    if (trial === undefined) return;
    try {
      await this.#fromTrial(trial, "nobody", "nobody confirmed it");
    } catch (error) {
      this.#options.log(`warning: rolling back failed: ${error instanceof Error ? error.message : error}`);
    }
  }

  async #fromTrial(trial: Trial, actor: string, why: string): Promise<ConfigChange> {
    clearTimeout(trial.timer);
    this.#trial = undefined; // nobody confirms it from here on
    try {
      const { generation, changes } = await this.#bring(trial.before, { origin: "rollback", actor, comment: why });
      const text = `configuration ${generation} is in use, the one before ${trial.generation}: ${why}`;
      this.#options.log(text);
      this.#tasks.end(trial.task, "rolled_back", text);
      return { task: trial.task, generation, etag: etagOf(this.#options.running().config), text, changes };
    } catch (error) {
      this.#tasks.end(trial.task, "failed", `rolling back failed: ${error instanceof Error ? error.message : error}`);
      throw error;
    }
  }

  #endTrial(state: TaskEntry["state"], text: string): void {
    const trial = this.#trial;
    if (trial === undefined) return;
    clearTimeout(trial.timer);
    this.#trial = undefined;
    this.#tasks.end(trial.task, state, text);
  }

  #ended(kind: TaskEntry["kind"], actor: string, text: string): { task: string; text: string } {
    const { id } = this.#tasks.begin(kind, actor, text);
    this.#tasks.end(id, "succeeded", text);
    return { task: id, text };
  }

  /** @throws Refusal */
  #prepare(text: string): ReturnType<typeof prepareFile> {
    const { source } = this.#options;
    if (source === undefined || source === "-") {
      throw new Refusal(409, "the configuration was not read from a file: `save: false`");
    }
    try {
      return prepareFile(source, text);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new Refusal(409, `${source} cannot be written, so that nothing was changed (${why})`);
    }
  }

  /** It is in use by now: what goes wrong here is said. */
  #commit(file: ReturnType<typeof prepareFile>): string {
    try {
      file.commit();
      return ", and in its file";
    } catch (error) {
      const text = `BUT NOT IN ITS FILE (${error instanceof Error ? error.message : error})`;
      this.#options.log(`warning: the configuration is in use, ${text}`);
      return `, ${text}`;
    }
  }
}

const NOTHING: ReadResult = { config: undefined, leftOut: [], report: "", hasFlaws: false };
