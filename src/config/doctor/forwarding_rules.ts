// Rules about how packets get from the director to real servers and back: what makes a virtual address silent.
import { familyOf } from "../../base/ip.ts";
import type { SyncGroup } from "../config_vrrp.ts";
import type { Finding } from "./finding.ts";
import { contains, namesOf, type Pair, type Site, sysctlFix } from "./site.ts";

/** Bytes that a tunnel adds to each packet: the outer header and, with GRE and GUE, their own and UDP's. */
const TUNNEL_BYTES = { plain: 0, gre: 4, gue: 12 } as const;

/** All rules of this file. */
export const FORWARDING_RULES: readonly ((site: Site) => Finding[])[] = [
  forwardingIsOff,
  directServerBehindRouter,
  natReplyPath,
  natOnOneNetwork,
  tunnelMtu,
];

/** NAT sends packets on as a router does. */
function forwardingIsOff(site: Site): Finding[] {
  return ([[4, "ipv4/ip_forward"], [6, "ipv6/conf/all/forwarding"]] as const).flatMap(([family, path]) => {
    const nat = forwardedBy(site, "nat").filter(({ realServer }) => familyOf(realServer.address) === family);
    if (nat.length === 0 || site.setting(path) !== "0") return [];
    const routers = family === 6 ? "; where addresses come from router advertisements, set accept_ra to 2 as well" : "";
    return [{
      code: "forwarding-off",
      severity: "error",
      about: namesOf(nat),
      text: `net.${path.replaceAll("/", ".")} is 0`,
      reason:
        "with NAT the director is a router between clients and real servers; without this their packets are dropped",
      fix: `${sysctlFix(path, "1")}${routers}`,
    }];
  });
}

/** DR changes the hardware address only, so the server must be on the same link. */
function directServerBehindRouter(site: Site): Finding[] {
  return forwardedBy(site, "dr")
    .filter(({ realServer: { address } }) => !site.has(address) && site.neighbourInterface(address) === undefined)
    .map(({ virtualServer, realServer }) => ({
      code: "dr-server-behind-router",
      severity: "error",
      about: [virtualServer.name],
      text: `${realServer.address} is in no network of this machine's interfaces`,
      reason: "direct routing writes the server's hardware address on the packet, which no router passes on",
      fix: "put director and real server into one network, or forward by TUN (`lvs_method TUN`) or NAT",
    }));
}

/** Replies must come back through the director that is master: by an address that moves with the virtual one. */
function natReplyPath(site: Site): Finding[] {
  if (site.config.vrrpInstances.length === 0) return [];
  const findings = new Map<string, Finding>();
  for (const pair of forwardedBy(site, "nat")) {
    const { virtualServer, realServer } = pair;
    const outer = site.instanceOf(virtualServer.address)?.instance;
    const link = site.neighbourInterface(realServer.address);
    if (outer === undefined || link === undefined) continue;
    const inner = site.virtualAddresses.filter(({ instance, address }) =>
      (address.device || instance.interface) === link.name && familyOf(address.address) === familyOf(realServer.address)
    );
    const together = inner.find(({ instance }) => inOneGroup(outer.name, instance.name, site.config.syncGroups));
    if (together !== undefined) continue;
    const key = `${link.name} ${outer.name}`;
    const about = [...new Set([...findings.get(key)?.about ?? [], virtualServer.name])];
    const other = inner[0]?.instance.name;
    findings.set(
      key,
      other === undefined
        ? {
          code: "nat-no-return-address",
          severity: "warning",
          about,
          text: `no virtual address is on ${link.name}, where the real servers behind NAT are`,
          reason: "their replies go by the route that they have: to a fixed address of this machine they are lost as " +
            "soon as another one is master",
          fix:
            `add an address of that network to \`virtual_ipaddress\` of ${outer.name} (\`ADDRESS dev ${link.name}\`) ` +
            "and make it the real servers' gateway: ip route replace default via ADDRESS",
        }
        : {
          code: "nat-instances-apart",
          severity: "warning",
          about,
          text: `${outer.name} (clients) and ${other} (real servers) are in no common sync group`,
          reason: "each can become master on another machine, and replies then reach a director without the connection",
          fix: `vrrp_sync_group NAT { group { ${outer.name} ${other} } }`,
        },
    );
  }
  return [...findings.values()];
}

/** Clients in the servers' own network get their replies past the director, from an address that they did not ask. */
function natOnOneNetwork(site: Site): Finding[] {
  return forwardedBy(site, "nat").flatMap(({ virtualServer, realServer }) => {
    const link = site.neighbourInterface(realServer.address);
    const network = link?.addresses.find((own) => contains(own, realServer.address));
    if (link === undefined || network === undefined || virtualServer.address === "") return [];
    if (!contains(network, virtualServer.address)) return [];
    const word = familyOf(realServer.address) === 6 ? "ip6" : "ip";
    const redirects = site.effective(link.name, "send_redirects") > 0 && familyOf(realServer.address) === 4;
    const fixes = [
      "put the virtual address into another network, or masquerade such clients, with net.ipv4.vs.conntrack=1 and in a " +
      `postrouting chain of type nat: ${word} saddr ${network.address}/${network.prefixLength} ` +
      `${word} daddr ${realServer.address} masquerade`,
      ...(redirects ? [`${sysctlFix("ipv4/conf/all/send_redirects", "0")}; the same for ipv4.conf.${link.name}`] : []),
    ];
    return [{
      code: "nat-one-network",
      severity: "warning" as const,
      about: [virtualServer.name],
      text: `${virtualServer.address} and its real server ${realServer.address} are in one network, behind NAT`,
      reason:
        "a client of that network gets the reply straight from the real server, with an address that it did not ask" +
        (redirects ? "; and ICMP redirects of this director send other replies the same way" : ""),
      fix: fixes.join("; and "),
    }];
  }).filter((finding, at, all) =>
    all.findIndex(({ about, text }) => about[0] === finding.about[0] && text === finding.text) === at
  );
}

/** What comes in at full size does not go out with a header more. */
function tunnelMtu(site: Site): Finding[] {
  const findings = new Map<string, Finding>();
  for (const { virtualServer, realServer } of forwardedBy(site, "tun")) {
    const out = site.interfaceNamed(site.deviceTo(realServer.address));
    const incoming = site.interfaceNamed(incomingDevice(site, virtualServer.address));
    if (out?.mtu === undefined || incoming?.mtu === undefined) continue;
    const outer = familyOf(realServer.address) === 6 ? 40 : 20;
    const needed = incoming.mtu + outer + TUNNEL_BYTES[realServer.tunnel?.type ?? "plain"];
    if (out.mtu >= needed) continue;
    const key = `${incoming.name} ${out.name} ${needed}`;
    const mss = out.mtu - (needed - incoming.mtu) - (familyOf(realServer.address) === 6 ? 60 : 40);
    findings.set(key, {
      code: "tunnel-mtu",
      severity: "warning",
      about: [...new Set([...findings.get(key)?.about ?? [], virtualServer.name])],
      text:
        `${out.name} has an MTU of ${out.mtu}, and packets of ${incoming.mtu} bytes from ${incoming.name} need ${needed}`,
      reason: "the tunnel's header does not fit: large packets of clients whose network drops ICMP are lost, so that " +
        "connections open and uploads hang",
      fix: `ip link set ${out.name} mtu ${needed}, if the network carries it; else on the real servers: ` +
        `nft add rule inet filter output tcp flags syn tcp option maxseg size set ${mss}`,
    });
  }
  return [...findings.values()];
}

/** Where clients' packets for a virtual address come in. */
function incomingDevice(site: Site, address: string): string | undefined {
  const moved = site.instanceOf(address);
  if (moved !== undefined) return moved.address.device || moved.instance.interface;
  return address === "" ? undefined : site.deviceTo(address);
}

function forwardedBy(site: Site, method: "nat" | "dr" | "tun"): Pair[] {
  return site.pairs.filter(({ realServer }) => realServer.forwardingMethod === method);
}

function inOneGroup(one: string, other: string, groups: readonly SyncGroup[]): boolean {
  return one === other || groups.some(({ members }) => members.includes(one) && members.includes(other));
}
