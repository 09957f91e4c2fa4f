// Configurations for the benchmarks of IPVS, and the same tables as rules for `ipvsadm -R`.
import type { VirtualServerKey } from "../../../src/core/ipvs/table.ts";

/** How large a table is, and how it is checked. */
export interface Scale {
  readonly virtualServers: number;
  readonly realServers: number;
  /** Port of the real servers' TCP_CHECK, every second; undefined: they are not checked. */
  readonly checkPort?: number;
  /** Weight of the last real server. */
  readonly lastWeight?: number;
}

/** Retries, and the seconds before each, of the checks; those of servers that die have none. */
const RETRY = { count: 1, seconds: 1 };
/** `delay_loop`, seconds. */
export const DELAY_LOOP_SECONDS = 1;

/** Address of a virtual server, by its number from 0. */
export function virtualAddress(at: number): string {
  return `10.80.${at >> 8}.${at & 255}`;
}

/** Address of a real server, by its number from 0 over the whole table. */
export function realAddress(at: number): string {
  return `10.64.${at >> 8}.${at & 255}`;
}

/** The kernel's key of a virtual server. */
export function keyOf(at: number): VirtualServerKey {
  return { kind: "address", protocol: "tcp", address: virtualAddress(at), port: 80 };
}

/** The table in keepalived.conf's words. */
export function configOf(scale: Scale): string {
  const blocks = Array.from({ length: scale.virtualServers }, (_, at) => {
    const first = at * scale.realServers;
    const servers = Array.from({ length: scale.realServers }, (_, index) => realServer(first + index, scale));
    return virtualServer(at, servers);
  });
  return `global_defs {\n  router_id bench\n}\n${blocks.join("")}`;
}

/** One more virtual server, whose real servers are on ports of one address: those that die. */
export function mortalConfig(at: number, address: string, ports: readonly number[]): string {
  return virtualServer(at, ports.map((port) => block(`${address} ${port}`, 1, port, 0)));
}

/** The table as `ipvsadm -R` reads it. */
export function rulesOf({ virtualServers, realServers }: Scale): string {
  const lines: string[] = [];
  for (let at = 0; at < virtualServers; at++) {
    const service = `-t ${virtualAddress(at)}:80`;
    lines.push(`-A ${service} -s wrr`);
    for (let index = 0; index < realServers; index++) {
      lines.push(`-a ${service} -r ${realAddress(at * realServers + index)}:8000 -m -w 1`);
    }
  }
  return `${lines.join("\n")}\n`;
}

function virtualServer(at: number, servers: readonly string[]): string {
  return `virtual_server ${virtualAddress(at)} 80 {
  delay_loop ${DELAY_LOOP_SECONDS}
  lb_algo wrr
  lb_kind NAT
  protocol TCP
${servers.join("")}}
`;
}

function realServer(at: number, { virtualServers, realServers, checkPort, lastWeight = 1 }: Scale): string {
  const isLast = at === virtualServers * realServers - 1;
  return block(`${realAddress(at)} 8000`, isLast ? lastWeight : 1, checkPort);
}

function block(endpoint: string, weight: number, checkPort: number | undefined, retries = RETRY.count): string {
  const check = checkPort === undefined ? "" : `    TCP_CHECK {
      connect_port ${checkPort}
      connect_timeout 3
      retry ${retries}
      delay_before_retry ${RETRY.seconds}
    }
`;
  return `  real_server ${endpoint} {\n    weight ${weight}\n${check}  }\n`;
}
