// What an operator makes instances do now: hand over, announce their addresses again. Decided by the core, answered in
// one sentence.
import { membersOf, type RouterOrders, type SteeredInstance, whyNotFailover } from "../../core/vrrp/steering.ts";

/** What the vrrp role can be asked to do. `target` is the name of an instance or a sync group. */
export type VrrpOperation =
  | { readonly type: "failover"; readonly target: string; readonly force: boolean }
  | { readonly type: "announce"; readonly target: string };

/** What came of it. */
export type OperationAnswer =
  | {
    readonly done: true;
    /** The instances that it concerned. */
    readonly members: readonly string[];
    /** One sentence for the operator. */
    readonly text: string;
  }
  | { readonly done: false; readonly why: string };

/** An instance, as operations need it. */
export interface Operated {
  /** What is known of it now. */
  readonly steered: SteeredInstance;
  /** Its virtual addresses. */
  readonly addressCount: number;
  readonly orders: RouterOrders;
  steer(orders: RouterOrders): void;
  resign(reason: string): void;
  /** @returns gratuitous ARPs and neighbor advertisements sent */
  announce(): number;
}

/** Does what is asked, or says why not. Never throws. */
export function operate(all: readonly Operated[], operation: VrrpOperation): OperationAnswer {
  const { target } = operation;
  const named = membersOf(all.map(({ steered }) => steered), target).map(({ name }) => name);
  const members = all.filter(({ steered }) => named.includes(steered.name));
  switch (operation.type) {
    case "failover":
      return failover(members, target, operation.force);
    case "announce": {
      const one = members.find(({ steered }) => steered.name === target);
      return announce(one === undefined ? members : [one], target);
    }
    default:
      return operation satisfies never;
  }
}

function failover(members: readonly Operated[], target: string, force: boolean): OperationAnswer {
  const why = whyNotFailover(members.map(({ steered }) => steered), target, force);
  if (why !== undefined) return { done: false, why };
  for (const member of members) member.steer({ ...member.orders, held: true });
  // The first takes its sync group along; a member that is not in one has nobody to take.
  members[0]?.resign("an operator asked for a failover");
  const names = members.map(({ steered }) => steered.name);
  const together = names.length > 1 ? `${names.join(", ")} have` : `${names[0]} has`;
  return { done: true, members: names, text: `${together} resigned` };
}

function announce(members: readonly Operated[], target: string): OperationAnswer {
  if (members.length === 0) return { done: false, why: `there is no instance or sync group \`${target}\`` };
  const other = members.find(({ steered }) => steered.state !== "master");
  if (other !== undefined) {
    const { name, state } = other.steered;
    return { done: false, why: `${name} is not master (it is in ${state}): its addresses are not here` };
  }
  const addresses = members.reduce((sum, { addressCount }) => sum + addressCount, 0);
  const sent = members.reduce((sum, member) => sum + member.announce(), 0);
  if (sent === 0 && addresses > 0) return { done: false, why: "nothing could be sent: the log says why" };
  const names = members.map(({ steered }) => steered.name);
  return {
    done: true,
    members: names,
    text: `sent ${counted(sent, "announcement")} for ${counted(addresses, "address", "es")}`,
  };
}

function counted(count: number, word: string, ending = "s"): string {
  return `${count} ${word}${count === 1 ? "" : ending}`;
}
