// Where commands come in: by the control socket of this machine, and over the API. Who may give them is decided before; what is
// done, and by whom, is remembered for both.
import type { Reactor } from "../linux/reactor.ts";
import type { CommandRequest, OperationsSnapshot } from "../ports/commands.ts";
import type { Snapshot } from "../ports/snapshot.ts";
import { ApiCommands, textOf } from "./api_commands.ts";
import type { ApiCommand } from "./api_request.ts";
import { Audit } from "./audit.ts";
import { clearOverrides, obeyEverywhere } from "./bulk_orders.ts";
import { obeyConfigOrder } from "./config_orders.ts";
import { ConfigChanges, type ConfigChangesOptions, type ReadResult } from "./config_changes.ts";
import type { HaproxyServerOrders } from "./haproxy/server_orders.ts";
import { type ControlRequest, type ControlServer, openControl } from "./control.ts";
import { namesOf as namesOfServer, WHOLE } from "../engine/health/operator.ts";
import type { Journal } from "./journal/journal.ts";
import type { ToApi } from "./messages.ts";
import type { Operations } from "./operations.ts";
import type { RoleProcess } from "./role_process.ts";
import type { ServerOrders } from "./server_orders.ts";
import { cleanText } from "./signature.ts";
import { Tokens } from "./tokens.ts";
import { Updates } from "./updates.ts";

/** What it needs of the supervisor. */
export interface CommandDeskOptions extends Omit<ConfigChangesOptions, "changed"> {
  readonly reactor: Reactor;
  readonly version: string;
  readonly operations: Operations;
  readonly serverOrders: ServerOrders;
  readonly haproxyOrders: () => HaproxyServerOrders;
  readonly reload: () => Promise<unknown>;
  readonly snapshot: () => Snapshot;
  readonly journal?: Pick<Journal, "answer" | "record"> | undefined;
  /** Where tokens are kept that are made at run time. */
  readonly tokens?: string | undefined;
  /** Tells the api role. */
  readonly tellApi: (message: ToApi) => void;
}

/** Commands that only ask. */
const QUESTIONS = new Set(["status", "journal", "recent", "tasks", "token-list"]);
const MAINTENANCE = new Set(["maintenance", "end-maintenance"]);
/** What was done is told to the api role at most this often. */
const TELL_MS = 100;

/** Use: `open()`, `hear()` for what the api role asks, `close()`. */
export class CommandDesk {
  readonly changes: ConfigChanges;
  readonly #options: CommandDeskOptions;
  readonly #audit = new Audit(() => this.#changed());
  readonly #tokens: Tokens;
  readonly #api: ApiCommands;
  readonly #updates: Updates;
  #control: ControlServer | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: CommandDeskOptions) {
    this.#options = options;
    this.changes = new ConfigChanges({ ...options, changed: () => this.#changed() });
    options.operations.maintenance.tasksChanged = () => this.#changed();
    this.#tokens = new Tokens({
      path: options.tokens,
      log: options.log,
      wallMs: () => Date.now(),
      configured: () => options.running().config.http?.tokens ?? [],
      // Before the answer: whoever has a token can use it.
      changed: () => options.tellApi(this.#toldTokens),
    });
    this.#updates = new Updates({
      ...options,
      happened: (text) => options.journal?.record({ type: "daemon", text }),
      audit: (entry) => this.#audit.record(entry),
      changed: () => this.#changed(),
    });
    this.#api = new ApiCommands({
      config: () => options.running().config,
      audit: this.#audit,
      changes: this.changes,
      tokens: this.#tokens,
      update: (request, author) => this.#updates.begin(request, author),
      obey: (request) => this.#carryOut(request),
      standing: (request) => this.#standing(request),
      answer: (id, answer) => {
        // Whoever has the answer sees what it brought about.
        if (answer.ok) {
          options.tellApi({ type: "vrrp", instances: options.snapshot().vrrpInstances });
          options.tellApi(this.#told);
        }
        options.tellApi({ type: "commanded", id, answer });
      },
    });
  }

  /** Tells a new api role. */
  begin(process: Pick<RoleProcess<ToApi>, "post">): void {
    process.post(this.#toldTokens);
    process.post(this.#told);
  }

  get #toldTokens(): ToApi {
    return { type: "tokens", tokens: this.#tokens.all };
  }

  get #told(): ToApi {
    const { history, pending } = this.changes;
    const { appliance } = this.#updates;
    const operations: OperationsSnapshot = {
      audit: this.#audit.entries,
      tasks: this.#tasks,
      history,
      ...(pending && { pending }),
      ...(appliance && { appliance }),
    };
    return { type: "operations", operations };
  }

  get #tasks(): OperationsSnapshot["tasks"] {
    const { maintenance } = this.#options.operations;
    const all = [...this.changes.tasks, ...maintenance.tasks, ...this.#updates.tasks];
    return all.sort((one, other) => other.startedAtMs - one.startedAtMs);
  }

  /** Takes commands from programs of this machine. @param first what is in use from the start */
  open({ leftOut, text }: Pick<ReadResult, "leftOut"> & { readonly text?: string | undefined }): void {
    const { reactor, log, running } = this.#options;
    const { config } = running();
    const first = { config, leftOut, report: "", hasFlaws: false, ...(text === undefined ? {} : { text }) };
    this.changes.used(first, [], { origin: "start" });
    this.#control = openControl({ reactor, log, obey: (request) => this.#obey(request) });
  }

  /** The api role asks for something. */
  hear(command: ApiCommand): void {
    const { id, request } = command;
    if (request.command !== "update-data") return this.#api.hear(command);
    // Beside the other commands, which need not wait for a disk.
    void this.#updates.data(request).then((answer) => this.#options.tellApi({ type: "commanded", id, answer }));
  }

  /** Takes none any more. */
  close(): void {
    this.#control?.close();
    this.#options.operations.stop();
    this.#options.serverOrders.stop();
    this.changes.stop();
    this.#updates.stop();
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** A command of this machine: those who may give it are root and the daemon's user. */
  async #obey(request: ControlRequest): Promise<unknown> {
    if (QUESTIONS.has(request.command)) return await this.#carryOut(request);
    const { command, name, realServer, virtualServer, address, author } = request;
    const target = [name, realServer, address, virtualServer].map(cleanText).find((text) => text !== undefined);
    const reason = cleanText(request.reason);
    const entry = {
      actor: cleanText(author) ?? "root",
      via: "command line" as const,
      action: command.slice(0, 40),
      ...(target === undefined ? {} : { target }),
      ...(reason === undefined ? {} : { reason }),
    };
    try {
      const result = await obeyConfigOrder(this.changes, request) ?? await this.#carryOut(request);
      this.#audit.record({ ...entry, outcome: "done", text: textOf(result) });
      return result;
    } catch (error) {
      this.#audit.record({
        ...entry,
        outcome: "refused",
        text: error instanceof Error ? error.message : String(error),
      });
      throw error;
    }
  }

  async #carryOut(request: CommandRequest): Promise<unknown> {
    const { reload, snapshot, journal, operations, serverOrders, version } = this.#options;
    const { command } = request;
    if (command === "reload") return await reload();
    if (command === "status") return snapshot();
    if (command === "tasks") return this.#tasks;
    if (command === "journal" || command === "recent") return journal?.answer(request);
    const made = this.#tokens.obey(request, { name: cleanText(request.author) ?? "root" });
    if (made !== undefined) return made;
    const obey = (one: CommandRequest): Promise<unknown> => this.#carryOut(one);
    if (command === "everywhere") return await obeyEverywhere(request, { snapshot: snapshot(), obey });
    if (command === "clear-overrides") return await clearOverrides(request, { snapshot: snapshot(), obey });
    if (this.#isForHaproxy(request)) return await this.#options.haproxyOrders().obey(request);
    const answer = await operations.obey(request) ?? await serverOrders.obey(request);
    if (answer !== undefined) return answer;
    throw new Error(`there is no command \`${command}\` in this version (${version})`);
  }

  #isForHaproxy(request: CommandRequest): boolean {
    const { running, haproxyOrders } = this.#options;
    return haproxyOrders().isMeant(
      request,
      (name) => running().config.virtualServers.some((server) => namesOfServer(server).includes(name)),
    );
  }

  /** Server names of the API are the full ones. */
  #standing(request: CommandRequest): object | undefined {
    const { name, virtualServer, realServer, engine } = request;
    const { operations } = this.#options;
    if (MAINTENANCE.has(request.command)) return operations.maintenance.state;
    if (typeof name === "string") return operations.standing(name);
    if (engine === "haproxy") {
      const orders = this.#options.haproxyOrders();
      return orders.standing(orders.find(request));
    }
    return this.#options.serverOrders.standing({
      virtualServer: String(virtualServer),
      realServer: typeof realServer === "string" ? realServer : WHOLE,
    });
  }

  #changed(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#options.tellApi(this.#told);
    }, TELL_MS);
  }
}
