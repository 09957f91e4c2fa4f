// What operators say of real servers: ready, drain, maint, weight, health, check-now. The health role carries it out; what holds
// is kept here, for a health role that starts again, and taken back when its time is over.
import { formatEndpoint } from "../base/ip.ts";
import type { Config } from "../config/config.ts";
import type { Override } from "../core/health/presence.ts";
import { namesOf, type ServerName, type ServerOverride, type SignedOrder, WHOLE } from "../engine/health/operator.ts";
import type { ControlRequest } from "./control.ts";
import type { Journal } from "./journal/journal.ts";
import type { ToHealth } from "./messages.ts";
import type { RoleProcess } from "./role_process.ts";
import { cleanText, duration } from "./signature.ts";

/** What the health role answers: what holds now, or why the order was refused. */
export type OrderAnswer =
  | { readonly ok: true; readonly name: ServerName; readonly override?: Override; readonly started?: number }
  | { readonly ok: false; readonly message: string };

const ANSWER_MS = 10_000;
/** When the end of an order is told again to a role that could not take it. */
const RETRY_MS = 2000;
/** As in keepalived. */
const MAX_WEIGHT = 65_535;
/** A timer of the runtime cannot wait longer. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** What orders need of the supervisor. */
export interface ServerOrdersOptions {
  /** The process that checks servers now. */
  readonly health: () => RoleProcess<ToHealth> | undefined;
  readonly config: () => Config;
  readonly log: (line: string) => void;
  readonly journal?: Pick<Journal, "record"> | undefined;
}

/** Orders and what of them still holds. */
export class ServerOrders {
  readonly #options: ServerOrdersOptions;
  readonly #overrides = new Map<string, ServerOverride>();
  #lastId = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: ServerOrdersOptions) {
    this.#options = options;
  }

  /** Everything that holds. */
  get overrides(): readonly ServerOverride[] {
    return [...this.#overrides.values()];
  }

  /** What holds of one server, by its full names. */
  standing(name: ServerName): Override | undefined {
    return this.#overrides.get(keyOf(name))?.override;
  }

  /** Another configuration is in use: what was said of servers that are gone holds no more. */
  forgetAllBut({ virtualServers }: Config): void {
    const known = new Set(
      virtualServers.flatMap(({ name: virtualServer, realServers }) => [
        keyOf({ virtualServer, realServer: WHOLE }),
        ...realServers.map(({ address, port }) => keyOf({ virtualServer, realServer: formatEndpoint(address, port) })),
      ]),
    );
    for (const key of this.#overrides.keys()) if (!known.has(key)) this.#overrides.delete(key);
  }

  /** Carries a request out. @throws Error with one sentence for the operator @returns undefined when it is none of ours */
  async obey(request: ControlRequest): Promise<string | undefined> {
    if (request.command === "check-now") return await this.#checkNow(nameOf(request));
    if (request.command === "kill-connections") return await this.#kill(request);
    const order = orderOf(request, (name) => this.#configuredWeight(name));
    if (order === undefined) return undefined;
    if (order.action === "disable" && request.force !== true) this.#assertStandIn(request);
    const { name, override } = await this.#ask((id) => ({ type: "order", id, name: nameOf(request), order }));
    if (override === undefined) this.#overrides.delete(keyOf(name));
    else this.#overrides.set(keyOf(name), { name, override });
    this.#awaitEnd();
    const text = sentence(order, name);
    const reason = order.reason === undefined ? "" : `: ${order.reason}`;
    this.#happened(name, `${text} (${order.author}${reason})`);
    return text;
  }

  /** Ends: nothing is awaited any more. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  async #checkNow(name: ServerName): Promise<string> {
    const answer = await this.#ask((id) => ({ type: "check-now", id, name }));
    const { started = 0 } = answer;
    const { virtualServer, realServer } = answer.name;
    const checks = started === 1 ? "check begins" : "checks begin";
    if (started > 0) return `${realServer} of ${virtualServer}: ${started} ${checks} now`;
    throw new Error(
      `${realServer} of ${virtualServer} has no check that could begin now: none, one that runs, or held back`,
    );
  }

  async #kill(request: ControlRequest): Promise<string> {
    const { name } = await this.#ask((id) => ({ type: "kill-connections", id, name: nameOf(request) }));
    const text = `${name.realServer} of ${name.virtualServer} is out of the table for a second: its connections end`;
    const reason = cleanText(request.reason);
    this.#happened(
      name,
      `${text} (${cleanText(request.author) ?? "unknown"}${reason === undefined ? "" : `: ${reason}`})`,
    );
    return text;
  }

  /** @throws Error when nobody would answer the clients */
  #assertStandIn({ virtualServer }: ControlRequest): void {
    const server = this.#configured(String(virtualServer));
    if (server === undefined || server.sorryServer !== undefined) return;
    throw new Error(`${server.name} has no sorry server, so that its clients would be refused: --force if you mean it`);
  }

  #configured(name: string): Config["virtualServers"][number] | undefined {
    return this.#options.config().virtualServers.find((server) => namesOf(server).includes(name));
  }

  #configuredWeight({ virtualServer, realServer }: ServerName): number | undefined {
    const server = this.#configured(virtualServer)?.realServers.find(({ address, port }) =>
      [formatEndpoint(address, port), address].includes(realServer)
    );
    return server?.weight;
  }

  async #ask(message: (id: number) => ToHealth): Promise<OrderAnswer & { ok: true }> {
    const process = this.#options.health();
    if (process === undefined) throw new Error("no virtual server runs");
    const id = ++this.#lastId;
    process.post(message(id));
    const said = await process.waitFor("ordered", ANSWER_MS, (answer) => answer.id === id);
    if (said === undefined) throw new Error("the health role does not answer");
    if (!said.answer.ok) throw new Error(said.answer.message);
    return said.answer;
  }

  #happened({ realServer, virtualServer }: ServerName, text: string): void {
    const names = realServer === WHOLE ? [virtualServer] : [realServer, virtualServer];
    this.#options.journal?.record({ type: "operator", names, text });
  }

  #awaitEnd(leastMs = 0): void {
    clearTimeout(this.#timer);
    const ends = this.overrides.flatMap(({ override: { untilMs } }) => untilMs === undefined ? [] : [untilMs]);
    if (ends.length === 0) return;
    const waitMs = Math.max(leastMs, Math.min(...ends) - Date.now());
    this.#timer = setTimeout(() => void this.#expire(), Math.min(waitMs, MAX_TIMER_MS));
  }

  async #expire(): Promise<void> {
    let leastMs = 0;
    for (const { name, override } of this.overrides) {
      if ((override.untilMs ?? Infinity) > Date.now()) continue;
      const action = name.realServer === WHOLE ? "enable" : "ready";
      const order = { action, author: override.author, reason: "the time is over" } as const;
      try {
        // One that is not there now is told nothing of it when it comes.
        if (this.#options.health() !== undefined) await this.#ask((id) => ({ type: "order", id, name, order }));
      } catch {
        leastMs = RETRY_MS; // it is still starting
        continue;
      }
      if (this.standing(name) !== override) continue; // said again meanwhile
      this.#overrides.delete(keyOf(name));
      const text = `${labelOf(name)} is as configured again: the time is over`;
      this.#options.log(`operator: ${text}`);
      this.#happened(name, text);
    }
    this.#awaitEnd(leastMs);
  }
}

function keyOf({ virtualServer, realServer }: ServerName): string {
  return `${virtualServer} ${realServer}`;
}

/** @returns undefined for another command @throws Error when a field is wrong */
function orderOf(
  request: ControlRequest,
  configuredWeight: (name: ServerName) => number | undefined,
): SignedOrder | undefined {
  const { command, weight, health } = request;
  const reason = cleanText(request.reason);
  const forMs = duration(request);
  const signature = {
    author: cleanText(request.author) ?? "unknown",
    ...(reason === undefined ? {} : { reason }),
    ...(forMs === undefined ? {} : { untilMs: Date.now() + forMs }),
  };
  switch (command) {
    case "ready":
    case "drain":
    case "maint":
    case "disable":
    case "enable":
      return { action: command, ...signature };
    case "weight":
      if (weight === undefined) return { action: command, weight: undefined, ...signature };
      if (typeof weight === "string" && /^(?:100|[1-9]?[0-9])%$/.test(weight)) {
        const whole = configuredWeight(nameOf(request));
        if (whole !== undefined) {
          return { action: command, weight: Math.round(whole * Number.parseInt(weight) / 100), ...signature };
        }
      }
      if (typeof weight !== "number" || !Number.isInteger(weight) || weight < 0 || weight > MAX_WEIGHT) {
        throw new Error(`a weight is a whole number from 0 to ${MAX_WEIGHT}`);
      }
      return { action: command, weight, ...signature };
    case "health":
      if (health !== undefined && health !== "up" && health !== "down") throw new Error("health is up or down");
      return { action: command, health, ...signature };
    default:
      return undefined;
  }
}

function nameOf({ command, virtualServer, realServer }: ControlRequest): ServerName {
  const isWhole = command === "disable" || command === "enable";
  if (isWhole && typeof virtualServer === "string") return { virtualServer, realServer: WHOLE };
  if (typeof virtualServer !== "string" || typeof realServer !== "string" || realServer === WHOLE) {
    throw new Error("the request names no virtual server and real server");
  }
  return { virtualServer, realServer };
}

function labelOf({ virtualServer, realServer }: ServerName): string {
  return realServer === WHOLE ? virtualServer : `${realServer} of ${virtualServer}`;
}

function sentence(order: SignedOrder, name: ServerName): string {
  const server = labelOf(name);
  const back = order.action === "disable" ? "`enable`" : "`ready`";
  const until = order.untilMs === undefined ? `until ${back}` : `until ${new Date(order.untilMs).toISOString()}`;
  switch (order.action) {
    case "ready":
      return `${server} is as its configuration and its checks say`;
    case "drain":
      return `${server} gets no new connections, ${until}`;
    case "maint":
      return `${server} is out of the table, ${until}`;
    case "disable":
      return `${server} is out of service, ${until}`;
    case "enable":
      return `${server} is in service, as its configuration and its checks say`;
    case "weight":
      return order.weight === undefined
        ? `${server} has the weight of its configuration`
        : `${server} has weight ${order.weight}, ${until}`;
    case "health":
      return order.health === undefined
        ? `${server} is what its checks say`
        : `${server} counts as ${order.health} whatever its checks say, ${until}`;
    default:
      return order satisfies never;
  }
}
