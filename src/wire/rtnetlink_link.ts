// Links that are made on top of others, macvlan and ipvlan, in rtnetlink's bytes (linux/if_link.h).
import { type NetlinkWriter, NLM_F_ACK, NLM_F_CREATE, NLM_F_EXCL, NLM_F_REQUEST } from "./netlink.ts";
import { RTM_DELLINK, RTM_NEWLINK } from "./rtnetlink.ts";

const AF_UNSPEC = 0;
const AF_INET6 = 10;
const IFINFOMSG_BYTES = 16;
const IFF_UP = 1;
const IFLA_ADDRESS = 1;
const IFLA_IFNAME = 3;
const IFLA_LINK = 5;
const IFLA_LINKINFO = 18;
const IFLA_AF_SPEC = 26;
const IFLA_GROUP = 27;
const IFLA_INFO_KIND = 1;
const IFLA_INFO_DATA = 2;
const IFLA_MACVLAN_MODE = 1;
const MACVLAN_MODE_PRIVATE = 1;
const IFLA_IPVLAN_MODE = 1;
const IPVLAN_MODE_L2 = 0;
const IFLA_IPVLAN_FLAGS = 2;
const IFLA_INET6_ADDR_GEN_MODE = 8;
const ADDR_GEN_MODE_NONE = 1;

/** How the links of one parent may talk to one another; IPVLAN_F_* in linux/if_link.h. */
export const IPVLAN_FLAGS = { bridge: 0, private: 1, vepa: 2 } as const;

/** A link to make. */
export type LinkRequest =
  & {
    readonly name: string;
    /** Of the link that it stands on. */
    readonly parentIndex: number;
    /** Number of a group of links (ip-link(8)). */
    readonly group?: number;
  }
  & (
    /** In private mode, so that it sees nothing of its siblings. 6 bytes. */
    | { readonly kind: "macvlan"; readonly hardwareAddress: Uint8Array }
    /** On layer 2, with its parent's hardware address. */
    | { readonly kind: "ipvlan"; readonly mode: keyof typeof IPVLAN_FLAGS }
  );

/** Writes the request to make a link, down; one of that name must not be there. */
export function writeAddLink(writer: NetlinkWriter, request: LinkRequest, sequence: number): void {
  begin(writer, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, { index: 0, flags: 0 }, sequence);
  writer.string(IFLA_IFNAME, request.name).u32(IFLA_LINK, request.parentIndex);
  if (request.kind === "macvlan") writer.data(IFLA_ADDRESS, request.hardwareAddress);
  if (request.group !== undefined) writer.u32(IFLA_GROUP, request.group);
  writer.nest(IFLA_LINKINFO, () => {
    writer.string(IFLA_INFO_KIND, request.kind);
    writer.nest(IFLA_INFO_DATA, () => {
      if (request.kind === "macvlan") writer.u32(IFLA_MACVLAN_MODE, MACVLAN_MODE_PRIVATE);
      else writer.u16(IFLA_IPVLAN_MODE, IPVLAN_MODE_L2).u16(IFLA_IPVLAN_FLAGS, IPVLAN_FLAGS[request.mode]);
    });
  });
  writer.end();
}

/**
 * Writes the request that a link shall have no IPv6 address that the kernel makes from its hardware address: it would be
 * the same on all routers of a group. The kernel refuses it with EAFNOSUPPORT where there is no IPv6.
 */
export function writeNoOwnAddress(writer: NetlinkWriter, index: number, sequence: number): void {
  begin(writer, RTM_NEWLINK, 0, { index, flags: 0 }, sequence);
  writer.nest(IFLA_AF_SPEC, () => {
    writer.nest(AF_INET6, () => {
      writer.u8(IFLA_INET6_ADDR_GEN_MODE, ADDR_GEN_MODE_NONE);
    });
  });
  writer.end();
}

/** Writes the request to make a tunnel for any peer, down; with `ipip` and `ip6tnl` it takes what IPVS sends. */
export function writeAddTunnel(
  writer: NetlinkWriter,
  { name, kind }: { readonly name: string; readonly kind: "ipip" | "ip6tnl" },
  sequence: number,
): void {
  begin(writer, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, { index: 0, flags: 0 }, sequence);
  writer.string(IFLA_IFNAME, name);
  writer.nest(IFLA_LINKINFO, () => {
    writer.string(IFLA_INFO_KIND, kind);
  });
  writer.end();
}

/** Writes the request to set a link down. */
export function writeLinkDown(writer: NetlinkWriter, index: number, sequence: number): void {
  begin(writer, RTM_NEWLINK, 0, { index, flags: 0, changed: IFF_UP }, sequence);
  writer.end();
}

/** Writes the request to set a link up. */
export function writeLinkUp(writer: NetlinkWriter, index: number, sequence: number): void {
  begin(writer, RTM_NEWLINK, 0, { index, flags: IFF_UP }, sequence);
  writer.end();
}

/** Writes the request to remove a link. */
export function writeRemoveLink(writer: NetlinkWriter, index: number, sequence: number): void {
  begin(writer, RTM_DELLINK, 0, { index, flags: 0 }, sequence);
  writer.end();
}

/** struct ifinfomsg: what is set in `changed` becomes as in `flags`. */
function begin(
  writer: NetlinkWriter,
  type: number,
  messageFlags: number,
  { index, flags, changed = flags }: { index: number; flags: number; changed?: number },
  sequence: number,
): void {
  const header = new Uint8Array(IFINFOMSG_BYTES);
  const view = new DataView(header.buffer);
  view.setUint8(0, AF_UNSPEC);
  view.setInt32(4, index, true);
  view.setUint32(8, flags, true);
  view.setUint32(12, changed, true);
  writer.begin(type, NLM_F_REQUEST | NLM_F_ACK | messageFlags, sequence).raw(header);
}
