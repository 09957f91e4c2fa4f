// What the roles say to one another over their links: one JSON value each. What a child says is checked before use, since
// the api role talks to the network.
import type { VirtualServer, VrrpInstance } from "../config/config.ts";
import type { VirtualServerKey } from "../core/ipvs/table.ts";
import type { NodeSnapshot, VirtualServerSnapshot, VrrpInstanceSnapshot, WarningSnapshot } from "../ports/snapshot.ts";

/** The child roles. */
export type RoleName = "vrrp" | "health" | "api";

/** Supervisor to vrrp. `configure` comes first and once, then `start`; the last is `release` or `stop`. */
export type ToVrrp =
  | {
    readonly type: "configure";
    readonly instances: readonly VrrpInstance[];
    /** A predecessor has died and its masters may be resumed if we are quick: prepare nothing that can wait. */
    readonly urgent: boolean;
  }
  /** Begin; `resume` names the instances (interface and VRID) that were master a moment ago. */
  | { readonly type: "start"; readonly resume: readonly string[] }
  /** A successor takes over: leave these addresses (`addressKey`) of these instances as they are, end the others. */
  | { readonly type: "release"; readonly instances: readonly string[]; readonly addresses: readonly string[] }
  | { readonly type: "stop" };

/** Supervisor to health. */
export type ToHealth =
  | {
    readonly type: "configure";
    readonly virtualServers: readonly VirtualServer[];
    /** Virtual servers of earlier configurations: ours to remove from the kernel when they are configured no more. */
    readonly previousKeys: readonly VirtualServerKey[];
  }
  | { readonly type: "start" }
  | { readonly type: "stop"; readonly keepTable: boolean };

/** Supervisor to api. */
export type ToApi =
  | { readonly type: "configure"; readonly hostname: string; readonly port: number }
  | { readonly type: "node"; readonly node: NodeSnapshot }
  | { readonly type: "vrrp"; readonly instances: readonly VrrpInstanceSnapshot[] }
  | { readonly type: "health"; readonly virtualServers: readonly VirtualServerSnapshot[] }
  | { readonly type: "stop" };

/** Any child to the supervisor. */
export type FromChild =
  /** Configured and prepared; waits for `start`. */
  | { readonly type: "ready" }
  | { readonly type: "log"; readonly line: string }
  | { readonly type: "vrrp"; readonly instances: readonly VrrpInstanceSnapshot[] }
  | { readonly type: "health"; readonly virtualServers: readonly VirtualServerSnapshot[] }
  | { readonly type: "warnings"; readonly warnings: readonly WarningSnapshot[] }
  /** Answer to `release`: the instances that were master. */
  | { readonly type: "released"; readonly masters: readonly string[] }
  /** Cannot work at all, and starting it again would not help: one sentence why. */
  | { readonly type: "failed"; readonly message: string };

/** Message types that each role may send; anything else is dropped. */
const ALLOWED: Readonly<Record<RoleName, readonly FromChild["type"][]>> = {
  vrrp: ["ready", "log", "vrrp", "released", "failed"],
  health: ["ready", "log", "health", "warnings", "failed"],
  api: ["ready", "log", "failed"],
};

/** Longest log line taken from a child, in characters. */
const MAX_LINE = 4096;

/**
 * Checks what a child sent.
 *
 * @returns undefined when that role may not say this
 */
export function acceptFromChild(role: RoleName, message: unknown): FromChild | undefined {
  if (typeof message !== "object" || message === null || !("type" in message)) return undefined;
  const { type } = message;
  if (!ALLOWED[role].some((allowed) => allowed === type)) return undefined;
  const fields = message as Record<string, unknown>;
  switch (type as FromChild["type"]) {
    case "ready":
      return { type: "ready" };
    case "log":
      return typeof fields.line === "string" ? { type: "log", line: printable(fields.line) } : undefined;
    case "failed":
      return typeof fields.message === "string" ? { type: "failed", message: printable(fields.message) } : undefined;
    case "vrrp":
      return Array.isArray(fields.instances) ? message as FromChild : undefined;
    case "health":
      return Array.isArray(fields.virtualServers) ? message as FromChild : undefined;
    case "warnings":
      return Array.isArray(fields.warnings) ? message as FromChild : undefined;
    case "released":
      return Array.isArray(fields.masters) ? message as FromChild : undefined;
  }
}

/** Without control characters, which could draw on the operator's terminal. */
function printable(text: string): string {
  // deno-lint-ignore no-control-regex -- removing them is the point
  return text.slice(0, MAX_LINE).replace(/[\x00-\x1f\x7f]/g, "?");
}

/** What makes a virtual address the same one across configurations. */
export function addressKey(entry: { address: string; prefixLength: number; device: string }): string {
  return `${entry.device} ${entry.address}/${entry.prefixLength}`;
}
