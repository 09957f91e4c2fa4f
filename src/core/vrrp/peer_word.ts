// What the status document of a peer's API means for one of our routers: whether that peer is its master. The document comes
// from outside and may be anything.
import type { WitnessAnswer } from "./witness.ts";

/** What makes a router of a peer the same as ours; its name and its interface may be others there. */
export interface RouterIdentity {
  readonly vrid: number;
  readonly family: 4 | 6;
  /** Virtual addresses, without prefix lengths. */
  readonly addresses: readonly string[];
}

/** An answer with its reason, as the end of a sentence that begins with the witness's name. */
export interface WitnessWord {
  readonly answer: WitnessAnswer;
  readonly reason: string;
}

/** What the peer is taken to say. */
export function peerWord(status: unknown, router: RouterIdentity): WitnessWord {
  const roles = list(field(status, "roles"));
  const vrrp = roles.find((role) => field(role, "name") === "vrrp");
  const state = field(vrrp, "state");
  if (state === "stopped") return { answer: "yes", reason: "does no VRRP" };
  // While its vrrp role starts again, what it says of its instances is from before.
  if (state !== "running") return { answer: "none", reason: "does not know its own state now" };
  const same = list(field(status, "vrrpInstances")).filter((instance) => isSame(instance, router));
  if (same.length === 0) return { answer: "none", reason: `has no router with VRID ${router.vrid} and our addresses` };
  const master = same.find((instance) => field(instance, "state") === "master");
  if (master !== undefined && list(field(master, "faults")).length === 0) {
    return { answer: "no", reason: "says that it is master and healthy" };
  }
  return { answer: "yes", reason: "says that it is not master" };
}

function isSame(instance: unknown, { vrid, family, addresses }: RouterIdentity): boolean {
  if (field(instance, "vrid") !== vrid || field(instance, "family") !== family) return false;
  return list(field(instance, "vips")).some((vip) => addresses.some((address) => address === field(vip, "address")));
}

function field(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[name];
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
