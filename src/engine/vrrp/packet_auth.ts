// The authentication that wraps advertisements: `auth_type AH` in front of them, `auth_hmac` behind. Remembers what it has
// seen, so that no packet counts twice.
import { type AuthPolicy, judgeAuthentication, signingKey } from "../../core/vrrp/authentication.ts";
import { nextStamp, type ReplayState, sequenceIsNew } from "../../core/vrrp/replay.ts";
import type { DiscardReason } from "../../core/vrrp/acceptance.ts";
import type { HmacAuthentication } from "../../config/config_vrrp.ts";
import { secretBytes } from "../../config/secrets.ts";
import type { VrrpInstance } from "../../config/config.ts";
import type { Digests } from "../../ports/digests.ts";
import {
  addAuthHeader,
  AUTH_HEADER_BYTES,
  AUTH_HEADER_PROTOCOL,
  LAST_AUTH_SEQUENCE,
  readAuthHeader,
} from "../../wire/auth_header.ts";
import {
  AUTH_TRAILER_BYTES,
  type AuthStamp,
  readAuthTrailer,
  verifyAuthTrailer,
  writeAuthTrailer,
} from "../../wire/auth_trailer.ts";
import { IPV4_HEADER_BYTES, setIdentification } from "../../wire/ipv4.ts";
import { IPV6_HEADER_BYTES } from "../../wire/ipv6.ts";
import { type IpPacket, sourceOffset } from "../../wire/ip_packet.ts";
import { formatIp } from "../../base/ip.ts";
import { same } from "../../base/same.ts";
import { VRRP_PROTOCOL } from "../../wire/vrrp.ts";
import { passwordBytes } from "./advertiser.ts";

/** Where the advertisement stands in a packet that was believed. */
export interface Message {
  readonly start: number;
  readonly end: number;
}

/** Wraps packets that go and unwraps those that come. */
export interface PacketAuth {
  /** IP protocol of the packets. */
  readonly protocol: number;
  /** What wrapping adds. */
  readonly overheadBytes: number;
  /**
   * Wraps a whole packet.
   *
   * @param packet `packet[0, end)` is the packet; it has room for `overheadBytes` more
   * @returns its new length
   */
  wrap(packet: Uint8Array, end: number, wallMs: number): number;
  /** Finds the advertisement in a packet of `protocol`, or why the packet is not believed. */
  unwrap(packet: Uint8Array, ip: IpPacket, isMaster: boolean, wallMs: number): Message | DiscardReason;
}

/** The authentication of an instance; undefined: its packets are plain. */
export function packetAuth(config: VrrpInstance, digests: Digests): PacketAuth | undefined {
  if (config.authentication?.type === "ah") {
    return new AuthHeader(passwordBytes(config.authentication.password), digests);
  }
  return config.hmac && new AuthTrailers(policyOf(config, config.hmac), digests);
}

/** Whether two configurations authenticate the same way, so that what was seen still counts. */
export function sameAuth(a: VrrpInstance, b: VrrpInstance): boolean {
  const termsOf = ({ authentication, hmac, unicastPeers }: VrrpInstance): unknown => {
    return { authentication, hmac, slots: hmac && unicastPeers.length };
  };
  return same(termsOf(a), termsOf(b));
}

/** Peers whose sequence numbers are remembered; there is more than one only when masters clash. */
const REMEMBERED_SENDERS = 4;

/** `auth_type AH` (RFC 2402), version 2 over IPv4. */
class AuthHeader implements PacketAuth {
  readonly protocol = AUTH_HEADER_PROTOCOL;
  readonly overheadBytes = AUTH_HEADER_BYTES;
  readonly #password: Uint8Array;
  readonly #digests: Digests;
  readonly #seen = new Map<string, number>();
  /** Of the last packet that we sent, or that was believed: who takes over goes on counting where the master was (keepalived). */
  #sequence = 0;

  constructor(password: Uint8Array, digests: Digests) {
    this.#password = password;
    this.#digests = digests;
  }

  wrap(packet: Uint8Array, end: number): number {
    this.#sequence = Math.min(this.#sequence + 1, LAST_AUTH_SEQUENCE); // 136 years at one a second
    return addAuthHeader(packet, end, this.#sequence, this.#password, this.#digests.md5);
  }

  unwrap(packet: Uint8Array, { payloadStart, payloadEnd }: IpPacket, isMaster: boolean): Message | DiscardReason {
    const found = readAuthHeader(packet, payloadStart, payloadEnd, this.#password, this.#digests.md5);
    if (!found.ok) return found.reason;
    const sender = senderOf(packet, 4);
    if (!sequenceIsNew(this.#seen.get(sender), found.value.sequence, isMaster)) return "auth-replay";
    this.#sequence = Math.max(this.#sequence, found.value.sequence);
    this.#seen.delete(sender); // so that it comes last
    this.#seen.set(sender, found.value.sequence);
    for (const oldest of this.#seen.keys()) {
      if (this.#seen.size <= REMEMBERED_SENDERS) break;
      this.#seen.delete(oldest);
    }
    return { start: found.value.payloadStart, end: payloadEnd };
  }
}

/** `auth_hmac` of keepalived 2.4, version 3. */
class AuthTrailers implements PacketAuth {
  readonly protocol = VRRP_PROTOCOL;
  readonly #policy: AuthPolicy;
  readonly #digests: Digests;
  #replay: ReplayState = new Map();
  #stamp: AuthStamp | undefined;

  constructor(policy: AuthPolicy, digests: Digests) {
    this.#policy = policy;
    this.#digests = digests;
  }

  get overheadBytes(): number {
    return signingKey(this.#policy) === undefined ? 0 : AUTH_TRAILER_BYTES;
  }

  wrap(packet: Uint8Array, end: number, wallMs: number): number {
    const signing = signingKey(this.#policy);
    if (signing === undefined) return end;
    const family = (packet[0] as number) >> 4 as 4 | 6;
    const start = family === 6 ? IPV6_HEADER_BYTES : IPV4_HEADER_BYTES;
    const stamp = this.#stamp = nextStamp(this.#stamp, wallMs / 1000);
    const newEnd = writeAuthTrailer(
      packet,
      start,
      end,
      { keyId: signing.id, stamp },
      sourceOf(packet, family),
      signing.key,
      this.#digests.sha256,
    );
    setLength(packet, newEnd, family);
    return newEnd;
  }

  unwrap(packet: Uint8Array, ip: IpPacket, _isMaster: boolean, wallMs: number): Message | DiscardReason {
    const { family, payloadStart: start, payloadEnd } = ip;
    const found = readAuthTrailer(packet, start, payloadEnd, family === 6 ? 16 : 4);
    const source = sourceOf(packet, family);
    const verdict = judgeAuthentication(
      this.#policy,
      this.#replay,
      found,
      (trailer, key) => verifyAuthTrailer(packet, start, trailer, source, key, this.#digests.sha256),
      formatIp(source),
      wallMs / 1000,
    );
    if (!verdict.ok) return verdict.reason;
    this.#replay = verdict.state;
    return { start, end: found.ok ? found.value.messageEnd : payloadEnd };
  }
}

/** Senders remembered of a group (keepalived 2.4). */
const MULTICAST_SLOTS = 4;

function policyOf({ unicastPeers }: VrrpInstance, hmac: HmacAuthentication): AuthPolicy {
  const keys = hmac.keys.map(({ id, secret }) => [id, secretBytes(secret) ?? new Uint8Array()] as const);
  return {
    keys: new Map(keys),
    activeKeyId: hmac.activeKey,
    mode: hmac.mode,
    antiReplay: hmac.antiReplay,
    timeWindowSeconds: hmac.timeWindowSeconds,
    slots: unicastPeers.length || MULTICAST_SLOTS,
  };
}

/** What the IP header says about the length of the packet. */
function setLength(packet: Uint8Array, length: number, family: 4 | 6): void {
  const view = new DataView(packet.buffer, packet.byteOffset);
  if (family === 6) return view.setUint16(4, length - IPV6_HEADER_BYTES);
  view.setUint16(2, length);
  setIdentification(packet, view.getUint16(4)); // which makes the header's checksum right
}

function sourceOf(packet: Uint8Array, family: 4 | 6): Uint8Array {
  const at = sourceOffset(family);
  return packet.subarray(at, at + (family === 6 ? 16 : 4));
}

function senderOf(packet: Uint8Array, family: 4 | 6): string {
  return formatIp(sourceOf(packet, family));
}
