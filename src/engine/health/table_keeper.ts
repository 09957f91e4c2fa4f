// Keeps the kernel's IPVS table as wanted: incremental changes against a model, and full reconciles. Never flushes.
import { Histogram } from "../../base/histogram.ts";
import { canonicalKey, canonicalServer, commandKey, plan } from "../../core/ipvs/diff.ts";
import { applyToModel, modelOf, type TableModel } from "../../core/ipvs/model.ts";
import {
  type IpvsCommand,
  type VirtualServerKey,
  type VirtualServerRow,
  type WantedVirtualServer,
} from "../../core/ipvs/table.ts";
import type { Clock } from "../../ports/clock.ts";
import { type IpvsFailure, type IpvsPort, type IpvsSettingsPort, IpvsUnavailableError } from "../../ports/ipvs.ts";
import type { HealthStatistics, WarningSnapshot } from "../../ports/snapshot.ts";
import type { Agenda, Appointment } from "./agenda.ts";

/** What the keeper works with. */
export interface TableKeeperOptions {
  /** Opens the table; called again every 30 s while it throws IpvsUnavailableError. */
  readonly openIpvs: () => IpvsPort;
  readonly clock: Clock;
  readonly agenda: Agenda;
  readonly log: (line: string) => void;
  /** Virtual servers that are ours to delete when they are not wanted. */
  readonly ownedKeys: readonly VirtualServerKey[];
}

/** Changes that others make to the table are looked for this often, microseconds. There are no events for them. */
const RECONCILE_INTERVAL_US = 30_000_000;
/** After another configuration the table is looked at so much later, microseconds. */
const SECOND_LOOK_US = 2_000_000;
/** First wait after a failure, doubled up to the interval above, microseconds. */
const FIRST_RETRY_US = 1_000_000;
/** Counters are at most this old when they are asked for, microseconds; whoever asks every second gets new ones. */
const COUNTERS_AGE_US = 900_000;
/** Of a large table they may be older: to read it takes at most one of so many microseconds. */
const READING_SHARE = 20;
const TABLE_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1];

/** The single writer of our part of the table. */
export class TableKeeper {
  readonly #options: TableKeeperOptions;
  readonly #owned: Map<string, VirtualServerKey>;
  readonly #wanted = new Map<string, WantedVirtualServer>();
  #ipvs: IpvsPort | undefined;
  /** The table as last read, with the changes since; undefined: unknown. */
  #model: TableModel | undefined;
  #readUs = 0;
  #readTookUs = 0;
  /** The last reconcile left nothing to do: a difference found by the next one was made by others. */
  #inSync = false;
  #next: Appointment | undefined;
  #retryUs = FIRST_RETRY_US;
  #warning: WarningSnapshot | undefined;
  readonly #seconds = { read: new Histogram(TABLE_SECONDS), apply: new Histogram(TABLE_SECONDS) };
  #drifts = 0;

  constructor(options: TableKeeperOptions) {
    this.#options = options;
    this.#owned = new Map(options.ownedKeys.map((key) => [canonicalKey(key), key]));
  }

  /** What is wrong with the table, if anything. */
  get warning(): WarningSnapshot | undefined {
    return this.#warning;
  }

  /** How long the table takes, and how often others changed it. */
  statistics(): Pick<HealthStatistics, "table" | "drifts"> {
    const { read, apply } = this.#seconds;
    return { table: { read: read.snapshot(), apply: apply.snapshot() }, drifts: this.#drifts };
  }

  /** Reads the table for adoption; undefined when IPVS cannot be used (a warning is up then). */
  open(): TableModel | undefined {
    return this.#guard(() => this.#read());
  }

  /** Says how a virtual server should be, without touching the kernel yet. */
  want(target: WantedVirtualServer): void {
    this.#wanted.set(canonicalKey(target.entry.key), target);
  }

  /**
   * Another configuration: from now on these are wanted and ours; what else was ours is deleted. Carried out at once, by
   * what is known of the table: to read a large one first takes longer than the change. It is looked at soon after.
   */
  replace(targets: readonly WantedVirtualServer[]): void {
    this.#wanted.clear();
    for (const target of targets) {
      this.#owned.set(canonicalKey(target.entry.key), target.entry.key);
      this.want(target);
    }
    this.#inSync = false; // what differs now is our own doing
    const model = this.#model;
    const refused = model && this.#guard(() => this.#carryOut([...model.values()], [...this.#wanted.values()]));
    if (refused === undefined || refused.length > 0) return this.reconcile();
    this.#arrange(SECOND_LOOK_US);
  }

  /** Another configuration that differs in these only, not in their keys: `replace` without a look at all the others. */
  edit(targets: readonly WantedVirtualServer[]): void {
    this.#inSync = false;
    for (const target of targets) this.want(target);
    const refused = this.#change(targets);
    if (refused === undefined || refused.length > 0) return this.reconcile();
    this.#arrange(SECOND_LOOK_US);
  }

  /** Wants these as they are now, and carries the difference out; after a failure, everything is looked at. */
  apply(targets: readonly WantedVirtualServer[]): void {
    for (const target of targets) this.want(target);
    const refused = this.#change(targets);
    // With the state unknown, the reconcile that is already arranged does it.
    if (refused === undefined || refused.length === 0) return;
    this.#inSync = false;
    this.reconcile();
  }

  /** @returns what was refused; undefined: the state is unknown */
  #change(targets: readonly WantedVirtualServer[]): readonly IpvsFailure[] | undefined {
    const model = this.#model;
    if (model === undefined) return undefined;
    const rows = targets.map(({ entry }) => model.get(canonicalKey(entry.key))).filter((row) => row !== undefined);
    return this.#guard(() => this.#carryOut(rows, targets));
  }

  /**
   * Reads the table, makes it as wanted, and arranges the next time.
   *
   * @param known it was read a moment ago
   */
  reconcile(known?: TableModel): void {
    const wasInSync = this.#inSync;
    this.#inSync = false;
    const failures = this.#guard(() => {
      const rows = [...(known ?? this.#read()).values()];
      if (wasInSync) this.#reportDrift(rows);
      return this.#carryOut(rows, [...this.#wanted.values()]);
    });
    if (failures === undefined) return;
    this.#settle(failures);
    this.#arrange();
  }

  /** The table as last read, a small one at most one second old if it can be read; undefined when it cannot. */
  rows(): TableModel | undefined {
    if (this.#model !== undefined && this.#areOld) this.#guard(() => this.#read());
    return this.#model;
  }

  /** The table as last read, and our changes since. */
  get model(): TableModel | undefined {
    return this.#model;
  }

  /** Reads old counters again, a virtual server at each step, so that the caller can do other things in between. */
  *refresh(): Generator<undefined> {
    if (this.#model === undefined || !this.#areOld) return;
    const { clock } = this.#options;
    let tookUs = 0;
    const rows = this.#guard(() => this.#port().readSlowly()[Symbol.iterator]());
    for (let isDone = rows === undefined; !isDone;) {
      const startUs = clock.nowUs();
      const next = this.#guard(() => rows?.next());
      if (next === undefined) return;
      isDone = next.done === true;
      if (next.done !== true) this.#take(next.value);
      tookUs += clock.nowUs() - startUs;
      yield;
    }
    this.#tookToRead(tookUs);
  }

  /** From now on everything that the table has is ours, to be deleted unless it is wanted (`lvs_flush`). */
  ownAll(): void {
    for (const { entry } of this.#model?.values() ?? []) this.#owned.set(canonicalKey(entry.key), entry.key);
  }

  /** The port of what IPVS has beside the table. @throws IpvsUnavailableError */
  get settings(): IpvsSettingsPort {
    return this.#port().settings;
  }

  /** Deletes the virtual servers that are ours, one by one; their real servers go with them. `all`: whoever's they are. */
  removeOwned(all = false): void {
    this.#guard(() => {
      const owned = [...this.#read().values()].filter(({ entry }) => all || this.#owns(entry.key));
      const commands = owned.map(({ entry }): IpvsCommand => ({ type: "delete-virtual-server", key: entry.key }));
      for (const { message } of this.#port().apply(commands)) this.#options.log(message);
    });
    this.#model = undefined;
  }

  #owns(key: VirtualServerKey): boolean {
    return this.#owned.has(canonicalKey(key));
  }

  #port(): IpvsPort {
    this.#ipvs ??= this.#options.openIpvs();
    return this.#ipvs;
  }

  #read(): TableModel {
    const startUs = this.#options.clock.nowUs();
    const model = modelOf(this.#port().read());
    this.#model = model;
    this.#tookToRead(this.#options.clock.nowUs() - startUs);
    return model;
  }

  get #areOld(): boolean {
    const ageUs = this.#options.clock.nowUs() - this.#readUs;
    return ageUs >= Math.max(COUNTERS_AGE_US, READING_SHARE * this.#readTookUs);
  }

  #tookToRead(tookUs: number): void {
    this.#seconds.read.observe(tookUs / 1_000_000);
    this.#readTookUs = tookUs;
    this.#readUs = this.#options.clock.nowUs();
  }

  /** A row that was just read. Others' virtual servers come and go with whole readings. */
  #take(row: VirtualServerRow): void {
    const id = canonicalKey(row.entry.key);
    const known = this.#model?.get(id);
    if (known !== undefined) this.#model?.set(id, { ...row, entry: known.entry });
  }

  #timed<Value>(body: () => Value): Value {
    const startUs = this.#options.clock.nowUs();
    const value = body();
    this.#seconds.apply.observe((this.#options.clock.nowUs() - startUs) / 1_000_000);
    return value;
  }

  /**
   * Builds first; removes only where that worked or something live is left, so that a refused add never leaves a
   * virtual server empty.
   */
  #carryOut(rows: readonly VirtualServerRow[], wanted: readonly WantedVirtualServer[]): readonly IpvsFailure[] {
    const { build, remove } = plan(rows, wanted, (key) => this.#owns(key));
    const failures = [...this.#run(build)];
    const hollow = new Set(
      failures.map(({ command }) => canonicalKey(commandKey(command))).filter((id) => this.#isHollow(id)),
    );
    failures.push(...this.#run(remove.filter((command) => !hollow.has(canonicalKey(commandKey(command))))));
    return failures;
  }

  /** A live real server is wanted in this virtual server, and the model has no live wanted one. */
  #isHollow(id: string): boolean {
    const live = this.#wanted.get(id)?.realServers.filter(({ weight }) => weight > 0) ?? [];
    const rows = this.#model?.get(id)?.realServers ?? [];
    const have = new Set(rows.filter(({ entry }) => entry.weight > 0).map(({ entry }) => canonicalServer(entry)));
    return live.length > 0 && !live.some((server) => have.has(canonicalServer(server)));
  }

  #run(commands: readonly IpvsCommand[]): readonly IpvsFailure[] {
    if (commands.length === 0) return [];
    const failures = this.#timed(() => this.#port().apply(commands));
    // By target: a port may have tried another command on it, such as set after an add that found it there.
    const refused = new Set(failures.map(({ command }) => targetOf(command)));
    const done = refused.size === 0 ? commands : commands.filter((command) => !refused.has(targetOf(command)));
    if (this.#model !== undefined) applyToModel(this.#model, done);
    return failures;
  }

  #reportDrift(rows: readonly VirtualServerRow[]): void {
    const { build, remove } = plan(rows, [...this.#wanted.values()], () => false);
    const changes = build.length + remove.length;
    if (changes === 0) return;
    this.#drifts++;
    this.#options.log(`IPVS table was changed by others, entries put right: ${changes}`);
  }

  #settle(failures: readonly IpvsFailure[]): void {
    const first = failures[0];
    if (first !== undefined) {
      const more = failures.length - 1;
      this.#warn("ipvs-refused", more === 0 ? first.message : `${first.message} (and ${more} more)`);
      return;
    }
    if (this.#warning !== undefined) this.#options.log("IPVS table is as wanted again");
    this.#warning = undefined;
    this.#inSync = true;
  }

  /** Runs `body`; an exception makes the state unknown, raises the warning and arranges a reconcile. */
  #guard<Value>(body: () => Value): Value | undefined {
    try {
      return body();
    } catch (error) {
      const unavailable = error instanceof IpvsUnavailableError;
      const message = error instanceof Error ? error.message : String(error);
      this.#model = undefined;
      this.#inSync = false;
      this.#warn(unavailable ? "ipvs-unavailable" : "ipvs-failed", message);
      this.#arrange();
      return undefined;
    }
  }

  #warn(code: string, message: string): void {
    if (this.#warning?.code === code && this.#warning.message === message) return;
    this.#options.log(message);
    this.#retryUs = FIRST_RETRY_US;
    this.#warning = { code, message, sinceMs: this.#options.clock.wallMs() };
  }

  #arrange(delayUs = this.#delayUs()): void {
    this.#next?.cancel();
    this.#next = this.#options.agenda.at(this.#options.clock.nowUs() + delayUs, () => this.reconcile());
  }

  #delayUs(): number {
    if (this.#warning === undefined || this.#warning.code === "ipvs-unavailable") {
      this.#retryUs = FIRST_RETRY_US;
      return RECONCILE_INTERVAL_US;
    }
    const delayUs = this.#retryUs;
    this.#retryUs = Math.min(2 * delayUs, RECONCILE_INTERVAL_US);
    return delayUs;
  }
}

/** What a command is about: a virtual server, or one of its real servers. */
function targetOf(command: IpvsCommand): string {
  const id = canonicalKey(commandKey(command));
  if (command.type === "delete-real-server") return `${id} ${canonicalServer(command)}`;
  const isReal = command.type === "add-real-server" || command.type === "set-real-server";
  return isReal ? `${id} ${canonicalServer(command.entry)}` : id;
}
