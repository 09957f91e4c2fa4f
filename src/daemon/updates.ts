// Updates of the appliance that are asked for over the API. The daemon writes no slot: it has not the rights. It asks the
// updater, a process of root's that systemd starts for each connection to its socket, and tells how that goes on.
import { Buffer } from "node:buffer";
import { masters } from "../appliance/step_down.ts";
import { slotAccount } from "../appliance/slot_account.ts";
import {
  CANCEL,
  isUpdateUrl,
  type UpdaterOrder,
  type UpdaterReport,
  type UpdateTerms,
} from "../appliance/updater_words.ts";
import type { ApplianceSnapshot } from "../ports/appliance.ts";
import type { AuditEntry, CommandAnswer, CommandRequest, TaskEntry } from "../ports/commands.ts";
import type { Snapshot } from "../ports/snapshot.ts";
import { Refusal } from "./config_changes.ts";
import { signed } from "./signature.ts";
import { openUpdater, type UpdaterConnection } from "./updater_connection.ts";

/** What it needs of the supervisor. */
export interface UpdatesOptions {
  readonly version: string;
  readonly log: (line: string) => void;
  /** For the journal. */
  readonly happened: (text: string) => void;
  readonly audit: (entry: Omit<AuditEntry, "id" | "atMs">) => void;
  readonly snapshot: () => Pick<Snapshot, "vrrpInstances">;
  /** Tasks or slots have changed. */
  readonly changed: () => void;
  /** Default: this machine's. */
  readonly account?: () => ApplianceSnapshot | undefined;
  /** Default: the updater of this machine. */
  readonly connect?: () => Promise<UpdaterConnection>;
}

/** What came of a request. */
export interface UpdateBegun {
  readonly text: string;
  readonly task?: string;
  /** What the bytes of an upload have to name. */
  readonly upload?: string;
}

/** How an order ended. */
type LastWord = UpdaterReport & { readonly type: "done" | "failed" };

interface Work {
  readonly connection: UpdaterConnection;
  readonly task: string;
  readonly order: UpdaterOrder["order"];
  readonly upload: string | undefined;
  readonly ended: Promise<LastWord>;
  /** An upload has to be here by then. */
  readonly dueMs: number;
  bytes: number;
  /** All of the upload has come. */
  isWhole: boolean;
  /** Whose word it was to give it up, and why. */
  cancelled?: string;
  idle: ReturnType<typeof setTimeout> | undefined;
}

/** The largest update: a slot's partitions are smaller. */
const MAX_UPDATE_BYTES = 2 ** 30;
const MAX_TASKS = 8;
/** An upload that brings nothing for that long is given up. */
const IDLE_MS = 120_000;
/** However it trickles, it is given up after so long: nobody else could update meanwhile. */
const UPLOAD_MS = 3_600_000;
/** A slot is marked good within that. */
const CONFIRM_MS = 60_000;
/** The slots are looked at so often: others mark them, too. */
const LOOK_MS = 10_000;
const UNSTARTED = "nothing of it is started";
const NOT_HERE = "this is not the appliance: packages are updated by apt";

/** Use: `begin()` for each command, `data()` for what an upload brings, `stop()`. */
export class Updates {
  readonly #options: UpdatesOptions;
  readonly #tasks: TaskEntry[] = [];
  readonly #epoch = Date.now().toString(36);
  readonly #timer: ReturnType<typeof setInterval> | undefined;
  #appliance: ApplianceSnapshot | undefined;
  #work: Work | undefined;
  /** Whoever sends what is left of it hears how it ended. */
  #lastUpload: { readonly upload: string; readonly last: LastWord } | undefined;
  #busy = false;
  #lastTask = 0;

  constructor(options: UpdatesOptions) {
    this.#options = options;
    this.#appliance = this.#account();
    if (this.#appliance !== undefined) this.#timer = setInterval(() => this.#look(), LOOK_MS);
  }

  /** The newest first. */
  get tasks(): readonly TaskEntry[] {
    return [...this.#tasks].reverse();
  }

  /** Undefined: this machine is something else. */
  get appliance(): ApplianceSnapshot | undefined {
    return this.#appliance;
  }

  /** Begins `update`, `update-rollback` or `update-confirm`, or gives up what is under way: `update-cancel`. @throws Refusal */
  async begin(request: CommandRequest, author: string): Promise<UpdateBegun> {
    if (this.#appliance === undefined) throw new Refusal(409, NOT_HERE);
    if (request.command === "update-cancel") return await this.#cancel(request, author);
    if (this.#busy) throw new Refusal(409, "another update is under way");
    const order = orderOf(request, author);
    if (order.order === "update" || (order.order === "rollback" && order.reboot)) this.#refuseAsMaster(order);
    this.#busy = true;
    try {
      const connection = await this.#connect();
      await connection.write(new TextEncoder().encode(`${JSON.stringify(order)}\n`));
      return order.order === "confirm" ? await this.#confirmed(connection) : this.#begun(connection, order, request);
    } catch (error) {
      this.#busy = false;
      throw error;
    }
  }

  /** The next bytes of an upload. Answers when the updater has room for more. */
  async data({ upload, data, end }: CommandRequest): Promise<CommandAnswer> {
    const work = this.#work;
    if (typeof upload !== "string" || upload !== work?.upload) {
      const ended = this.#lastUpload?.upload === upload ? this.#lastUpload : undefined;
      return answerOf(ended?.last ?? { type: "failed", text: "no such upload is under way" });
    }
    this.#rewind(work);
    try {
      if (typeof data === "string" && data !== "") {
        // An updater that has refused the update does not read on.
        const bytes = Buffer.from(data, "base64");
        work.bytes += bytes.length;
        if (work.bytes > MAX_UPDATE_BYTES) work.connection.close();
        const early = await Promise.race([work.connection.write(bytes), work.ended]);
        if (early !== undefined) return answerOf(early);
      }
      if (end === true) {
        clearTimeout(work.idle);
        work.isWhole = true;
        await work.connection.closeWrite();
      }
      return { ok: true, result: {} };
    } catch {
      return answerOf(await work.ended);
    }
  }

  /** The updater goes on with what it has. */
  stop(): void {
    clearInterval(this.#timer);
    clearTimeout(this.#work?.idle);
    this.#work?.connection.close();
  }

  #begun(
    connection: UpdaterConnection,
    order: UpdaterOrder & UpdateTerms,
    request: CommandRequest,
  ): UpdateBegun {
    const { author } = order;
    const isUpload = request.upload;
    const what = order.order === "rollback"
      ? "the other slot is made the next one"
      : `an update ${isUpload === true ? "is uploaded" : `is read from ${new URL(urlOf(order)).host}`}`;
    const task: TaskEntry = {
      id: `${this.#epoch}-u${++this.#lastTask}`,
      kind: order.order === "rollback" ? "update_rollback" : "update",
      state: "running",
      actor: author,
      startedAtMs: Date.now(),
      text: what,
    };
    this.#tasks.push(task);
    if (this.#tasks.length > MAX_TASKS) this.#tasks.shift();
    const upload = isUpload === true ? crypto.randomUUID() : undefined;
    const ended = this.#follow(connection, task.id, author);
    const work: Work = {
      connection,
      task: task.id,
      order: order.order,
      upload,
      ended,
      dueMs: Date.now() + UPLOAD_MS,
      bytes: 0,
      isWhole: false,
      idle: undefined,
    };
    this.#work = work;
    if (upload !== undefined) this.#rewind(work);
    const told = signedBy(what, author, request);
    this.#options.log(`update: ${told}`);
    this.#options.happened(`update: ${told}`);
    this.#options.changed();
    return { text: what, task: task.id, ...(upload === undefined ? {} : { upload }) };
  }

  /** The updater gives it up, or has its slot ready by then: its last word says which. @throws Refusal */
  async #cancel(request: CommandRequest, author: string): Promise<UpdateBegun> {
    const work = this.#work;
    if (work === undefined || work.order !== "update") throw new Refusal(409, "no update is under way");
    if (work.isWhole) throw new Refusal(409, "all of the upload has come: it is about to be the next slot's");
    work.cancelled ??= signedBy("cancelled", author, request);
    try {
      // What has come of an upload is no whole update: its end says so to the updater.
      if (work.upload === undefined) await work.connection.write(new TextEncoder().encode(`${CANCEL}\n`));
      else await work.connection.closeWrite();
    } catch {
      // it has ended meanwhile
    }
    return { text: "the update is given up", task: work.task };
  }

  async #confirmed(connection: UpdaterConnection): Promise<UpdateBegun> {
    const timer = setTimeout(() => connection.close(), CONFIRM_MS);
    try {
      for await (const report of connection.reports()) {
        if (report.type === "failed") throw new Refusal(409, report.text);
        if (report.type === "done") return { text: report.text };
      }
      throw new Refusal(503, "the updater has not answered");
    } finally {
      clearTimeout(timer);
      connection.close();
      this.#busy = false;
      this.#look();
    }
  }

  /** Until its last word. Never rejects. */
  async #follow(connection: UpdaterConnection, id: string, actor: string): Promise<LastWord> {
    let last: LastWord = {
      type: "failed",
      text: "the updater has ended without a word: the slot may have a part of the update, and is not started",
    };
    try {
      for await (const report of connection.reports()) {
        if (report.type === "done" || report.type === "failed") {
          last = { ...report, type: report.type };
          break;
        }
        this.#hear(id, report);
      }
    } catch {
      // the connection broke
    }
    connection.close();
    clearTimeout(this.#work?.idle);
    const { upload, cancelled } = this.#work ?? {};
    const isDone = last.type === "done";
    const isCancelled = cancelled !== undefined && !isDone;
    // Of an upload the updater has only seen that it ends.
    if (isCancelled) last = { type: "failed", text: `${cancelled}: ${upload === undefined ? last.text : UNSTARTED}` };
    if (upload !== undefined) this.#lastUpload = { upload, last };
    this.#work = undefined;
    this.#busy = false;
    const state = isDone ? "succeeded" : isCancelled ? "cancelled" : "failed";
    this.#change(id, { state, text: last.text, endedAtMs: Date.now() });
    const text = `update: ${isDone ? "" : "it came to nothing: "}${last.text}`;
    this.#options.log(isDone ? text : `warning: ${text}`);
    this.#options.happened(text);
    const outcome = isDone ? "done" : "refused";
    this.#options.audit({ actor, via: "daemon", action: "update", target: id, outcome, text: last.text });
    this.#look();
    return last;
  }

  #hear(id: string, report: UpdaterReport): void {
    switch (report.type) {
      case "say":
        this.#options.log(`update: ${report.text}`);
        return this.#change(id, { text: report.text });
      case "opened": {
        const { version, key, slot } = report;
        this.#options.happened(`update: version ${version}, signed with the key ${key}, goes to slot ${slot}`);
        return this.#change(id, { version, key, slot });
      }
      case "progress":
        return this.#change(id, { progress: { bytes: report.bytes, totalBytes: report.totalBytes } });
      case "done":
      case "failed":
        return;
      default:
        return report satisfies never;
    }
  }

  #change(id: string, change: Partial<TaskEntry>): void {
    const at = this.#tasks.findIndex((task) => task.id === id);
    const task = this.#tasks[at];
    if (task !== undefined) this.#tasks[at] = { ...task, ...change };
    this.#options.changed();
  }

  #rewind(work: Work): void {
    clearTimeout(work.idle);
    const limitMs = Math.max(0, Math.min(IDLE_MS, work.dueMs - Date.now()));
    work.idle = setTimeout(() => work.connection.close(), limitMs);
  }

  /** @throws Refusal */
  #refuseAsMaster({ failoverFirst, whileMaster }: UpdateTerms): void {
    const names = masters(this.#options.snapshot());
    if (names.length === 0 || failoverFirst || whileMaster) return;
    throw new Refusal(
      409,
      `this machine is master of ${names.join(", ")}: \`failoverFirst\` hands that over to a peer before, ` +
        "`whileMaster` goes on all the same",
    );
  }

  /** @throws Refusal */
  async #connect(): Promise<UpdaterConnection> {
    try {
      return await (this.#options.connect ?? openUpdater)();
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new Refusal(503, `the updater of this appliance cannot be reached (${why})`);
    }
  }

  #account(): ApplianceSnapshot | undefined {
    return this.#options.account === undefined ? slotAccount(this.#options.version) : this.#options.account();
  }

  #look(): void {
    const before = JSON.stringify(this.#appliance);
    this.#appliance = this.#account();
    if (JSON.stringify(this.#appliance) !== before) this.#options.changed();
  }
}

function signedBy(text: string, author: string, { reason }: CommandRequest): string {
  return signed(text, { author, ...(typeof reason === "string" && reason !== "" && { reason }) });
}

/** @throws Refusal */
function orderOf(request: CommandRequest, author: string): UpdaterOrder {
  const { command, url, upload } = request;
  const flag = (name: keyof UpdateTerms): boolean => request[name] === true;
  const terms: UpdateTerms = {
    failoverFirst: flag("failoverFirst"),
    force: flag("force"),
    whileMaster: flag("whileMaster"),
    reboot: flag("reboot"),
  };
  if (command === "update-confirm") return { order: "confirm", author };
  if (command === "update-rollback") return { order: "rollback", author, ...terms };
  if (upload === true && url === undefined) return { order: "update", author, ...terms };
  if (!isUpdateUrl(url)) throw new Refusal(422, "updates are read over https only, without a password in the address");
  return { order: "update", author, ...terms, url };
}

function urlOf(order: UpdaterOrder): string {
  return order.order === "update" ? order.url ?? "" : "";
}

/** What comes after the end of an update that is written changes nothing any more. */
function answerOf({ type, text }: LastWord): CommandAnswer {
  return type === "done" ? { ok: true, result: {} } : { ok: false, status: 409, message: text };
}
