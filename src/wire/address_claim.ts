// Frames in which a host says that an address is its own: ARP (RFC 826, RFC 5227) and neighbor advertisements (RFC 4861).
// With the program for the kernel's packet filter that lets only those for certain addresses through.
import { formatIp } from "../base/ip.ts";

const ETHERNET_TYPE_OFFSET = 12;
const ETHERTYPE_ARP = 0x0806;
const ETHERTYPE_IPV6 = 0x86dd;
const ARP_SENDER_HARDWARE_OFFSET = 22;
const ARP_SENDER_OFFSET = 28;
const ARP_END = 42;
const IPV6_NEXT_HEADER_OFFSET = 20;
const IPPROTO_ICMPV6 = 58;
const ICMPV6_TYPE_OFFSET = 54;
const NEIGHBOR_ADVERTISEMENT = 136;
const TARGET_OFFSET = 62;
const SOURCE_HARDWARE_OFFSET = 6;
const NEIGHBOR_ADVERTISEMENT_END = 78;

/** Who claims an address. */
export interface AddressClaim {
  readonly address: string;
  /** `02:00:00:00:00:01`. */
  readonly hardwareAddress: string;
}

/** Reads an Ethernet frame; undefined when it claims nothing. */
export function readAddressClaim(frame: Uint8Array, length: number): AddressClaim | undefined {
  if (length < ARP_END) return undefined;
  const type = ((frame[ETHERNET_TYPE_OFFSET] as number) << 8) | (frame[ETHERNET_TYPE_OFFSET + 1] as number);
  if (type === ETHERTYPE_ARP) return claimAt(frame, ARP_SENDER_OFFSET, 4, ARP_SENDER_HARDWARE_OFFSET);
  if (type !== ETHERTYPE_IPV6 || length < NEIGHBOR_ADVERTISEMENT_END) return undefined;
  if (frame[IPV6_NEXT_HEADER_OFFSET] !== IPPROTO_ICMPV6) return undefined;
  if (frame[ICMPV6_TYPE_OFFSET] !== NEIGHBOR_ADVERTISEMENT) return undefined;
  return claimAt(frame, TARGET_OFFSET, 16, SOURCE_HARDWARE_OFFSET);
}

function claimAt(frame: Uint8Array, at: number, bytes: 4 | 16, hardwareAt: number): AddressClaim {
  const octets = Array.from(frame.subarray(hardwareAt, hardwareAt + 6), (octet) => octet.toString(16).padStart(2, "0"));
  return { address: formatIp(frame.subarray(at, at + bytes)), hardwareAddress: octets.join(":") };
}

/** One instruction of the classic packet filter (linux/filter.h). */
type Instruction = readonly [code: number, ifTrue: number, ifFalse: number, value: number];

const LOAD_WORD = 0x20;
const LOAD_HALF = 0x28;
const LOAD_BYTE = 0x30;
const JUMP_IF_EQUAL = 0x15;
const RETURN = 0x06;
const ACCEPT: Instruction = [RETURN, 0, 0, 0xffff];
const REFUSE: Instruction = [RETURN, 0, 0, 0];

/** Most addresses that a filter is made for; with more of them it lets all claims through. */
const MAX_FILTERED = 200;

/**
 * The filter for a packet socket: lets pass what claims one of the addresses, of 4 or 16 bytes.
 *
 * @returns struct sock_filter for each instruction, in host order
 */
export function addressClaimFilter(addresses: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const filtered = addresses.length <= MAX_FILTERED ? addresses : undefined;
  const arp = branch(4, ARP_SENDER_OFFSET, filtered);
  const neighbor: Instruction[] = [
    [LOAD_BYTE, 0, 0, IPV6_NEXT_HEADER_OFFSET],
    [JUMP_IF_EQUAL, 1, 0, IPPROTO_ICMPV6],
    REFUSE,
    [LOAD_BYTE, 0, 0, ICMPV6_TYPE_OFFSET],
    [JUMP_IF_EQUAL, 1, 0, NEIGHBOR_ADVERTISEMENT],
    REFUSE,
    ...branch(16, TARGET_OFFSET, filtered),
  ];
  const type = (value: number, body: readonly Instruction[]): Instruction[] => [
    [LOAD_HALF, 0, 0, ETHERNET_TYPE_OFFSET],
    [JUMP_IF_EQUAL, 1, 0, value],
    [JUMP_ALWAYS, 0, 0, body.length],
    ...body,
  ];
  return encode([...type(ETHERTYPE_ARP, arp), ...type(ETHERTYPE_IPV6, neighbor), REFUSE]);
}

const JUMP_ALWAYS = 0x05;

/** Accepts when the address at an offset is one of those; every list of comparisons is skipped at its first difference. */
function branch(bytes: 4 | 16, at: number, addresses: readonly Uint8Array[] | undefined): Instruction[] {
  if (addresses === undefined) return [ACCEPT];
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
