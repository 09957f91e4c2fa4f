// Connection synchronisation beside tunnels that take packets of one family to servers of the other: the kernel has one of them
// only, and says EINVAL to what comes second. keepalived starts synchronisation first and goes without the server (measured on
// 2.2.7); here traffic comes first.
import { familyOf } from "../base/ip.ts";
import type { Config, VirtualServer } from "./config.ts";
import type { Report } from "./diagnostic.ts";
import { familyOfEntry } from "./group_members.ts";
import { ipvsSettingsOf } from "./sync_daemon.ts";

/** Reports of each virtual server the first real server beside which synchronisation cannot run. */
export function checkSyncFamilies(config: Config, report: Report): void {
  const { sync } = ipvsSettingsOf(config);
  if (sync === undefined) return;
  for (const server of config.virtualServers) {
    const families = familiesOf(server);
    const mixed = server.realServers.find(({ address, forwardingMethod }) =>
      forwardingMethod === "tun" && families.some((family) => family !== familyOf(address))
    );
    if (mixed === undefined) continue;
    const message =
      `real server \`${mixed.address}\` is of the other family, beside which the kernel does not synchronise`;
    report.add("mixed-families", mixed.location, message, {
      help:
        "the server is served and `lvs_sync_daemon` does not run; when a reload brings the server, it is the other way round",
    });
  }
}

function familiesOf({ members, family, address, realServers }: VirtualServer): (4 | 6)[] {
  // As IPVS gets it: a mark without a family has that of the first real server.
  const own = address === "" ? family ?? familyOf(realServers[0]?.address ?? "") : familyOf(address);
  return members === undefined ? [own] : members.map((member) => familyOfEntry(member) ?? own);
}
