// What operators say of real servers: ready, drain, maint, weight, health, check-now. The health role carries it out; what holds
// is kept here, for a health role that starts again, and taken back when its time is over.
import { formatEndpoint } from "../base/ip.ts";
import type { Config } from "../config/config.ts";
import type { Override } from "../core/health/presence.ts";
import type { ServerName, ServerOverride, SignedOrder } from "../engine/health/operator.ts";
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
      virtualServers.flatMap(({ name, realServers }) =>
        realServers.map(({ address, port }) =>
          keyOf({ virtualServer: name, realServer: formatEndpoint(address, port) })
        )
      ),
    );
    for (const key of this.#overrides.keys()) if (!known.has(key)) this.#overrides.delete(key);
  }

  /** Carries a request out. @throws Error with one sentence for the operator @returns undefined when it is none of ours */
  async obey(request: ControlRequest): Promise<string | undefined> {
    if (request.command === "check-now") return await this.#checkNow(nameOf(request));
    const order = orderOf(request);
    if (order === undefined) return undefined;
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
    this.#options.journal?.record({ type: "operator", names: [realServer, virtualServer], text });
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
      const order = { action: "ready", author: override.author, reason: "the time is over" } as const;
      try {
        // One that is not there now is told nothing of it when it comes.
        if (this.#options.health() !== undefined) await this.#ask((id) => ({ type: "order", id, name, order }));
      } catch {
        leastMs = RETRY_MS; // it is still starting
        continue;
      }
      if (this.standing(name) !== override) continue; // said again meanwhile
      this.#overrides.delete(keyOf(name));
      const text = `${name.realServer} of ${name.virtualServer} is as configured again: the time is over`;
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
function orderOf(request: ControlRequest): SignedOrder | undefined {
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
      return { action: command, ...signature };
    case "weight":
      if (weight === undefined) return { action: command, weight: undefined, ...signature };
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

function nameOf({ virtualServer, realServer }: ControlRequest): ServerName {
  if (typeof virtualServer !== "string" || typeof realServer !== "string") {
    throw new Error("the request names no virtual server and real server");
  }
  return { virtualServer, realServer };
}

function sentence(order: SignedOrder, { virtualServer, realServer }: ServerName): string {
  const server = `${realServer} of ${virtualServer}`;
  const until = order.untilMs === undefined ? "until `ready`" : `until ${new Date(order.untilMs).toISOString()}`;
  switch (order.action) {
    case "ready":
      return `${server} is as its configuration and its checks say`;
    case "drain":
      return `${server} gets no new connections, ${until}`;
    case "maint":
      return `${server} is out of the table, ${until}`;
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
