// What makes a VRRP instance the same one. In a file of its own: the supervisor needs it, and nothing else of the engine.
import type { VrrpInstance } from "../../config/config.ts";

/** What makes an instance the same one across configurations: keepalived's match, the name is not part of it. */
export function instanceKey(instance: Pick<VrrpInstance, "interface" | "vrid" | "family">): string {
  return `${instance.interface} ${instance.vrid}${instance.family === 6 ? " IPv6" : ""}`;
}
