// What operators say of real servers over the control socket: ready, drain, maint, weight. The health role carries it out; what
// holds is kept here, for a health role that starts again.
import { formatEndpoint } from "../base/ip.ts";
import type { Config } from "../config/config.ts";
import type { Override } from "../core/health/presence.ts";
import type { ServerName, ServerOverride, SignedOrder } from "../engine/health/operator.ts";
import type { ControlRequest } from "./control.ts";
import type { ToHealth } from "./messages.ts";
import type { RoleProcess } from "./role_process.ts";

/** What the health role answers: what holds now, or why the order was refused. */
export type OrderAnswer =
  | { readonly ok: true; readonly name: ServerName; readonly override?: Override }
  | { readonly ok: false; readonly message: string };

const ANSWER_MS = 10_000;
/** As in keepalived. */
const MAX_WEIGHT = 65_535;
/** An author or a reason longer than this is cut, characters. */
const MAX_TEXT = 200;

/** Orders and what of them still holds. */
export class ServerOrders {
  readonly #health: () => RoleProcess<ToHealth> | undefined;
  readonly #overrides = new Map<string, ServerOverride>();
  #lastId = 0;

  /** @param health the process that checks servers now */
  constructor(health: () => RoleProcess<ToHealth> | undefined) {
    this.#health = health;
  }

  /** Everything that holds. */
  get overrides(): readonly ServerOverride[] {
    return [...this.#overrides.values()];
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
    const order = orderOf(request);
    if (order === undefined) return undefined;
    const process = this.#health();
    if (process === undefined) throw new Error("no virtual server runs");
    const id = ++this.#lastId;
    process.post({ type: "order", id, name: nameOf(request), order });
    const said = await process.waitFor("ordered", ANSWER_MS, (answer) => answer.id === id);
    if (said === undefined) throw new Error("the health role does not answer");
    const { answer } = said;
    if (!answer.ok) throw new Error(answer.message);
    if (answer.override === undefined) this.#overrides.delete(keyOf(answer.name));
    else this.#overrides.set(keyOf(answer.name), { name: answer.name, override: answer.override });
    return sentence(order, answer.name);
  }
}

function keyOf({ virtualServer, realServer }: ServerName): string {
  return `${virtualServer} ${realServer}`;
}

/** @returns undefined for another command @throws Error when a field is wrong */
function orderOf(request: ControlRequest): SignedOrder | undefined {
  const { command, author, reason, weight } = request;
  const signature = {
    author: text(author) ?? "unknown",
    ...(text(reason) === undefined ? {} : { reason: text(reason) ?? "" }),
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

/** Without control characters: it is shown in logs and on terminals. */
function text(value: unknown): string | undefined {
  if (typeof value !== "string") return undefined;
  // deno-lint-ignore no-control-regex -- removing them is the point
  const clean = value.replace(/[\x00-\x1f\x7f]+/g, " ").trim().slice(0, MAX_TEXT);
  return clean === "" ? undefined : clean;
}

function sentence(order: SignedOrder, { virtualServer, realServer }: ServerName): string {
  const server = `${realServer} of ${virtualServer}`;
  switch (order.action) {
    case "ready":
      return `${server} is as its configuration and its checks say`;
    case "drain":
      return `${server} gets no new connections, until \`ready\``;
    case "maint":
      return `${server} is out of the table, until \`ready\``;
    case "weight":
      return order.weight === undefined
        ? `${server} has the weight of its configuration`
        : `${server} has weight ${order.weight}, until \`ready\``;
    default:
      return order satisfies never;
  }
}
