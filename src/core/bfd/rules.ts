// The rules of a BFD session that are tables: the next state, who may send, and what a packet says (RFC 5880 sections
// 6.2, 6.8.6 and 6.8.7).
import type { BfdState, ControlPacket } from "../../wire/bfd.ts";
import type { BfdConfig, BfdSession } from "./state.ts";

/** The state of a session after a packet, by the state of the neighbor in it (RFC 5880 section 6.8.6). */
export function stateAfter(own: BfdState, neighbor: BfdState): BfdState {
  switch (own) {
    case "admin-down":
      return own;
    case "down":
      return neighbor === "down" ? "init" : neighbor === "init" ? "up" : own;
    case "init":
      return neighbor === "init" || neighbor === "up" ? "up" : neighbor === "admin-down" ? "down" : own;
    case "up":
      return neighbor === "down" || neighbor === "admin-down" ? "down" : own;
    default:
      return own satisfies never;
  }
}

/** Whether periodic packets are sent (RFC 5880 section 6.8.7). */
export function sendsPeriodically(config: BfdConfig, session: BfdSession): boolean {
  const { remote, state, poll } = session;
  if (config.passive && remote.discriminator === 0) return false;
  if (remote.minRxUs === 0) return false;
  const demanded = remote.demand && state === "up" && remote.state === "up";
  return !demanded || poll !== "none";
}

/** The packet that a session sends now. Poll and Final never go together (RFC 5880 section 6.5). */
export function controlPacket(config: BfdConfig, session: BfdSession, final: boolean): ControlPacket {
  return {
    diagnostic: session.diagnostic,
    state: session.state,
    poll: !final && (session.poll === "asking" || session.poll === "changed"),
    final,
    controlPlaneIndependent: false,
    demand: false,
    detectMult: config.multiplier,
    myDiscriminator: config.localDiscriminator,
    yourDiscriminator: session.remote.discriminator,
    desiredMinTxUs: session.desiredMinTxUs,
    requiredMinRxUs: session.requiredMinRxUs,
    requiredMinEchoRxUs: 0,
  };
}
