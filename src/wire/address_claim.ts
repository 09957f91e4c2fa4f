// Messages in which a host says that an address is its own: ARP (RFC 826, RFC 5227) and neighbor advertisements (RFC 4861).
// With the programs for the kernel's packet filter that let only those for certain addresses through.
import { formatIp } from "../base/ip.ts";

const ARP_SENDER_HARDWARE_OFFSET = 22;
const ARP_SENDER_OFFSET = 28;
const ARP_END = 42;
const NEIGHBOR_ADVERTISEMENT = 136;
const TARGET_OFFSET = 8;
const NEIGHBOR_ADVERTISEMENT_BYTES = 24;
const OPTION_TARGET_LINK_LAYER_ADDRESS = 2;

/** Who claims an address. */
export interface AddressClaim {
  readonly address: string;
  /** `02:00:00:00:00:01`; empty where it is not said. */
  readonly hardwareAddress: string;
}

/** Reads an Ethernet frame with ARP in it; undefined when it is too short. */
export function readArpClaim(frame: Uint8Array, length: number): AddressClaim | undefined {
  if (length < ARP_END) return undefined;
  return {
    address: formatIp(frame.subarray(ARP_SENDER_OFFSET, ARP_SENDER_OFFSET + 4)),
    hardwareAddress: hardwareAddressAt(frame, ARP_SENDER_HARDWARE_OFFSET),
  };
}

/** Reads an ICMPv6 message without its IP header; undefined when it is no neighbor advertisement. */
export function readNeighborClaim(message: Uint8Array, length: number): AddressClaim | undefined {
  if (length < NEIGHBOR_ADVERTISEMENT_BYTES || message[0] !== NEIGHBOR_ADVERTISEMENT) return undefined;
  const option = NEIGHBOR_ADVERTISEMENT_BYTES;
  const isSaid = length >= option + 8 && message[option] === OPTION_TARGET_LINK_LAYER_ADDRESS &&
    message[option + 1] === 1;
  return {
    address: formatIp(message.subarray(TARGET_OFFSET, TARGET_OFFSET + 16)),
    hardwareAddress: isSaid ? hardwareAddressAt(message, option + 2) : "",
  };
}

function hardwareAddressAt(bytes: Uint8Array, at: number): string {
  return Array.from(bytes.subarray(at, at + 6), (octet) => octet.toString(16).padStart(2, "0")).join(":");
}

/** One instruction of the classic packet filter (linux/filter.h). */
type Instruction = readonly [code: number, ifTrue: number, ifFalse: number, value: number];

const LOAD_WORD = 0x20;
const LOAD_BYTE = 0x30;
const JUMP_IF_EQUAL = 0x15;
const RETURN = 0x06;
const ACCEPT: Instruction = [RETURN, 0, 0, 0xffff];
const REFUSE: Instruction = [RETURN, 0, 0, 0];

/** Most addresses that a filter is made for; with more of them it lets all claims through. */
const MAX_FILTERED = 200;

/** The filter for a socket that gets ARP: lets pass what claims one of the addresses. @returns struct sock_filter for each instruction */
export function arpClaimFilter(addresses: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return encode(claims(4, ARP_SENDER_OFFSET, addresses));
}

/** The filter for a socket that gets ICMPv6, without IP header. @returns struct sock_filter for each instruction */
export function neighborClaimFilter(addresses: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return encode([
    [LOAD_BYTE, 0, 0, 0],
    [JUMP_IF_EQUAL, 1, 0, NEIGHBOR_ADVERTISEMENT],
    REFUSE,
    ...claims(16, TARGET_OFFSET, addresses),
  ]);
}

/** Accepts when the address at an offset is one of those; every list of comparisons is skipped at its first difference. */
function claims(bytes: 4 | 16, at: number, addresses: readonly Uint8Array[]): Instruction[] {
  if (addresses.length > MAX_FILTERED) return [ACCEPT];
  const comparisons = addresses.filter(({ length }) => length === bytes).flatMap((address): Instruction[] => {
    const view = new DataView(address.buffer, address.byteOffset);
    const words = bytes / 4;
    return [
      ...Array.from({ length: words }, (_, word): Instruction[] => [
        [LOAD_WORD, 0, 0, at + 4 * word],
        [JUMP_IF_EQUAL, 0, 2 * (words - word - 1) + 1, view.getUint32(4 * word)],
      ]).flat(),
      ACCEPT,
    ];
  });
  return [...comparisons, REFUSE];
}

function encode(program: readonly Instruction[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(program.length * 8);
  const view = new DataView(bytes.buffer);
  for (const [index, [code, ifTrue, ifFalse, value]] of program.entries()) {
    view.setUint16(index * 8, code, true);
    view.setUint8(index * 8 + 2, ifTrue);
    view.setUint8(index * 8 + 3, ifFalse);
    view.setUint32(index * 8 + 4, value, true);
  }
  return bytes;
}
