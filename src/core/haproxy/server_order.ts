// What an operator asks of a server of HAProxy's, as lines for its runtime socket; and what operators have said so far, as
// HAProxy itself has it. HAProxy takes several commands on one line: a name that could be more than a name is refused.
import {
  ADMIN_COLUMN,
  CONFIGURED_MAINTENANCE,
  CONFIGURED_WEIGHT_COLUMN,
  FORCED_DRAIN,
  FORCED_MAINTENANCE,
  WEIGHT_COLUMN,
} from "./state_columns.ts";

/** One wish. */
export type HaproxyOrder =
  | { readonly action: "ready" | "drain" | "maint" | "kill-connections" }
  /** Of 0 to 256, or a part of the configured one such as `50%`; undefined: the configured one. */
  | { readonly action: "weight"; readonly weight: number | string | undefined };

/** A server of a backend (or `listen`), by HAProxy's names. */
export interface HaproxyServerName {
  readonly backend: string;
  readonly server: string;
}

/** The greatest weight of HAProxy's. */
export const MAX_HAPROXY_WEIGHT = 256;

/** What HAProxy allows in names. */
const NAME = /^[A-Za-z0-9_.:-]{1,128}$/;

/** A weight as HAProxy takes it: a number, or a part of the configured one. */
export function isHaproxyWeight(weight: unknown): weight is number | string {
  if (typeof weight === "string") return /^(?:100|[1-9]?[0-9])%$/.test(weight);
  return typeof weight === "number" && Number.isInteger(weight) && weight >= 0 && weight <= MAX_HAPROXY_WEIGHT;
}

/** The lines, in order; each is answered by nothing, or by why not. Undefined: a name is none of HAProxy's. */
export function runtimeCommands({ backend, server }: HaproxyServerName, order: HaproxyOrder): string[] | undefined {
  if (!NAME.test(backend) || !NAME.test(server)) return undefined;
  const target = `${backend}/${server}`;
  switch (order.action) {
    case "drain":
    case "maint":
      return [`set server ${target} state ${order.action}`];
    case "ready":
      return [`set server ${target} state ready`, `set server ${target} weight 100%`];
    case "weight":
      if (order.weight !== undefined && !isHaproxyWeight(order.weight)) return undefined;
      return [`set server ${target} weight ${order.weight ?? "100%"}`];
    case "kill-connections":
      return [`shutdown sessions server ${target}`];
    default:
      return order satisfies never;
  }
}

/** What operators have said of one server, by Holdfast or by any other way to its socket. */
export interface OrderedServer extends HaproxyServerName {
  readonly mode?: "drain" | "maint";
  /** Where that is not the configured one. */
  readonly weight?: number;
}

/** Reads it from the states that are kept for operators' sake (`statesToKeep` with `ordered`). */
export function orderedServers(kept: string): OrderedServer[] {
  return kept.split("\n").slice(2).flatMap((row) => {
    const fields = row.split(" ");
    const [, backend, , server] = fields;
    if (backend === undefined || server === undefined) return [];
    const admin = Number(fields[ADMIN_COLUMN]);
    const isOut = (admin & FORCED_MAINTENANCE) !== 0 && (admin & CONFIGURED_MAINTENANCE) === 0;
    const mode = isOut ? "maint" : (admin & FORCED_DRAIN) !== 0 ? "drain" : undefined;
    const weight = fields[WEIGHT_COLUMN] === fields[CONFIGURED_WEIGHT_COLUMN] ? NaN : Number(fields[WEIGHT_COLUMN]);
    // One that is out by haproxy.cfg, or given back in spite of it.
    if (mode === undefined && !Number.isInteger(weight)) return [];
    return [{ backend, server, ...(mode && { mode }), ...(Number.isInteger(weight) && { weight }) }];
  });
}
