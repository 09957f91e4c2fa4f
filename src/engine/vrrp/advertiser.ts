// The packets of one virtual router, one for the group or one for each peer: built once for each priority, sent again with
// a new identification.
import { parseIpv4 } from "../../base/ip.ts";
import { assert } from "../../base/assert.ts";
import { setIdentification, writeIpv4Header } from "../../wire/ipv4.ts";
import {
  advertisementBytes,
  AUTH_NONE,
  AUTH_SIMPLE_PASSWORD,
  VRRP_GROUP,
  VRRP_PROTOCOL,
  VRRP_TRAFFIC_CLASS,
  VRRP_TTL,
  writeAdvertisement,
} from "../../wire/vrrp.ts";
import { IPV4_HEADER_BYTES } from "../../wire/ipv4.ts";

/** What goes into every packet of a router. */
export interface AdvertiserConfig {
  readonly version: 2 | 3;
  readonly vrid: number;
  readonly advertisementIntervalUs: number;
  /** 8 bytes; undefined: no authentication. */
  readonly password?: Uint8Array;
  /** Advertised addresses, in the order of the configuration. */
  readonly addresses: readonly string[];
  /** Peers that are sent to one by one; empty: the multicast group. */
  readonly peers: readonly string[];
  /** TTL of packets to peers; those to the group have 255. */
  readonly unicastTtl: number;
}

/** Longest password that fits a packet (RFC 2338 section 5.3.10). */
const PASSWORD_BYTES = 8;

/** A password as it stands in a packet: cut to 8 bytes, padded with zeros. */
export function passwordBytes(password: string): Uint8Array {
  const bytes = new Uint8Array(PASSWORD_BYTES);
  bytes.set(new TextEncoder().encode(password).subarray(0, PASSWORD_BYTES));
  return bytes;
}

/** Addresses as they stand in a packet, one after the other. */
export function addressListBytes(addresses: readonly string[]): Uint8Array {
  const bytes = new Uint8Array(4 * addresses.length);
  for (const [index, address] of addresses.entries()) {
    const parsed = parseIpv4(address);
    assert(parsed !== undefined, `not an IPv4 address: ${address}`);
    bytes.set(parsed, 4 * index);
  }
  return bytes;
}

/** Makes the packets of one virtual router. */
export class Advertiser {
  #config: AdvertiserConfig;
  #packets: readonly Uint8Array<ArrayBuffer>[];
  #source: string | undefined;
  #priority = -1;
  /** keepalived counts from 1 for each instance. */
  #identification = 0;

  constructor(config: AdvertiserConfig) {
    this.#config = config;
    this.#packets = emptyPackets(config);
  }

  /** From the next packet on, says what another configuration says. Identifications go on counting. */
  reconfigure(config: AdvertiserConfig): void {
    this.#config = config;
    this.#packets = emptyPackets(config);
    this.#source = undefined;
  }

  /**
   * The next packets to send: one for the group, or one for each peer. The arrays are used again for those after them.
   *
   * @param source IPv4 address of the sender
   * @param priority 0 to 255
   */
  next(source: string, priority: number): readonly Uint8Array<ArrayBuffer>[] {
    if (source !== this.#source || priority !== this.#priority) this.#build(source, priority);
    for (const packet of this.#packets) {
      this.#identification = this.#identification >= 0xffff ? 1 : this.#identification + 1;
      setIdentification(packet, this.#identification);
    }
    return this.#packets;
  }

  #build(source: string, priority: number): void {
    const { version, vrid, advertisementIntervalUs, password, addresses, peers, unicastTtl } = this.#config;
    for (const [index, packet] of this.#packets.entries()) {
      const peer = peers[index];
      writeIpv4Header(packet, {
        trafficClass: VRRP_TRAFFIC_CLASS,
        totalLengthBytes: packet.length,
        identification: this.#identification,
        ttl: peer === undefined ? VRRP_TTL : unicastTtl,
        protocol: VRRP_PROTOCOL,
        source: addressListBytes([source]),
        destination: peer === undefined ? VRRP_GROUP : addressListBytes([peer]),
      });
      writeAdvertisement(packet, {
        version,
        vrid,
        priority,
        advertisementIntervalUs,
        authType: password === undefined ? AUTH_NONE : AUTH_SIMPLE_PASSWORD,
        authData: password ?? new Uint8Array(PASSWORD_BYTES),
        addresses: addressListBytes(addresses),
      });
    }
    this.#source = source;
    this.#priority = priority;
  }
}

function emptyPackets({ version, addresses, peers }: AdvertiserConfig): Uint8Array<ArrayBuffer>[] {
  const lengthBytes = IPV4_HEADER_BYTES + advertisementBytes(version, addresses.length);
  return Array.from({ length: Math.max(1, peers.length) }, () => new Uint8Array(lengthBytes));
}
