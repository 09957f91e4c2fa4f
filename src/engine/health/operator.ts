// What an operator may say about a real server, and whom he means. Finds and judges; changes nothing.
import { formatEndpoint } from "../../base/ip.ts";
import type { Override } from "../../core/health/presence.ts";
import type { LiveRealServer } from "./live_real_server.ts";
import type { LiveVirtualServer } from "./live_server.ts";

/** One real server of one virtual server, in an operator's words. */
export interface ServerName {
  /** Its name (`tcp 10.0.0.100:80`), or as much of it as is unique: `10.0.0.100:80`, `10.0.0.100`, `group web`, `web`. */
  readonly virtualServer: string;
  /** `10.0.1.11:80`, or the address alone where that is unique; `WHOLE`: the virtual server itself is meant. */
  readonly realServer: string;
}

/** In place of a real server's name. */
export const WHOLE = "";

/** What holds for one real server. */
export interface ServerOverride {
  readonly name: ServerName;
  readonly override: Override;
}

/** What is wanted of it. */
export type Order =
  | { readonly action: "ready" | "drain" | "maint" }
  /** A whole virtual server is out of service, or as configured. */
  | { readonly action: "disable" | "enable" }
  /** Undefined: the configured weight. */
  | { readonly action: "weight"; readonly weight: number | undefined }
  /** Undefined: what its checks say. */
  | { readonly action: "health"; readonly health: "up" | "down" | undefined };

/** An order with who gave it, and until when it holds. */
export type SignedOrder = Order & Pick<Override, "author" | "reason" | "untilMs">;

/** A name that fits no server, or several: one sentence. */
export class NoSuchServerError extends Error {
  override readonly name = "NoSuchServerError";
}

/** The servers of that name; no real server when the whole is meant. @throws NoSuchServerError */
export function findTarget(
  servers: readonly LiveVirtualServer[],
  name: ServerName,
): { virtual: LiveVirtualServer; real?: LiveRealServer } {
  if (name.realServer !== WHOLE) return findServer(servers, name);
  return { virtual: theOne(servers, name.virtualServer, ({ config }) => namesOf(config), "virtual server") };
}

/** The servers of that name. @throws NoSuchServerError */
export function findServer(
  servers: readonly LiveVirtualServer[],
  { virtualServer, realServer }: ServerName,
): { virtual: LiveVirtualServer; real: LiveRealServer } {
  const { virtual } = findTarget(servers, { virtualServer, realServer: WHOLE });
  const real = theOne(virtual.realServers, realServer, ({ config: { address, port } }) => [
    formatEndpoint(address, port),
    address,
  ], `real server of ${virtual.config.name}`);
  return { virtual, real };
}

/** The full names of both. */
export function fullName(virtual: LiveVirtualServer, real: LiveRealServer | undefined): ServerName {
  return {
    virtualServer: virtual.config.name,
    realServer: real === undefined ? WHOLE : formatEndpoint(real.config.address, real.config.port),
  };
}

/** What holds after an order; undefined when the operator wants nothing any more. */
export function overrideAfter(before: Override | undefined, order: SignedOrder, atMs: number): Override | undefined {
  const { author, reason, untilMs } = order;
  if (order.action === "ready" || order.action === "enable") return undefined;
  const { mode, weight, health }: Wanted = { ...before, ...wanted(order) };
  if (mode === undefined && weight === undefined && health === undefined) return undefined;
  return {
    author,
    atMs,
    ...(reason === undefined ? {} : { reason }),
    ...(untilMs === undefined ? {} : { untilMs }),
    ...(mode === undefined ? {} : { mode }),
    ...(weight === undefined ? {} : { weight }),
    ...(health === undefined ? {} : { health }),
  };
}

/** The part of an override that an order is about. */
interface Wanted {
  readonly mode?: "drain" | "maint";
  readonly weight?: number | undefined;
  readonly health?: "up" | "down" | undefined;
}

function wanted(order: Order): Wanted {
  switch (order.action) {
    case "drain":
    case "maint":
      return { mode: order.action };
    case "disable":
      return { mode: "maint" };
    case "weight":
      return { weight: order.weight };
    case "health":
      return { health: order.health };
    case "ready":
    case "enable":
      return {};
    default:
      return order satisfies never;
  }
}

/** Every way of naming a virtual server, the full one first. */
export function namesOf({ name, address, port, fwmark, group }: LiveVirtualServer["config"]): string[] {
  if (group !== undefined) return [name, `group ${group}`, group];
  if (fwmark !== undefined) return [name, String(fwmark)];
  return [name, formatEndpoint(address, port), address];
}

/** The first way of writing it that anybody has decides, so that a full name is never ambiguous. */
function theOne<Value>(
  values: readonly Value[],
  wanted: string,
  names: (value: Value) => readonly string[],
  what: string,
): Value {
  const text = wanted.trim();
  const ranks = Math.max(0, ...values.map((value) => names(value).length));
  for (let rank = 0; rank < ranks; rank++) {
    const [first, ...others] = values.filter((value) => names(value)[rank] === text);
    if (first === undefined) continue;
    if (others.length === 0) return first;
    const choices = [first, ...others].map((value) => `\`${names(value)[0]}\``).join(", ");
    throw new NoSuchServerError(`\`${text}\` may be ${choices}: say which`);
  }
  const some = values.slice(0, 8).map((value) => `\`${names(value)[0]}\``).join(", ");
  throw new NoSuchServerError(`there is no ${what} \`${text}\`${some === "" ? "" : `; there is ${some}`}`);
}
