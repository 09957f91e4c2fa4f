// Makes the links of `use_vmac` and `use_ipvlan`, with the settings that they need to answer for their addresses alone.
import type { LinkPort, OwnLink } from "../ports/links.ts";
import type { NetlinkWriter } from "../wire/netlink.ts";
import {
  type LinkRequest,
  writeAddLink,
  writeLinkUp,
  writeNoOwnAddress,
  writeRemoveLink,
} from "../wire/rtnetlink_link.ts";
import type { InterfaceTable } from "./interface_table.ts";
import { requestOnce } from "./netlink_requests.ts";
import { ChangedSysctls, readSysctl } from "./sysctl.ts";

/** The real LinkPort. */
export class LinkEditor implements LinkPort {
  readonly #table: InterfaceTable;
  /** Made or found by us, with the index that they had and what was changed on their parents. */
  readonly #links = new Map<string, { index: number; parent: string; parentSettings: ChangedSysctls }>();
  /** Of all interfaces: changed for the first link, put back after the last. */
  readonly #hostSettings = new ChangedSysctls();

  constructor(table: InterfaceTable) {
    this.#table = table;
  }

  ensureLink(link: OwnLink): void {
    const parent = this.#table.find(link.parent);
    if (parent === undefined) return;
    const found = this.#table.find(link.name);
    if (found !== undefined && this.#links.get(link.name)?.index === found.index) return;
    if (found === undefined) {
      requestOnce(`make ${link.kind} ${link.name} on ${link.parent}`, makes(link, parent.index));
    } else checkReusable(link, found.hardwareAddress);
    this.#table.update();
    const index = this.#table.indexOf(link.name);
    if (index === undefined) throw new Error("it was made, but the kernel does not report it");
    this.#prepare(link, index);
    requestOnce(
      `keep IPv6 addresses off ${link.name}`,
      (writer, sequence) => writeNoOwnAddress(writer, index, sequence),
      "EAFNOSUPPORT",
    );
    requestOnce(`set ${link.name} up`, (writer, sequence) => writeLinkUp(writer, index, sequence));
    this.#table.update();
  }

  removeLink(name: string): void {
    const known = this.#links.get(name);
    if (known === undefined) return;
    this.#links.delete(name);
    if (this.#table.indexOf(name) === known.index) {
      requestOnce(`remove ${name}`, (writer, sequence) => writeRemoveLink(writer, known.index, sequence), "ENODEV");
    }
    if (![...this.#links.values()].some(({ parent }) => parent === known.parent)) known.parentSettings.restore();
    if (this.#links.size === 0) this.#hostSettings.restore();
    this.#table.update();
  }

  /**
   * Without these the host would answer ARP for the addresses of the link by its parent, too, or drop what comes for them
   * as coming in by the wrong interface.
   */
  #prepare(link: OwnLink, index: number): void {
    const sibling = [...this.#links.values()].find(({ parent }) => parent === link.parent);
    const parentSettings = this.#links.get(link.name)?.parentSettings ?? sibling?.parentSettings ??
      new ChangedSysctls();
    this.#links.set(link.name, { index, parent: link.parent, parentSettings });
    const own = new ChangedSysctls(); // goes with the link, so nothing is put back
    if (link.kind === "macvlan") this.#relaxReversePathFilter();
    for (const [name, value] of Object.entries(SETTINGS)) own.set(`ipv4/conf/${link.name}/${name}`, value);
    const [accept, solicit] = ["accept_ra", "router_solicitations"].map((name) => `ipv6/conf/${link.name}/${name}`);
    own.set(accept as string, "0");
    own.set(solicit as string, "0");
    own.set(`ipv6/conf/${link.name}/disable_ipv6`, link.families.includes(6) ? "0" : "1");
    parentSettings.set(`ipv4/conf/${link.parent}/arp_ignore`, "1");
    parentSettings.set(`ipv4/conf/${link.parent}/arp_filter`, "1");
  }

  /** The greater of `all` and an interface's own counts, so `all` must be 0; the others keep what they had by it. */
  #relaxReversePathFilter(): void {
    const forAll = readSysctl("ipv4/conf/all/rp_filter") ?? "0";
    if (forAll === "0") return;
    for (const name of ["default", ...this.#table.names()]) {
      const own = Number(readSysctl(`ipv4/conf/${name}/rp_filter`) ?? forAll);
      if (own < Number(forAll)) this.#hostSettings.set(`ipv4/conf/${name}/rp_filter`, forAll);
    }
    this.#hostSettings.set("ipv4/conf/all/rp_filter", "0");
  }
}

/** keepalived's. ARP is answered only on the link that has the address. */
const SETTINGS = { arp_ignore: "1", accept_local: "1", rp_filter: "0", promote_secondaries: "1" } as const;

function makes(link: OwnLink, parentIndex: number): (writer: NetlinkWriter, sequence: number) => void {
  const { name, kind, hardwareAddress, mode, group } = link;
  const common = { name, parentIndex, ...(group === undefined ? {} : { group }) };
  const request: LinkRequest = kind === "macvlan" ? { ...common, kind, hardwareAddress } : { ...common, kind, mode };
  return (writer, sequence) => writeAddLink(writer, request, sequence);
}

/** A predecessor may have left it, or somebody else has a link of that name. */
function checkReusable({ name, kind, hardwareAddress }: OwnLink, found: Uint8Array): void {
  if (kind === "ipvlan" || found.every((octet, at) => octet === hardwareAddress[at])) return;
  throw new Error(`there is another link named ${name} already, with another hardware address`);
}
