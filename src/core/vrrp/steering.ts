// What operators ask of running instances: to resign, to hold back, to have another priority for a while. From requests and
// what is known of the instances to what holds from now on, or one sentence why not. Moves no router (`router.ts` does).
import type { RouterConfig } from "./state.ts";
import type { Ban } from "./witness.ts";

/** What an operator's word adds to the configuration of one router. */
export interface RouterOrders {
  /** It does not take over from a master that it hears, whatever their priorities. */
  readonly held: boolean;
  /** Stands in for the configured priority, 1 to 254; what is tracked still counts on top of it. */
  readonly priority?: number;
  /** Not an operator's word but witnesses': it must not become master. */
  readonly ban?: Ban;
  /** As configured: a silent master is fenced before it is taken over from. */
  readonly fencing?: { readonly timeoutUs: number };
  /** What came of the last attempt. */
  readonly fenced?: { readonly id: number; readonly allowed: boolean; readonly reason: string };
}

/** Nothing is asked. */
export const NO_ORDERS: RouterOrders = { held: false };

/** Who said it and why; wall clock. */
export interface Signature {
  readonly author: string;
  readonly reason?: string;
  readonly atMs: number;
}

/** The word of an operator that holds until it is taken back, or until a time; monotonic microseconds. */
export interface Order {
  readonly held?: { readonly untilUs?: number; readonly by?: Signature };
  readonly priority?: { readonly value: number; readonly untilUs?: number; readonly by?: Signature };
}

/** By the name of the instance; it need not be configured now, since a reload may bring it back. */
export type Steering = ReadonlyMap<string, Order>;

/** What is known of an instance when something is asked of it. */
export interface SteeredInstance {
  readonly name: string;
  readonly state: "init" | "backup" | "master" | "fault";
  /** The configured one. */
  readonly priority: number;
  /** Its sync group. */
  readonly group?: string;
  /** An advertisement of another router was heard, at any time since the role began. */
  readonly hasPeer: boolean;
}

/** What an operator can ask for that changes what holds. A failover is a hold of the members, and their resignation. */
export type SteeringRequest =
  | { readonly type: "hold"; readonly names: readonly string[]; readonly forUs?: number; readonly by?: Signature }
  /** Without names: all that are held. */
  | { readonly type: "release"; readonly names?: readonly string[] }
  | {
    readonly type: "priority";
    readonly name: string;
    readonly value: number;
    readonly forUs?: number;
    readonly by?: Signature;
  }
  | { readonly type: "clear-priority"; readonly name: string };

/** The configuration that a router decides by while an operator's word holds; its priority is the effective one already. */
export function obeying(config: RouterConfig, { held, ban, fencing }: RouterOrders): RouterConfig {
  return { ...config, ...(held && { preemptMode: false }), ...(ban && { ban }), ...(fencing && { fencing }) };
}

/** What holds for one instance. */
export function ordersFor(steering: Steering, name: string): RouterOrders {
  const order = steering.get(name);
  if (order === undefined) return NO_ORDERS;
  return { held: order.held !== undefined, ...(order.priority && { priority: order.priority.value }) };
}

/** Carries a request out. Never throws; whether it makes sense is asked before (`whyNotPriority`, `whyNotFailover`). */
export function stepSteering(steering: Steering, request: SteeringRequest, nowUs: number): Steering {
  const terms = ({ forUs, by }: { forUs?: number; by?: Signature }): { untilUs?: number; by?: Signature } => ({
    ...(forUs === undefined ? {} : { untilUs: nowUs + forUs }),
    ...(by && { by }),
  });
  switch (request.type) {
    case "hold":
      return changed(steering, request.names, (order) => ({ ...order, held: terms(request) }));
    case "release":
      return changed(steering, request.names ?? [...steering.keys()], ({ held: _, ...order }) => order);
    case "priority": {
      const priority = { value: request.value, ...terms(request) };
      return changed(steering, [request.name], (order) => ({ ...order, priority }));
    }
    case "clear-priority":
      return changed(steering, [request.name], ({ priority: _, ...order }) => order);
    default:
      return request satisfies never;
  }
}

/** What still holds at a time, and what has come to its end by then. */
export function expire(
  steering: Steering,
  nowUs: number,
): { readonly steering: Steering; readonly ended: readonly { readonly name: string; readonly what: keyof Order }[] } {
  const ended: { name: string; what: keyof Order }[] = [];
  let left = steering;
  for (const [name, order] of steering) {
    for (const what of ["held", "priority"] as const) {
      if ((order[what]?.untilUs ?? Infinity) > nowUs) continue;
      ended.push({ name, what });
      left = changed(left, [name], ({ [what]: _, ...rest }) => rest);
    }
  }
  return { steering: left, ended };
}

/** When the next order ends; undefined when all hold until they are taken back. */
export function nextEndUs(steering: Steering): number | undefined {
  const ends = [...steering.values()].flatMap(({ held, priority }) => [held?.untilUs, priority?.untilUs]);
  return ends.reduce(
    (least, end) => end === undefined || (least !== undefined && least < end) ? least : end,
    undefined,
  );
}

/** The instances that a name means: one, with all of its sync group; a sync group; nobody. */
export function membersOf(instances: readonly SteeredInstance[], name: string): readonly SteeredInstance[] {
  const one = instances.find((instance) => instance.name === name);
  if (one !== undefined && one.group === undefined) return [one];
  return instances.filter(({ group }) => group !== undefined && group === (one?.group ?? name));
}

/**
 * Why instances should not resign.
 *
 * @param members `membersOf` the name that was given
 * @param force the operator knows better: only what is impossible is refused
 */
export function whyNotFailover(
  members: readonly SteeredInstance[],
  name: string,
  force: boolean,
): string | undefined {
  if (members.length === 0) return `there is no instance or sync group \`${name}\``;
  const other = members.find(({ state }) => state !== "master");
  if (other !== undefined) {
    return `${other.name} is not master (it is in ${other.state}), so it has nothing to hand over`;
  }
  if (force || members.every(({ hasPeer }) => hasPeer)) return undefined;
  const lonely = members.find(({ hasPeer }) => !hasPeer) as SteeredInstance;
  return `no peer of ${lonely.name} has been heard yet, and nobody might take over. A backup says nothing, so it may be ` +
    "there all the same: if you know that it is, use --force";
}

/** Why an instance cannot have another priority for a while. */
export function whyNotPriority(
  instance: { readonly priority: number },
  name: string,
  value: number,
): string | undefined {
  if (!Number.isInteger(value) || value < 1 || value > 254) {
    return "a priority is 1 to 254 (0 says that a master leaves, 255 is for the owner of the addresses)";
  }
  return instance.priority === 255
    ? `${name} owns its addresses (priority 255): its priority does not change`
    : undefined;
}

function changed(steering: Steering, names: readonly string[], change: (order: Order) => Order): Steering {
  const result = new Map(steering);
  for (const name of names) {
    const order = change(result.get(name) ?? {});
    if (order.held === undefined && order.priority === undefined) result.delete(name);
    else result.set(name, order);
  }
  return result;
}
