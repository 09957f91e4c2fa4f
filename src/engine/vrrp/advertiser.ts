// The packets of one virtual router, one for the group or one for each peer: built once for each priority, sent again with
// a new identification.
import { assert } from "../../base/assert.ts";
import { type Family, parseIp } from "../../base/ip.ts";
import type { PacketAuth } from "./packet_auth.ts";
import { IPV4_HEADER_BYTES, setIdentification, writeIpv4Header } from "../../wire/ipv4.ts";
import { IPV6_HEADER_BYTES, writeIpv6Header } from "../../wire/ipv6.ts";
import {
  type Advertisement,
  advertisementBytes,
  AUTH_IP_HEADER,
  AUTH_NONE,
  AUTH_SIMPLE_PASSWORD,
  type ChecksumForm,
  VRRP_PROTOCOL,
  VRRP_TRAFFIC_CLASS,
  VRRP_TTL,
  writeAdvertisement,
  writeAdvertisement6,
} from "../../wire/vrrp.ts";

/** What goes into every packet of a router. */
export interface AdvertiserConfig {
  readonly family: Family;
  readonly version: 2 | 3;
  readonly vrid: number;
  readonly advertisementIntervalUs: number;
  /** 8 bytes; undefined: no authentication. */
  readonly password?: Uint8Array;
  /** Packets are wrapped: their number and time are in each. */
  readonly auth?: PacketAuth;
  /** Advertised addresses, in the order of the configuration. */
  readonly addresses: readonly string[];
  /** The multicast group: 4 or 16 bytes. */
  readonly group: Uint8Array;
  /** Peers that are sent to one by one, 4 or 16 bytes; empty: the group. */
  readonly peers: readonly Uint8Array[];
  /** TTL of packets to peers; those to the group have 255. */
  readonly unicastTtl: number;
  /** For version 3 over IPv4. */
  readonly checksumForm: ChecksumForm;
}

/** Longest password that fits a packet (RFC 2338 section 5.3.10). */
const PASSWORD_BYTES = 8;

/** A password as it stands in a packet: cut to 8 bytes, padded with zeros. */
export function passwordBytes(password: string): Uint8Array {
  const bytes = new Uint8Array(PASSWORD_BYTES);
  bytes.set(new TextEncoder().encode(password).subarray(0, PASSWORD_BYTES));
  return bytes;
}

/** Addresses of one family as they stand in a packet, one after the other. */
export function addressListBytes(addresses: readonly string[]): Uint8Array {
  const parsed = addresses.map((address) => {
    const bytes = parseIp(address);
    assert(bytes !== undefined, `not an address: ${address}`);
    return bytes;
  });
  const list = new Uint8Array(parsed.reduce((length, bytes) => length + bytes.length, 0));
  let at = 0;
  for (const bytes of parsed) {
    list.set(bytes, at);
    at += bytes.length;
  }
  return list;
}

/** Makes the packets of one virtual router. */
export class Advertiser {
  #config: AdvertiserConfig;
  #packets: readonly Uint8Array<ArrayBuffer>[];
  /** What is sent, where packets are wrapped. */
  #wrapped: readonly Uint8Array<ArrayBuffer>[];
  #checksumForm: ChecksumForm;
  #source: Uint8Array | undefined;
  #priority = -1;
  /** keepalived counts from 1 for each instance. */
  #identification = 0;

  constructor(config: AdvertiserConfig) {
    this.#config = config;
    this.#checksumForm = config.checksumForm;
    this.#packets = emptyPackets(config);
    this.#wrapped = wrappers(this.#packets, config);
  }

  /** From the next packet on, says what another configuration says. Identifications go on counting. */
  reconfigure(config: AdvertiserConfig): void {
    this.#config = config;
    this.#checksumForm = config.checksumForm;
    this.#packets = emptyPackets(config);
    this.#wrapped = wrappers(this.#packets, config);
    this.#source = undefined;
  }

  /** The form of the checksum from the next packet on, for peers that know only an old one. */
  useChecksumForm(form: ChecksumForm): void {
    this.#checksumForm = form;
    this.#source = undefined;
  }

  /**
   * The next packets to send: one for the group, or one for each peer. The arrays are used again for those after them.
   *
   * @param source address of the sender, 4 or 16 bytes
   * @param priority 0 to 255
   * @param wallMs the time, for packets that say when they were made
   */
  next(source: Uint8Array, priority: number, wallMs: number): readonly Uint8Array<ArrayBuffer>[] {
    if (source !== this.#source || priority !== this.#priority) this.#build(source, priority);
    if (this.#config.family === 4) {
      for (const packet of this.#packets) {
        this.#identification = this.#identification >= 0xffff ? 1 : this.#identification + 1;
        setIdentification(packet, this.#identification);
      }
    }
    const { auth } = this.#config;
    if (auth === undefined) return this.#packets;
    for (const [index, packet] of this.#packets.entries()) {
      const wrapped = this.#wrapped[index];
      wrapped?.set(packet);
      if (wrapped !== undefined) auth.wrap(wrapped, packet.length, wallMs);
    }
    return this.#wrapped;
  }

  #build(source: Uint8Array, priority: number): void {
    const { family, version, vrid, advertisementIntervalUs, password, addresses, peers, unicastTtl } = this.#config;
    const advertisement: Advertisement = {
      version,
      vrid,
      priority,
      advertisementIntervalUs,
      authType: this.#authType,
      authData: password ?? new Uint8Array(PASSWORD_BYTES),
      addresses: addressListBytes(addresses),
    };
    for (const [index, packet] of this.#packets.entries()) {
      const peer = peers[index];
      const destination = peer ?? this.#config.group;
      const ttl = peer === undefined ? VRRP_TTL : unicastTtl;
      if (family === 6) writePacket6(packet, { source, destination, ttl }, advertisement);
      else this.#writePacket4(packet, { source, destination, ttl }, advertisement);
    }
    this.#source = source;
    this.#priority = priority;
  }

  get #authType(): number {
    const { version, auth, password } = this.#config;
    if (password !== undefined) return AUTH_SIMPLE_PASSWORD;
    return auth !== undefined && version === 2 ? AUTH_IP_HEADER : AUTH_NONE;
  }

  #writePacket4(packet: Uint8Array, { source, destination, ttl }: Way, advertisement: Advertisement): void {
    writeIpv4Header(packet, {
      trafficClass: VRRP_TRAFFIC_CLASS,
      totalLengthBytes: packet.length,
      identification: this.#identification,
      ttl,
      protocol: VRRP_PROTOCOL,
      source,
      destination,
    });
    writeAdvertisement(packet, advertisement, this.#checksumForm);
  }
}

/** From where to where. */
interface Way {
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  readonly ttl: number;
}

function writePacket6(packet: Uint8Array, { source, destination, ttl }: Way, advertisement: Advertisement): void {
  writeIpv6Header(packet, 0, {
    trafficClass: VRRP_TRAFFIC_CLASS,
    payloadLengthBytes: packet.length - IPV6_HEADER_BYTES,
    nextHeader: VRRP_PROTOCOL,
    hopLimit: ttl,
    source,
    destination,
  });
  writeAdvertisement6(packet.subarray(IPV6_HEADER_BYTES), advertisement, source, destination);
}

function emptyPackets({ family, version, addresses, peers }: AdvertiserConfig): Uint8Array<ArrayBuffer>[] {
  const lengthBytes = family === 6
    ? IPV6_HEADER_BYTES + advertisementBytes(version, addresses.length, 16)
    : IPV4_HEADER_BYTES + advertisementBytes(version, addresses.length);
  return Array.from({ length: Math.max(1, peers.length) }, () => new Uint8Array(lengthBytes));
}

function wrappers(packets: readonly Uint8Array[], { auth }: AdvertiserConfig): Uint8Array<ArrayBuffer>[] {
  return auth === undefined ? [] : packets.map(({ length }) => new Uint8Array(length + auth.overheadBytes));
}
