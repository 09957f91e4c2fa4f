// The part of nftables that refuses packets to addresses, in netlink's bytes (linux/netfilter/nf_tables.h, nfnetlink.h): a
// table with two sets of addresses, and a chain that drops what is for them. Integers are in network order here.
import { type NetlinkWriter, NLM_F_ACK, NLM_F_CREATE, NLM_F_REQUEST } from "./netlink.ts";

/** Our table; others are never touched. */
export const FILTER_TABLE = "holdfast";
const CHAIN = "input";

const NFNL_SUBSYS_NFTABLES = 10;
const NFNL_MSG_BATCH_BEGIN = 0x10;
const NFNL_MSG_BATCH_END = 0x11;
const NFPROTO_UNSPEC = 0;
const NFPROTO_INET = 1;
const NFPROTO_IPV4 = 2;
const NFPROTO_IPV6 = 10;

const NFT_MSG_NEWTABLE = 0;
const NFT_MSG_DELTABLE = 2;
const NFT_MSG_NEWCHAIN = 3;
const NFT_MSG_NEWRULE = 6;
const NFT_MSG_NEWSET = 9;
const NFT_MSG_NEWSETELEM = 12;
const NFT_MSG_DELSETELEM = 14;
const NLM_F_APPEND = 0x800;

const NF_INET_LOCAL_IN = 1;
const NF_DROP = 0;
const NF_ACCEPT = 1;
/** Behind IPVS in LOCAL_IN (99), which takes what it forwards: only what this host would answer itself is refused. */
const PRIORITY = 150;
const NFT_REG_VERDICT = 0;
const NFT_REG_1 = 1;
const NFT_META_NFPROTO = 15;
const NFT_META_L4PROTO = 16;
const NFT_PAYLOAD_NETWORK_HEADER = 1;
const NFT_PAYLOAD_TRANSPORT_HEADER = 2;
const IPPROTO_ICMPV6 = 58;
const NEIGHBOR_SOLICITATION = 135;
const NEIGHBOR_ADVERTISEMENT = 136;

/** Type number of a set's keys, for nft(8) to show them; bytes of a key; where the addresses stand in the header. */
const FAMILIES = {
  4: { set: "vips4", setId: 1, keyType: 7, keyBytes: 4, protocol: NFPROTO_IPV4, destination: 16 },
  6: { set: "vips6", setId: 2, keyType: 8, keyBytes: 16, protocol: NFPROTO_IPV6, destination: 24 },
} as const;

/** Writes a batch: the kernel carries out all of it or nothing. @param last sequence number of its last message, which is acknowledged */
class Batch {
  readonly #writer: NetlinkWriter;
  #sequence: number;
  readonly #last: number;

  constructor(writer: NetlinkWriter, first: number, messages: number) {
    this.#writer = writer;
    this.#sequence = first;
    this.#last = first + messages - 1;
    this.#control(NFNL_MSG_BATCH_BEGIN);
  }

  message(type: number, flags: number, body: (writer: NetlinkWriter) => void): void {
    const sequence = this.#sequence++;
    const acknowledged = sequence === this.#last ? NLM_F_ACK : 0;
    const number = (NFNL_SUBSYS_NFTABLES << 8) | type;
    this.#writer.begin(number, NLM_F_REQUEST | acknowledged | flags, sequence).raw([NFPROTO_INET, 0, 0, 0]);
    body(this.#writer);
    this.#writer.end();
  }

  end(): number {
    this.#control(NFNL_MSG_BATCH_END);
    return this.#last;
  }

  /** The number of the subsystem is in network order. */
  #control(type: number): void {
    this.#writer.begin(type, NLM_F_REQUEST, 0).raw([NFPROTO_UNSPEC, 0, 0, NFNL_SUBSYS_NFTABLES]).end();
  }
}

/**
 * Writes the table anew, empty of addresses, whatever was left of it.
 *
 * @param first sequence number of the first message
 * @returns that of the last one, which is acknowledged
 */
export function writeFilterTable(writer: NetlinkWriter, first: number): number {
  const batch = new Batch(writer, first, 9);
  const table = (target: NetlinkWriter): void => void target.string(1, FILTER_TABLE);
  batch.message(NFT_MSG_NEWTABLE, NLM_F_CREATE, table); // so that there is one to remove
  batch.message(NFT_MSG_DELTABLE, 0, table);
  batch.message(NFT_MSG_NEWTABLE, NLM_F_CREATE, table);
  for (const { set, setId, keyType, keyBytes } of Object.values(FAMILIES)) {
    batch.message(NFT_MSG_NEWSET, NLM_F_CREATE, (target) => {
      target.string(1, FILTER_TABLE).string(2, set).u32Be(3, 0).u32Be(4, keyType).u32Be(5, keyBytes).u32Be(10, setId);
    });
  }
  batch.message(NFT_MSG_NEWCHAIN, NLM_F_CREATE, (target) => {
    target.string(1, FILTER_TABLE).string(3, CHAIN);
    target.nest(4, () => void target.u32Be(1, NF_INET_LOCAL_IN).u32Be(2, PRIORITY));
    target.u32Be(5, NF_ACCEPT).string(7, "filter");
  });
  writeRules(batch);
  return batch.end();
}

/** Neighbor discovery goes on: without it the address could not be reached by IPVS either (RFC 9568 section 6.1). */
function writeRules(batch: Batch): void {
  const rule = (expressions: (writer: NetlinkWriter) => void): void =>
    batch.message(NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND, (target) => {
      target.string(1, FILTER_TABLE).string(2, CHAIN).nest(4, () => expressions(target));
    });
  rule((target) => {
    meta(target, NFT_META_L4PROTO);
    compare(target, 0, [IPPROTO_ICMPV6]);
    payload(target, NFT_PAYLOAD_TRANSPORT_HEADER, 0, 1);
    compare(target, GREATER_OR_EQUAL, [NEIGHBOR_SOLICITATION]);
    compare(target, LESS_OR_EQUAL, [NEIGHBOR_ADVERTISEMENT]);
    verdict(target, NF_ACCEPT);
  });
  for (const { set, setId, keyBytes, protocol, destination } of Object.values(FAMILIES)) {
    rule((target) => {
      meta(target, NFT_META_NFPROTO);
      compare(target, 0, [protocol]);
      payload(target, NFT_PAYLOAD_NETWORK_HEADER, destination, keyBytes);
      expression(target, "lookup", () => void target.string(1, set).u32Be(2, NFT_REG_1).u32Be(4, setId));
      verdict(target, NF_DROP);
    });
  }
}

/** Writes that packets to addresses, of 4 or 16 bytes, are refused, or accepted again. @returns the last sequence number */
export function writeRefused(
  writer: NetlinkWriter,
  addresses: readonly Uint8Array[],
  refused: boolean,
  first: number,
): number {
  const byFamily = ([4, 6] as const).map((family) => {
    const { set, keyBytes } = FAMILIES[family];
    return { set, keys: addresses.filter(({ length }) => length === keyBytes) };
  }).filter(({ keys }) => keys.length > 0);
  const batch = new Batch(writer, first, byFamily.length);
  for (const { set, keys } of byFamily) {
    batch.message(refused ? NFT_MSG_NEWSETELEM : NFT_MSG_DELSETELEM, refused ? NLM_F_CREATE : 0, (target) => {
      target.string(1, FILTER_TABLE).string(2, set);
      target.nest(3, () => {
        for (const key of keys) target.nest(1, () => void target.nest(1, () => void target.data(1, key)));
      });
    });
  }
  return batch.end();
}

/** Writes that the table goes, with everything in it. @returns the last sequence number */
export function writeNoFilterTable(writer: NetlinkWriter, first: number): number {
  const batch = new Batch(writer, first, 1);
  batch.message(NFT_MSG_DELTABLE, 0, (target) => void target.string(1, FILTER_TABLE));
  return batch.end();
}

const LESS_OR_EQUAL = 3;
const GREATER_OR_EQUAL = 5;

function expression(target: NetlinkWriter, name: string, data: () => void): void {
  target.nest(1, () => void target.string(1, name).nest(2, data));
}

function meta(target: NetlinkWriter, key: number): void {
  expression(target, "meta", () => void target.u32Be(1, NFT_REG_1).u32Be(2, key));
}

function compare(target: NetlinkWriter, operation: number, value: readonly number[]): void {
  expression(target, "cmp", () => {
    target.u32Be(1, NFT_REG_1).u32Be(2, operation).nest(3, () => void target.data(1, value));
  });
}

function payload(target: NetlinkWriter, base: number, offset: number, bytes: number): void {
  expression(target, "payload", () => void target.u32Be(1, NFT_REG_1).u32Be(2, base).u32Be(3, offset).u32Be(4, bytes));
}

function verdict(target: NetlinkWriter, code: number): void {
  expression(target, "immediate", () => {
    target.u32Be(1, NFT_REG_VERDICT).nest(2, () => void target.nest(2, () => void target.u32Be(1, code)));
  });
}
