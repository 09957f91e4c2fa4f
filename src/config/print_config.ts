// A `Config` to the statements that say it. What counts anyway is not said.
import { printAddress } from "./address_line.ts";
import type { Config } from "./config.ts";
import type { Printed } from "./fields.ts";
import { printGlobalDefs } from "./global_defs.ts";
import { printVirtualServer } from "./print_server.ts";
import { printRoute, printRule } from "./route_line.ts";
import { printSsl, printSyncGroup, printTrackGroup } from "./sync_group.ts";
import { printBfd, printFile, printGarpGroup, printProcess, printScript } from "./tracking.ts";
import { printVirtualServerGroup } from "./virtual_server_group.ts";
import { printVrrpInstance } from "./vrrp_instance.ts";

/** What is printed with it. */
export interface PrintOptions {
  /** The name that `router_id` need not say. */
  readonly hostName?: string;
}

/** All statements of the top level; what is referred to stands before what refers to it, as keepalived needs it. */
export function printConfig(config: Config, { hostName }: PrintOptions = {}): Printed[] {
  const { global } = config;
  const device = global.defaultInterface ?? "eth0";
  const list = (keyword: string, block: readonly Printed[]): Printed[] =>
    block.length === 0 ? [] : [{ keyword, words: [], block }];
  return [
    ...printGlobalDefs(global, config.routerId === hostName ? undefined : config.routerId),
    ...list("static_ipaddress", config.staticAddresses.map((entry) => printAddress(entry, { device }))),
    ...list("static_routes", config.staticRoutes.map(printRoute)),
    ...list("static_rules", config.staticRules.map(printRule)),
    ...config.garpGroups.map(printGarpGroup),
    ...config.scripts.map(printScript),
    ...config.trackedProcesses.map(printProcess),
    ...config.trackedFiles.map(printFile),
    ...config.bfdInstances.map(printBfd),
    ...config.syncGroups.map((group) => printSyncGroup(group, global)),
    ...config.vrrpInstances.map((instance) => printVrrpInstance(instance, global)),
    ...config.trackGroups.map(printTrackGroup),
    ...(config.ssl === undefined ? [] : [printSsl(config.ssl)]),
    ...config.virtualServerGroups.map(printVirtualServerGroup),
    ...config.virtualServers.map(printVirtualServer),
  ];
}
