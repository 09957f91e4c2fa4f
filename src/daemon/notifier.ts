// Tells the outside of what happens to instances, sync groups and servers: scripts, then FIFOs, then mails, in keepalived's order.
// Looks up who wants to hear; waits for nobody.
import type { Config } from "../config/config.ts";
import type { Notifications, Script, SyncGroup } from "../config/config_vrrp.ts";
import { serverLine, vrrpArguments, vrrpLine, type VrrpNews, type VrrpWord } from "../core/notification/words.ts";
import type { ServerNews } from "../engine/health/server_news.ts";
import type { InstanceNotice, StateTransition } from "../engine/vrrp/surroundings.ts";
import type { WarningSnapshot } from "../ports/snapshot.ts";
import { serverMail, vrrpMail } from "../core/notification/mails.ts";
import { Mailer } from "./mailer.ts";
import type { NotifyFifoOptions } from "./notify_fifo.ts";
import { NotifyFifos } from "./notify_fifos.ts";
import { findServer, type FoundServer } from "./server_lookup.ts";
import { type ScriptCall, ScriptTurns } from "./script_turns.ts";

/** How long scripts may take at the end of the daemon. */
const LAST_WORDS_MS = 3000;

/** Which script of its own a word has. */
const OWN_SCRIPTS: Readonly<Partial<Record<VrrpWord, Exclude<keyof Notifications, "saysDeleted" | "any">>>> = {
  MASTER: "master",
  BACKUP: "backup",
  FAULT: "fault",
  STOP: "stop",
  DELETED: "deleted",
  MASTER_RX_LOWER_PRI: "masterHearsLower",
};

/** Tells. Use: `use()` with each configuration before anything of it happens, `close()` at the end. */
export class Notifier {
  readonly #scripts: ScriptTurns;
  readonly #fifos: NotifyFifos;
  readonly #mailer: Mailer;
  #config: Config | undefined;
  /** What held before: for objects that are gone from the one now. */
  #earlier: Config | undefined;
  #ending = false;
  /** The last state that was told of each object. */
  readonly #told = new Map<string, VrrpNews>();

  constructor(options: Pick<NotifyFifoOptions, "reactor" | "log" | "changed">) {
    this.#scripts = new ScriptTurns(options.log);
    this.#fifos = new NotifyFifos(options);
    this.#mailer = new Mailer(options);
  }

  /** What an operator should know. */
  get warnings(): readonly WarningSnapshot[] {
    return this.#fifos.warnings;
  }

  /** From now on this configuration says who is told. */
  use(config: Config): void {
    this.#earlier = this.#config;
    this.#config = config;
    this.#fifos.use(config.global);
  }

  /** A reload is through: who asked for that hears all states again (keepalived.conf(5), fifo_write_vrrp_states_on_reload). */
  reloaded(): void {
    this.#earlier = undefined;
    const { global, syncGroups = [], vrrpInstances = [] } = this.#config ?? {};
    const keys = [
      ...syncGroups.map(({ name }) => keyOf({ kind: "group", name })),
      ...vrrpInstances.map(({ name }) => keyOf({ kind: "instance", name })),
    ];
    for (const key of this.#told.keys()) if (!keys.includes(key)) this.#told.delete(key);
    if (global?.fifoStatesOnReload !== true) return;
    for (const key of keys) {
      const news = this.#told.get(key);
      if (news !== undefined) this.#fifos.write("vrrp", vrrpLine(news));
    }
  }

  /** From now on, what ends ends with the daemon. */
  ending(): void {
    this.#ending = true;
  }

  /** An instance or a sync group changed its state. */
  tell(transition: StateTransition): void {
    const { kind, name, from, to, priority } = transition;
    if (from === to) return;
    const isRemoved = kind === "instance" && to === "init" && !this.#ending;
    const found = this.#find(kind, name, isRemoved);
    if (found === undefined) return;
    const word = isRemoved ? (found.notifications.saysDeleted ? "DELETED" : "FAULT") : WORDS[to];
    if (isRemoved && word === "FAULT" && from === "fault") return; // that is known
    const news: VrrpNews = { kind, name, word, priority };
    if (isRemoved) this.#told.delete(keyOf(news));
    else this.#told.set(keyOf(news), news);
    // keepalived tells FAULT of one that a reload removed, but does not run its script for it.
    const { fault: _, ...others } = found.notifications;
    this.#say(news, isRemoved ? others : found.notifications);
    if (found.mails && !(from === "init" && to === "backup")) this.#mail(news);
  }

  /** An instance has something else to tell. */
  note({ kind, name, event, state, priority }: InstanceNotice): void {
    const found = this.#find(kind, name, false);
    if (found === undefined) return;
    if (event === "lower-heard") {
      return this.#say({ kind, name, word: "MASTER_RX_LOWER_PRI", priority }, found.notifications);
    }
    const told = this.#told.get(keyOf({ kind, name }));
    if (told !== undefined) this.#told.set(keyOf(told), { ...told, priority });
    const wants = found.notifiesPriorityChanges || this.#groupOf(name)?.notifiesPriorityChanges === true;
    if (!wants || state === "init") return;
    const word = state === "master" ? "MASTER_PRIORITY" : "BACKUP_PRIORITY";
    this.#fifos.write("vrrp", vrrpLine({ kind, name, word, priority }));
  }

  /** Virtual or real servers went up or down. */
  tellServers(news: readonly ServerNews[]): void {
    for (const entry of news) this.#tellServer(entry);
  }

  #tellServer(news: ServerNews): void {
    const found = findServer([this.#config, this.#earlier], news);
    if (found === undefined || this.#config === undefined) return;
    const { virtualServer, realServer } = found;
    const { global, routerId } = this.#config;
    const mails = found.mails ?? global.mailsForCheckers ?? global.mails ?? realServer !== undefined;
    if (news.kind !== "checker") this.#sayServer(news, found);
    else if (global.mailsWithoutCheckers) return;
    if (!mails) return;
    const { kind, to, reason } = news;
    this.#mailer.send(serverMail(routerId, { kind, virtualServer, realServer, to, reason }), global);
  }

  #sayServer({ to }: ServerNews, { script, virtualServer, realServer }: FoundServer): void {
    const key = realServer === undefined ? `virtual server ${virtualServer}` : `${realServer} of ${virtualServer}`;
    const global = this.#config?.global;
    if (global !== undefined && script !== undefined) this.#scripts.run(key, [{ script, extra: [] }], global);
    this.#fifos.write("lvs", serverLine(virtualServer, realServer, to));
  }

  /** Gives scripts that still run a little time, and ends the FIFOs. */
  async close(): Promise<void> {
    await Promise.all([this.#scripts.settle(LAST_WORDS_MS), this.#fifos.close(), this.#mailer.close(LAST_WORDS_MS)]);
  }

  /** keepalived's order: the script for the state, `notify`, FIFO; mails come behind. `notify` hears of states only. */
  #say(news: VrrpNews, notifications: Notifications): void {
    const global = this.#config?.global;
    if (global === undefined) return;
    const own = OWN_SCRIPTS[news.word];
    const calls: ScriptCall[] = [];
    const add = (script: Script | undefined, extra: readonly string[]): void => {
      if (script !== undefined) calls.push({ script, extra });
    };
    if (own !== undefined) add(notifications[own], []);
    if (news.word !== "MASTER_RX_LOWER_PRI") add(notifications.any, vrrpArguments(news));
    this.#scripts.run(keyOf(news), calls, global);
    this.#fifos.write("vrrp", vrrpLine(news));
  }

  /** keepalived mails no STOP, and of the start no BACKUP. */
  #mail(news: VrrpNews): void {
    const config = this.#config;
    if (config === undefined || news.word === "STOP") return;
    if (news.word === "FAULT" && config.global.hidesFaultsFromMail === true) return;
    this.#mailer.send(vrrpMail(config.routerId, news), config.global);
  }

  /** @param isRemoved it belongs to the earlier configuration; the one now may have another of its name */
  #find(
    kind: VrrpNews["kind"],
    name: string,
    isRemoved: boolean,
  ): Pick<SyncGroup, "notifications" | "notifiesPriorityChanges" | "mails"> | undefined {
    const configs = isRemoved ? [this.#earlier, this.#config] : [this.#config, this.#earlier];
    for (const config of configs) {
      const candidates = kind === "group" ? config?.syncGroups : config?.vrrpInstances;
      const found = candidates?.find((candidate) => candidate.name === name);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #groupOf(instance: string): SyncGroup | undefined {
    return this.#config?.syncGroups.find(({ members }) => members.includes(instance));
  }
}

const WORDS: Readonly<Record<StateTransition["to"], VrrpWord>> = {
  master: "MASTER",
  backup: "BACKUP",
  fault: "FAULT",
  init: "STOP",
};

function keyOf({ kind, name }: Pick<VrrpNews, "kind" | "name">): string {
  return `${kind} ${name}`;
}
