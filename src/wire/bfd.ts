// BFD control packets: bytes to ControlPacket and back (RFC 5880 section 4.1), with the rules of reception that need no
// session (section 6.8.6). Knows no authentication, as keepalived; does not judge the TTL: that is `core/bfd/hops.ts`.
import type { Result } from "../base/result.ts";

/** UDP port of single-hop sessions (RFC 5881 section 4). */
export const BFD_PORT = 3784;
/** UDP port of multihop sessions (RFC 5883 section 5). */
export const BFD_MULTIHOP_PORT = 4784;
/** Source ports must be in this range, one for each session (RFC 5881 section 4). */
export const BFD_LOWEST_SOURCE_PORT = 49152;
/** Length of a packet without authentication section. */
export const BFD_PACKET_BYTES = 24;

const VERSION = 1;
/** Authentication type and length follow when the A bit is set. */
const LEAST_AUTHENTICATED_BYTES = 26;
const FLAG_POLL = 0x20;
const FLAG_FINAL = 0x10;
const FLAG_CONTROL_PLANE_INDEPENDENT = 0x08;
const FLAG_AUTHENTICATION = 0x04;
const FLAG_DEMAND = 0x02;
const FLAG_MULTIPOINT = 0x01;

/** Session states (RFC 5880 section 4.1). */
export type BfdState = "admin-down" | "down" | "init" | "up";

/** In the order of their numbers, 0 to 3. */
const STATES: readonly BfdState[] = ["admin-down", "down", "init", "up"];

/** Diagnostic: nothing to say. Those here are the ones that we give (RFC 5880 section 4.1). */
export const DIAGNOSTIC_NONE = 0;
/** Diagnostic: the neighbor was silent for the detection time. */
export const DIAGNOSTIC_DETECTION_TIME_EXPIRED = 1;
/** Diagnostic: the neighbor said that it is down. */
export const DIAGNOSTIC_NEIGHBOR_SIGNALED_DOWN = 3;
/** Diagnostic: taken out of service by the administrator. */
export const DIAGNOSTIC_ADMINISTRATIVELY_DOWN = 7;

/** A control packet. Intervals in microseconds, as on the wire. */
export interface ControlPacket {
  /** 0 to 31. */
  readonly diagnostic: number;
  /** The sender's state. */
  readonly state: BfdState;
  /** The sender wants its parameters confirmed by a Final. */
  readonly poll: boolean;
  /** The answer to a Poll. */
  readonly final: boolean;
  /** The sender's BFD outlives its control plane. */
  readonly controlPlaneIndependent: boolean;
  /** The sender wants no periodic packets while both are up. */
  readonly demand: boolean;
  /** 1 to 255: packets in a row that may be missing, at the receiver. */
  readonly detectMult: number;
  /** Never 0. */
  readonly myDiscriminator: number;
  /** 0 while the sender knows none. */
  readonly yourDiscriminator: number;
  /** The shortest interval that the sender wants to send in. */
  readonly desiredMinTxUs: number;
  /** The shortest interval that the sender can receive in; 0: the sender wants no periodic packets. */
  readonly requiredMinRxUs: number;
  /** The same for echo packets; 0: the sender does not echo. */
  readonly requiredMinEchoRxUs: number;
}

/** Why bytes are no control packet for us. */
export type BfdFlaw =
  | "length"
  | "version"
  | "detect-mult"
  | "multipoint"
  | "my-discriminator"
  | "your-discriminator"
  | "authentication";

/** Writes a packet of 24 bytes at the start of `bytes`. */
export function writeControlPacket(bytes: Uint8Array, packet: ControlPacket): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  bytes[0] = (VERSION << 5) | packet.diagnostic;
  bytes[1] = (STATES.indexOf(packet.state) << 6) | (packet.poll ? FLAG_POLL : 0) | (packet.final ? FLAG_FINAL : 0) |
    (packet.controlPlaneIndependent ? FLAG_CONTROL_PLANE_INDEPENDENT : 0) | (packet.demand ? FLAG_DEMAND : 0);
  bytes[2] = packet.detectMult;
  bytes[3] = BFD_PACKET_BYTES;
  view.setUint32(4, packet.myDiscriminator);
  view.setUint32(8, packet.yourDiscriminator);
  view.setUint32(12, packet.desiredMinTxUs);
  view.setUint32(16, packet.requiredMinRxUs);
  view.setUint32(20, packet.requiredMinEchoRxUs);
}

/** Reads the packet at `bytes[0, length)`, a whole UDP payload, by the rules of RFC 5880 section 6.8.6 in their order. */
export function readControlPacket(bytes: Uint8Array, length: number): Result<ControlPacket, BfdFlaw> {
  if (length < BFD_PACKET_BYTES) return { ok: false, reason: "length" };
  const first = bytes[0] as number;
  const flags = bytes[1] as number;
  if (first >> 5 !== VERSION) return { ok: false, reason: "version" };
  const authenticated = (flags & FLAG_AUTHENTICATION) !== 0;
  const saysBytes = bytes[3] as number;
  if (saysBytes < (authenticated ? LEAST_AUTHENTICATED_BYTES : BFD_PACKET_BYTES) || saysBytes > length) {
    return { ok: false, reason: "length" };
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const packet: ControlPacket = {
    diagnostic: first & 31,
    state: STATES[flags >> 6] as BfdState,
    poll: (flags & FLAG_POLL) !== 0,
    final: (flags & FLAG_FINAL) !== 0,
    controlPlaneIndependent: (flags & FLAG_CONTROL_PLANE_INDEPENDENT) !== 0,
    demand: (flags & FLAG_DEMAND) !== 0,
    detectMult: bytes[2] as number,
    myDiscriminator: view.getUint32(4),
    yourDiscriminator: view.getUint32(8),
    desiredMinTxUs: view.getUint32(12),
    requiredMinRxUs: view.getUint32(16),
    requiredMinEchoRxUs: view.getUint32(20),
  };
  const flaw = flawOf(packet, flags);
  return flaw === undefined ? { ok: true, value: packet } : { ok: false, reason: flaw };
}

function flawOf(packet: ControlPacket, flags: number): BfdFlaw | undefined {
  if (packet.detectMult === 0) return "detect-mult";
  if ((flags & FLAG_MULTIPOINT) !== 0) return "multipoint";
  if (packet.myDiscriminator === 0) return "my-discriminator";
  const knowsUs = packet.state === "init" || packet.state === "up";
  if (packet.yourDiscriminator === 0 && knowsUs) return "your-discriminator";
  // We use no authentication, so a packet that does is not for us.
  return (flags & FLAG_AUTHENTICATION) !== 0 ? "authentication" : undefined;
}
