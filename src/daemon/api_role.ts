// The api role: serves HTTP as an unprivileged user. Holds copies of what the others report; nothing depends on it.
import { NO_OPERATIONS, type OperationsSnapshot, type StoredToken } from "../ports/commands.ts";
import type { RunningConfig, Snapshot } from "../ports/snapshot.ts";
import { ApiStatistics } from "../http/api_statistics.ts";
import { Watch } from "../http/watch.ts";
import { EPOLLIN, EPOLLOUT } from "../linux/constants.ts";
import { Reactor } from "../linux/reactor.ts";
import { ignoreTerminalSignals } from "./child_signals.ts";
import { openApiServers } from "./api_server.ts";
import type { ApiSettings } from "./api_settings.ts";
import { CommandSender } from "./command_sender.ts";
import { HealthReports } from "./health_reports.ts";
import { Link } from "./link.ts";
import type { FromChild, ToApi } from "./messages.ts";
import { dropPrivileges } from "./privileges.ts";
import { shownTokens } from "./token_file.ts";

/** How often the event loop's lag is looked at. */
const LAG_INTERVAL_MS = 500;

/** Runs until the supervisor says so or is gone. */
export async function runApiRole(linkFd: number): Promise<void> {
  ignoreTerminalSignals();
  const role = new ApiRole(new Link<FromChild>(linkFd));
  await role.run();
  Deno.exit(0);
}

class ApiRole {
  readonly #link: Link<FromChild>;
  readonly #reactor = new Reactor();
  readonly #commands = new CommandSender((message) => {
    this.#link.post(message);
    this.#watchForRoom();
  });
  readonly #healthReports = new HealthReports();
  #config: RunningConfig | undefined;
  #operations: OperationsSnapshot = NO_OPERATIONS;
  #tokens: readonly StoredToken[] = [];
  readonly #statistics = new ApiStatistics();
  readonly #ended = Promise.withResolvers<void>();
  readonly #snapshot: { -readonly [Part in keyof Snapshot]: Snapshot[Part] } = {
    node: { routerId: "", version: "", startedAtMs: Date.now(), generation: 0, roles: [], warnings: [] },
    vrrpInstances: [],
    virtualServers: [],
  };

  readonly #watch = new Watch(() => this.#snapshot, this.#statistics, () => this.#operations);

  constructor(link: Link<FromChild>) {
    this.#link = link;
  }

  async run(): Promise<void> {
    this.#reactor.add(this.#link.fd, () => {
      if (this.#link.receive((message) => this.#obey(message as ToApi))) this.#watchForRoom();
      else this.#ended.resolve();
    });
    await this.#ended.promise;
  }

  #obey(message: ToApi): void {
    switch (message.type) {
      case "configure":
        this.#listen(message.settings).catch((error) => {
          this.#link.send({ type: "log", line: `api: ${error instanceof Error ? error.message : error}` });
          this.#ended.resolve();
        });
        return;
      case "node":
        this.#snapshot.node = message.node;
        return this.#watch.changed();
      case "config":
        this.#config = message.config;
        return;
      case "operations":
        this.#operations = message.operations;
        this.#watch.operated();
        return;
      case "tokens":
        this.#tokens = message.tokens;
        return this.#watch.leashes.review();
      case "commanded":
        return this.#commands.answered(message.id, message.answer);
      case "vrrp":
        this.#snapshot.vrrpInstances = message.instances;
        return this.#watch.changed();
      case "health":
        return this.#healthReports.take(message, () => this.#showHealth());
      case "journal":
        return this.#watch.happened(message.entries);
      case "haproxy":
        if (message.haproxy === undefined) delete this.#snapshot.haproxy;
        else this.#snapshot.haproxy = message.haproxy;
        return this.#watch.changed();
      case "stop":
        return this.#ended.resolve();
      default:
        return message satisfies never;
    }
  }

  #showHealth(): void {
    const { virtualServers, statistics } = this.#healthReports.whole;
    this.#snapshot.virtualServers = virtualServers;
    if (statistics === undefined) delete this.#snapshot.healthStatistics;
    else this.#snapshot.healthStatistics = statistics;
    this.#watch.changed();
  }

  async #listen(settings: ApiSettings): Promise<void> {
    const log = (line: string): void => void this.#link.send({ type: "log", line });
    await openApiServers(settings, {
      log,
      tokens: () => this.#tokens,
      app: {
        snapshot: () => this.#snapshot,
        wallMs: () => Date.now(),
        statistics: this.#statistics,
        watch: this.#watch,
        config: () => this.#config,
        operations: () => this.#operations,
        tokens: () => shownTokens(settings.http.tokens, this.#tokens),
        command: (by, request) => this.#commands.ask(by, request),
      },
    });
    this.#watchLag();
    dropPrivileges();
    this.#link.post({ type: "ready" });
  }

  /** A configuration is more than the link takes at one go. */
  #watchForRoom(): void {
    this.#reactor.modify(this.#link.fd, this.#link.pending ? EPOLLIN | EPOLLOUT : EPOLLIN);
  }

  #watchLag(): void {
    let dueMs = performance.now() + LAG_INTERVAL_MS;
    setInterval(() => {
      const nowMs = performance.now();
      this.#statistics.lag(Math.max(0, nowMs - dueMs) / 1000);
      dueMs = nowMs + LAG_INTERVAL_MS;
    }, LAG_INTERVAL_MS);
  }
}
