// What a packet filter has to let in for a configuration: its virtual servers, as rules of nftables.
import { familyOf } from "../base/ip.ts";
import type { Bind } from "../core/haproxy/config_text.ts";
import { isLoopback } from "./http_config.ts";
import type { Config, GroupEntry, VirtualServer } from "./config.ts";

/**
 * A script for `nft -f` that fills a chain. The chain must exist, in a table of the family inet; the script replaces what is
 * in it at once.
 *
 * @param chain table and chain, such as `inet holdfast services`
 * @param binds where HAProxy listens; what it would hear at every address stays closed, the management's is among them
 */
export function firewallScript(config: Config, chain: string, binds: readonly Bind[] = []): string {
  const matches = [
    ...config.virtualServers.flatMap((server) => matchesOf(server, config)),
    ...binds.filter(({ address }) => address !== "*" && !isLoopback(address)).map(bindMatch),
  ];
  return [`flush chain ${chain}`, ...[...new Set(matches)].map((match) => `add rule ${chain} ${match} accept`), ""]
    .join(
      "\n",
    );
}

function bindMatch({ address, first, last, udp }: Bind): string {
  const ports = first === last ? first : `${first}-${last}`;
  return `${familyOf(address) === 4 ? "ip" : "ip6"} daddr ${address} ${udp ? "udp" : "tcp"} dport ${ports}`;
}

function matchesOf(server: VirtualServer, { virtualServerGroups }: Config): string[] {
  if (server.group === undefined) {
    if (server.fwmark !== undefined) return [`meta mark ${server.fwmark}`];
    return [addressMatch(server.address, server.protocol, server.port)];
  }
  const entries = virtualServerGroups.find(({ name }) => name === server.group)?.entries ?? [];
  return entries.map((entry) => entryMatch(entry, server));
}

function entryMatch(entry: GroupEntry, { protocol }: VirtualServer): string {
  if (entry.kind === "fwmark") return `meta mark ${entry.mark}`;
  const addresses = entry.first === entry.last ? entry.first : `${entry.first}-${entry.last}`;
  return addressMatch(addresses, protocol, entry.port);
}

/** Port 0 means all ports, in IPVS and here. */
function addressMatch(addresses: string, protocol: VirtualServer["protocol"], port: number): string {
  const first = addresses.split("-")[0] ?? addresses;
  const address = `${familyOf(first) === 4 ? "ip" : "ip6"} daddr ${addresses}`;
  return port === 0 ? `${address} meta l4proto ${protocol}` : `${address} ${protocol} dport ${port}`;
}
