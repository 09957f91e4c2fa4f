// What peers send to one virtual router, up to where it is believed: unwraps, judges, compares and counts; knows no state.
import type { Family } from "../../base/ip.ts";
import type { VrrpInstance } from "../../config/config.ts";
import { type DiscardReason, type Expectation, judge } from "../../core/vrrp/acceptance.ts";
import type { SplitBrainSign } from "../../core/vrrp/split_brain.ts";
import type { Digests } from "../../ports/digests.ts";
import type { IpPacket } from "../../wire/ip_packet.ts";
import { type Advertisement, type ChecksumForm, VRRP_PROTOCOL } from "../../wire/vrrp.ts";
import { addressListBytes } from "./advertiser.ts";
import type { MutableCounters } from "./counters.ts";
import { DISCARD_TEXT, MISCONFIGURED } from "./discard_text.ts";
import { type Message, type PacketAuth, packetAuth, sameAuth } from "./packet_auth.ts";
import { senderOf } from "./senders.ts";
import { advertisedAddresses, checksumForms, expectationOf } from "./terms.ts";

/** Who wants to know of what is found out on the way. */
export interface ReceptionListener {
  readonly log: (line: string) => void;
  /** The same for what comes in floods: `key` tells the kinds apart. */
  readonly note: (key: string, line: string) => void;
  /** A router of our group is configured in another way. */
  readonly misconfigured: (sign: SplitBrainSign) => void;
  /** From now on peers are to be answered in this form. */
  readonly answerIn: (form: ChecksumForm) => void;
  /** Another master than before. */
  readonly changed: () => void;
}

/** Of one virtual router. */
export class Reception {
  readonly #counters: MutableCounters;
  readonly #listener: ReceptionListener;
  readonly #digests: Digests;
  /** Of the packet at hand; used again for the next one. */
  readonly #carrier: { packet: Uint8Array; family: Family; ttl: number };
  #config: VrrpInstance;
  #expectation: Expectation;
  #advertisedAddresses: Uint8Array;
  #checksumForms: readonly ChecksumForm[];
  #auth: PacketAuth | undefined;
  #master: { address: string; priority: number } | undefined;

  constructor(config: VrrpInstance, digests: Digests, counters: MutableCounters, listener: ReceptionListener) {
    this.#config = config;
    this.#digests = digests;
    this.#counters = counters;
    this.#listener = listener;
    this.#carrier = { packet: new Uint8Array(), family: config.family, ttl: 0 };
    this.#expectation = expectationOf(config);
    this.#advertisedAddresses = addressListBytes(advertisedAddresses(config));
    this.#checksumForms = checksumForms(config);
    this.#auth = packetAuth(config, digests);
  }

  /** What is seen of peers stays, where they are still judged by the same. */
  reconfigure(config: VrrpInstance): void {
    if (!sameAuth(this.#config, config)) this.#auth = packetAuth(config, this.#digests);
    this.#config = config;
    this.#expectation = expectationOf(config);
    this.#advertisedAddresses = addressListBytes(advertisedAddresses(config));
    this.#checksumForms = checksumForms(config);
  }

  /** What wraps packets, ours too; undefined: nothing. */
  get auth(): PacketAuth | undefined {
    return this.#auth;
  }

  /** Forms of the checksum that peers may use. */
  get checksumForms(): readonly ChecksumForm[] {
    return this.#checksumForms;
  }

  /** The sender of the last advertisement that was followed. */
  get master(): { readonly address: string; readonly priority: number } | undefined {
    return this.#master;
  }

  /** Finds the advertisement in a packet, once what wraps it is believed; otherwise why it is not. */
  unwrap(packet: Uint8Array, ip: IpPacket, isMaster: boolean, wallMs: number): Message | DiscardReason {
    if (ip.protocol !== (this.#auth?.protocol ?? VRRP_PROTOCOL)) return "auth-type";
    const { payloadStart: start, payloadEnd: end } = ip;
    return this.#auth?.unwrap(packet, ip, isMaster, wallMs) ?? { start, end };
  }

  /** Whether an advertisement may be believed; counts it either way. @param packet valid during the call only */
  admits(packet: Uint8Array, ttl: number, advertisement: Advertisement): boolean {
    this.#carrier.packet = packet;
    this.#carrier.ttl = ttl;
    const reason = judge(advertisement, this.#carrier, this.#expectation);
    if (reason !== undefined) {
      this.discard(reason, packet);
      return false;
    }
    this.#counters.advertisementsReceived++;
    if (advertisement.priority === 0) this.#counters.priorityZeroReceived++;
    this.#compareAddresses(packet, advertisement);
    this.#answerInForm(packet, advertisement.checksumForm);
    return true;
  }

  /** Counts a packet that is not believed, and says so at most once a minute. */
  discard(reason: DiscardReason, packet: Uint8Array): void {
    this.#counters.discarded[reason] = (this.#counters.discarded[reason] ?? 0) + 1;
    const [who, why] = [senderOf(packet), DISCARD_TEXT[reason]];
    if (MISCONFIGURED.has(reason)) this.#listener.misconfigured({ kind: "advertisement", who, unbelieved: why });
    this.#listener.note(`discard ${reason}`, `discarding advertisement from ${who}: ${why}`);
  }

  /** An advertisement was followed. */
  remember(packet: Uint8Array, priority: number): void {
    if (priority === 0) return;
    const address = senderOf(packet);
    if (this.#master?.address === address && this.#master.priority === priority) return;
    this.#master = { address, priority };
    this.#listener.changed();
  }

  /** A peer of an old release knows only its own form of the checksum: it is answered in that one. */
  #answerInForm(packet: Uint8Array, form: ChecksumForm | undefined): void {
    if (form !== "old-unicast" || this.#checksumForms[0] === form) return;
    this.#listener.log(
      `${senderOf(packet)} uses the checksum of old releases of keepalived; answering in the same form`,
    );
    this.#checksumForms = [form, "standard"];
    this.#listener.answerIn(form);
  }

  #compareAddresses(packet: Uint8Array, { addresses }: Advertisement): void {
    if (this.#config.skipsAddressCheck && this.#master?.address === senderOf(packet)) return;
    const ours = this.#advertisedAddresses;
    if (addresses.length === ours.length && addresses.every((byte, at) => byte === ours[at])) return;
    // Since keepalived 2.3.3 such a packet is obeyed: two masters would be worse than two lists.
    this.#counters.discarded["address-list"] = (this.#counters.discarded["address-list"] ?? 0) + 1;
    const line = `the address list of ${senderOf(packet)} is not ours; obeying its advertisement`;
    this.#listener.note("address-list", line);
  }
}
