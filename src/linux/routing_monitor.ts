// Which of the routes and rules that we added somebody else removed, by the kernel's word.
import { type NetlinkMessage, netlinkMessages, NetlinkWriter, NLM_F_DUMP, NLM_F_REQUEST } from "../wire/netlink.ts";
import {
  readOwnRoute,
  routeKey,
  RTM_DELROUTE,
  RTM_GETROUTE,
  RTM_NEWROUTE,
  RTMGRP_IPV4_ROUTE,
  RTMGRP_IPV6_ROUTE,
  RTPROT_KEEPALIVED,
} from "../wire/route.ts";
import {
  readOwnRule,
  RTM_DELRULE,
  RTM_GETRULE,
  RTM_NEWRULE,
  RTMGRP_IPV4_RULE,
  RTMGRP_IPV6_RULE,
  ruleKey,
} from "../wire/rule.ts";
import { SOL_SOCKET } from "./constants.ts";
import { libc } from "./libc.ts";
import { ENOBUFS, NETLINK_ROUTE, NetlinkSocket } from "./netlink_socket.ts";
import { check, SystemError } from "./system_error.ts";

const SO_ATTACH_FILTER = 26;
const BPF_LOAD_HALF = 0x28;
const BPF_LOAD_BYTE = 0x30;
const BPF_JUMP_EQUAL = 0x15;
const BPF_RETURN = 0x06;
const WHOLE = 0xffffffff;
/** struct sock_filter: code, jump if true, jump if false, value. */
type Instruction = readonly [code: number, ifTrue: number, ifFalse: number, value: number];
/**
 * Lets through what is not about routes, and routes of our protocol: a router that speaks BGP changes thousands of others a
 * second. Halves are loaded in network order, and nlmsg_type is little endian.
 */
const FILTER: readonly Instruction[] = [
  [BPF_LOAD_HALF, 0, 0, 4],
  [BPF_JUMP_EQUAL, 1, 0, RTM_NEWROUTE << 8],
  [BPF_JUMP_EQUAL, 0, 2, RTM_DELROUTE << 8],
  [BPF_LOAD_BYTE, 0, 0, 16 + 5], // rtm_protocol
  [BPF_JUMP_EQUAL, 0, 1, RTPROT_KEEPALIVED],
  [BPF_RETURN, 0, 0, WHOLE],
  [BPF_RETURN, 0, 0, 0],
];

/** What is known of one that is watched. */
interface Watched {
  /** The kernel has reported it under this key. */
  seen: boolean;
  lost: boolean;
}

/** Watches what it is told of, by key (`routeKey`, `ruleKey`). */
export class RoutingMonitor {
  readonly #socket: NetlinkSocket;
  readonly #watched = new Map<string, Watched>();

  /** @throws SystemError */
  constructor() {
    this.#socket = new NetlinkSocket(NETLINK_ROUTE, {
      groups: RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE | RTMGRP_IPV4_RULE | RTMGRP_IPV6_RULE,
      nonBlocking: true,
    });
    attachFilter(this.#socket.fd);
  }

  get fd(): number {
    return this.#socket.fd;
  }

  /** We have just added it. */
  watch(key: string): void {
    const known = this.#watched.get(key);
    if (known === undefined) this.#watched.set(key, { seen: false, lost: false });
    else known.lost = false;
  }

  /** We are about to remove it. */
  forget(key: string): void {
    this.#watched.delete(key);
  }

  isLost(key: string): boolean {
    return this.#watched.get(key)?.lost ?? false;
  }

  /** Reads what the kernel has reported. @returns true when that was anything */
  update(): boolean {
    for (let changed = false;; changed = true) {
      try {
        const datagram = this.#socket.receive();
        if (datagram === undefined) return changed;
        for (const message of netlinkMessages(datagram)) this.#apply(message);
      } catch (error) {
        if (!(error instanceof SystemError) || error.errno !== ENOBUFS) throw error;
        this.#readAll(); // reports were lost: only a new reading is right again
      }
    }
  }

  close(): void {
    this.#socket.close();
  }

  #apply(message: NetlinkMessage): void {
    const isThere = message.type === RTM_NEWROUTE || message.type === RTM_NEWRULE;
    const key = keyOf(message);
    const known = key === undefined ? undefined : this.#watched.get(key);
    if (known === undefined) return;
    known.lost = !isThere;
    known.seen ||= isThere;
  }

  /** Judges only those that the kernel has named before as we do. */
  #readAll(): void {
    const present = new Set<string>();
    const socket = new NetlinkSocket(NETLINK_ROUTE);
    try {
      for (const type of [RTM_GETROUTE, RTM_GETRULE]) {
        const sequence = socket.nextSequence();
        const writer = new NetlinkWriter(64);
        writer.begin(type, NLM_F_REQUEST | NLM_F_DUMP, sequence).raw(new Uint8Array(12)).end();
        socket.dump(writer, sequence, (message) => {
          const key = keyOf(message);
          if (key !== undefined) present.add(key);
        });
      }
    } finally {
      socket.close();
    }
    for (const [key, known] of this.#watched) known.lost = known.seen && !present.has(key);
  }
}

function keyOf(message: NetlinkMessage): string | undefined {
  if (message.type === RTM_NEWROUTE || message.type === RTM_DELROUTE) {
    const route = readOwnRoute(message);
    return route && routeKey(route);
  }
  if (message.type !== RTM_NEWRULE && message.type !== RTM_DELRULE) return undefined;
  const rule = readOwnRule(message);
  return rule && ruleKey(rule);
}

/** The kernel copies the program during the call. */
function attachFilter(fd: number): void {
  const program = new Uint8Array(FILTER.length * 8);
  const view = new DataView(program.buffer);
  for (const [index, [code, ifTrue, ifFalse, value]] of FILTER.entries()) {
    view.setUint16(index * 8, code, true);
    view.setUint8(index * 8 + 2, ifTrue);
    view.setUint8(index * 8 + 3, ifFalse);
    view.setUint32(index * 8 + 4, value, true);
  }
  const fprog = new Uint8Array(16); // struct sock_fprog: length, padding, address
  const address = Deno.UnsafePointer.value(Deno.UnsafePointer.of(program));
  new DataView(fprog.buffer).setUint16(0, FILTER.length, true);
  new DataView(fprog.buffer).setBigUint64(8, BigInt(address), true);
  check(libc().setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, fprog, fprog.length), "filter a netlink socket");
}
