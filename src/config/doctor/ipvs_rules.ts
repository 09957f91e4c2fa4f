// Rules about IPVS in the kernel: its modules, and the settings that decide what becomes of clients of a server that left.
import type { VirtualServer } from "../config.ts";
import type { Finding } from "./finding.ts";
import { type Site, sysctlFix } from "./site.ts";

/** IP_VS_SVC_F_ONEPACKET: no packet makes an entry. */
const ONE_PACKET = 4;
/** Schedulers that choose the same server for a client on every director. */
const STEADY = ["mh", "sh", "dh"];

/** All rules of this file. */
export const IPVS_RULES: readonly ((site: Site) => Finding[])[] = [
  modulesAreMissing,
  removedServers,
  quiescentPersistence,
  reusedPorts,
  sloppyTcp,
  rareSynchronisation,
  needlessConntrack,
  conntrackIsFull,
];

/** Modules that a configuration needs. */
export function modulesFor({ config }: Pick<Site, "config">): { readonly module: string; readonly about: string[] }[] {
  const needed = new Map<string, string[]>();
  const add = (module: string, about: string): void => void needed.set(module, [...needed.get(module) ?? [], about]);
  for (const { name, scheduler, persistenceEngine } of config.virtualServers) {
    add("ip_vs", name);
    add(`ip_vs_${scheduler}`, name);
    if (persistenceEngine !== undefined) add(`ip_vs_pe_${persistenceEngine}`, name);
  }
  for (const { name, link } of config.vrrpInstances) if (link !== undefined) add(link.type, name);
  return [...needed].map(([module, about]) => ({ module, about }));
}

function modulesAreMissing(site: Site): Finding[] {
  return modulesFor(site).filter(({ module }) => site.facts.modules[module] === "missing").map(({ module, about }) => ({
    code: "module-missing",
    severity: "error",
    about,
    text: `the kernel module ${module} is neither loaded nor on disk`,
    reason: module === "ip_vs"
      ? "there is no IPVS without it: no virtual server can be put up"
      : module.startsWith("ip_vs_")
      ? "the kernel refuses a virtual server whose scheduler or persistence engine it has not"
      : "the link of the instance cannot be made",
    fix: `modprobe ${module}; in a container, on its host (Debian: linux-image-amd64 has it, linux-image-cloud-amd64 ` +
      "may not); or use another scheduler",
  }));
}

/** Without it, clients of a server that was removed wait in silence; UDP clients for ever. */
function removedServers(site: Site): Finding[] {
  if (site.setting("ipv4/vs/expire_nodest_conn") !== "0") return [];
  const removing = site.config.virtualServers.filter(({ flags, realServers }) =>
    (flags & ONE_PACKET) === 0 &&
    realServers.some(({ inhibitOnFailure, checkers }) => !inhibitOnFailure && checkers.length > 0)
  );
  const udp = removing.filter(({ protocol }) => protocol === "udp");
  const others = removing.filter((server) => !udp.includes(server));
  const fix = sysctlFix("ipv4/vs/expire_nodest_conn", "1");
  const text = "net.ipv4.vs.expire_nodest_conn is 0";
  return [
    ...(udp.length === 0 ? [] : [
      {
        code: "expire-nodest-conn",
        severity: "warning",
        about: names(udp),
        text,
        reason: "a UDP client that keeps sending keeps its entry alive, and goes on to a server that was removed",
        fix: `${fix}; or one-packet scheduling (\`ops\`), where each packet stands alone`,
      } as const,
    ]),
    ...(others.length === 0 ? [] : [
      {
        code: "expire-nodest-conn",
        severity: "hint",
        about: names(others),
        text,
        reason:
          "packets of connections to a removed server are dropped in silence, so that clients hang until they give up; " +
          "with 1 they connect anew at once, but a server that is back at once has lost them",
        fix,
      } as const,
    ]),
  ];
}

/** Persistence outlives a weight of 0. */
function quiescentPersistence(site: Site): Finding[] {
  if (site.setting("ipv4/vs/expire_quiescent_template") !== "0") return [];
  const kept = site.config.virtualServers.filter(({ persistenceTimeoutSeconds, realServers, drainTimeoutMs }) =>
    persistenceTimeoutSeconds > 0 &&
    (drainTimeoutMs !== undefined ||
      realServers.some((server) => server.inhibitOnFailure || server.drainTimeoutMs !== undefined))
  );
  if (kept.length === 0) return [];
  return [{
    code: "expire-quiescent-template",
    severity: "warning",
    about: names(kept),
    text: "net.ipv4.vs.expire_quiescent_template is 0",
    reason: "clients that persistence has tied to a server are sent there although its weight is 0: to a dead one " +
      "(`inhibit_on_failure`), or to one that shall drain",
    fix: sysctlFix("ipv4/vs/expire_quiescent_template", "1"),
  }];
}

/** Clients behind NAT use ports again, and with 0 an old entry decides. */
function reusedPorts(site: Site): Finding[] {
  const tcp = site.config.virtualServers.filter(({ protocol }) => protocol !== "udp");
  if (tcp.length === 0 || site.setting("ipv4/vs/conn_reuse_mode") !== "0") return [];
  return [{
    code: "conn-reuse-mode",
    severity: "warning",
    about: names(tcp),
    text: "net.ipv4.vs.conn_reuse_mode is 0",
    reason: "a new connection from a port that was used before goes to the server of the old one, even at weight 0: " +
      "draining does not end and new servers get little",
    fix: `${
      sysctlFix("ipv4/vs/conn_reuse_mode", "1")
    } (before Linux 5.9 with conntrack that may delay a connection by 1 s)`,
  }];
}

/** Good for schedulers that every director decides alike, a hole for the others. */
function sloppyTcp(site: Site): Finding[] {
  const value = site.setting("ipv4/vs/sloppy_tcp");
  const tcp = site.config.virtualServers.filter(({ protocol }) => protocol === "tcp");
  if (value === undefined || tcp.length === 0) return [];
  const isSteady = ({ scheduler }: VirtualServer): boolean => STEADY.includes(scheduler);
  const unsteady = tcp.filter((server) => !isSteady(server));
  if (value !== "0" && unsteady.length > 0) {
    return [{
      code: "sloppy-tcp",
      severity: "warning",
      about: names(unsteady),
      text: `net.ipv4.vs.sloppy_tcp is ${value}, and not all schedulers choose by the client's address`,
      reason: "any packet in the middle of a connection makes an entry, to a server that does not know the connection",
      fix: sysctlFix("ipv4/vs/sloppy_tcp", "0"),
    }];
  }
  const needsIt = value === "0" && unsteady.length === 0 && site.config.vrrpInstances.length > 0 &&
    !isSynchronised(site);
  if (!needsIt) return [];
  return [{
    code: "sloppy-tcp",
    severity: "hint",
    about: names(tcp),
    text:
      "net.ipv4.vs.sloppy_tcp is 0, all schedulers choose by the client's address, and no connections are synchronised",
    reason:
      "with 1 a new master goes on with the connections of the old one, as it would choose the same servers; with 0 " +
      "they are reset",
    fix: `${sysctlFix("ipv4/vs/sloppy_tcp", "1")} (with \`sh\` the servers must be in the same order on each director)`,
  }];
}

function isSynchronised({ config }: Site): boolean {
  return config.global.syncDaemon !== undefined ||
    config.vrrpInstances.some(({ syncDaemonInterface }) => syncDaemonInterface !== undefined);
}

/** A director that comes back knows nothing, and hears of a connection only when that is told of again. */
function rareSynchronisation(site: Site): Finding[] {
  const [, period] = (site.setting("ipv4/vs/sync_threshold") ?? "").split(/\s+/).map(Number);
  const isRefreshed = Number(site.setting("ipv4/vs/sync_refresh_period") ?? 0) > 0;
  if (period !== 0 || isRefreshed || !isSynchronised(site)) return [];
  return [{
    code: "sync-threshold",
    severity: "warning",
    about: names(site.config.virtualServers),
    text: "the second number of net.ipv4.vs.sync_threshold is 0: connections are told of once only",
    reason:
      "a director that starts again never hears of the connections that are there, and resets them when it becomes " +
      "master",
    fix: sysctlFix("ipv4/vs/sync_threshold", "'3 50'"),
  }];
}

/** Connection tracking of what IPVS forwards costs time, and is needed for few things. */
function needlessConntrack(site: Site): Finding[] {
  if (site.setting("ipv4/vs/conntrack") !== "1" || site.pairs.length === 0) return [];
  if (site.pairs.some(({ realServer }) => realServer.forwardingMethod === "nat")) return [];
  return [{
    code: "needless-conntrack",
    severity: "hint",
    about: names(site.config.virtualServers),
    text: "net.ipv4.vs.conntrack is 1, and no real server is behind NAT",
    reason:
      "with DR and TUN the director sees one direction only: tracking costs memory and time, and rules that drop " +
      "`ct state invalid` can drop clients' packets",
    fix: sysctlFix("ipv4/vs/conntrack", "0"),
  }];
}

/** A full table drops what is new, VRRP's neighbours included. */
function conntrackIsFull(site: Site): Finding[] {
  const [count, most] = ["nf_conntrack_count", "nf_conntrack_max"].map((name) =>
    Number(site.setting(`netfilter/${name}`))
  );
  if (count === undefined || most === undefined || !(most > 0) || !(count >= 0.8 * most)) return [];
  return [{
    code: "conntrack-full",
    severity: count >= most ? "error" : "warning",
    about: [],
    text: `${count} of ${most} connections are tracked`,
    reason: "with a full table the kernel drops the packets of new connections",
    fix: sysctlFix("netfilter/nf_conntrack_max", String(2 * most)),
  }];
}

function names(servers: readonly VirtualServer[]): string[] {
  return servers.map(({ name }) => name);
}
