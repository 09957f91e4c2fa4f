// What the supervisor tells the api role of the configuration: where to listen and whom to let in, and what runs. Nothing
// depends on the role: other addresses, users or certificates are another process.
import { same } from "../base/same.ts";
import type { NodeSnapshot, RoleSnapshot } from "../ports/snapshot.ts";
import { type ApiSettings, apiSettings } from "./api_settings.ts";
import { JournalFeed } from "./journal/feed.ts";
import type { Journal } from "./journal/journal.ts";
import type { ToApi } from "./messages.ts";
import type { RoleKeeper } from "./role_keeper.ts";
import type { RoleProcess } from "./role_process.ts";
import { type ConfigInUse, runningConfig } from "./running_config.ts";

/** What it needs of the supervisor. */
export interface ApiKeeperOptions {
  readonly log: (line: string) => void;
  /** The loopback address of the command line. */
  readonly loopback: { readonly hostname: string; readonly port: number } | undefined;
  /** The file that the configuration is read from. */
  readonly source: string;
  readonly journal: Journal | undefined;
}

/** Messages that may wait for the role to read: far more than answers to what it may ask at a time. */
const MAX_BACKLOG = 512;

/** Tells the role what must arrive. One that goes on asking and does not listen is ended, and started again. */
export function tellApi(
  role: Pick<RoleProcess<ToApi>, "backlog" | "kill" | "post"> | undefined,
  message: ToApi,
): void {
  if (role === undefined) return;
  if (role.backlog > MAX_BACKLOG) role.kill();
  else role.post(message);
}

/** Remembers what the role was told. */
export class ApiKeeper {
  readonly #options: ApiKeeperOptions;
  readonly #feed: JournalFeed | undefined;
  #settings: ApiSettings | undefined;
  #isStarted = false;

  constructor(options: ApiKeeperOptions) {
    this.#options = options;
    this.#feed = options.journal && new JournalFeed(options.journal);
  }

  /** Starts the role, once, when the others serve: it has the most to load, and nothing depends on it. */
  start(role: Pick<RoleKeeper<ToApi>, "start">, roles: readonly RoleSnapshot[]): void {
    if (this.#isStarted || this.#options.loopback === undefined) return;
    if (roles.some(({ state }) => state === "starting")) return;
    this.#isStarted = true;
    queueMicrotask(() => role.start()); // who has just got ready is told to begin first
  }

  /** What a new process is told first. */
  configure({ config }: ConfigInUse): ToApi {
    const { log, loopback } = this.#options;
    this.#settings = apiSettings(config.http, loopback, { log, readText: (path) => Deno.readTextFileSync(path) });
    return { type: "configure", settings: this.#settings };
  }

  /**
   * Tells a process that is ready what runs, what happened, and from then on what happens. Not before: to write a large
   * configuration down takes a while, which the other roles, that are starting, must not wait for.
   */
  async begin(process: RoleProcess<ToApi>, used: () => ConfigInUse, node: NodeSnapshot): Promise<void> {
    process.send({ type: "node", node });
    process.post(await this.#running(used));
    this.#feed?.begin(process);
  }

  /** The configuration without its secrets. */
  async #running(used: () => ConfigInUse): Promise<ToApi> {
    return { type: "config", config: await runningConfig(used, this.#options.source) };
  }

  /** After a reload: tells the new configuration, and starts the role again if its settings are others. */
  async renew(used: () => ConfigInUse, role: RoleKeeper<ToApi>, endMs: number): Promise<void> {
    if (role.stopped) return;
    const running = await this.#running(used);
    role.process?.post(running);
    const before = this.#settings;
    this.configure(used());
    if (same(before, this.#settings)) return;
    this.#options.log("api: settings changed, starting again");
    await role.stop({ type: "stop" }, endMs);
    role.start();
  }
}
