// The part of a configuration that the vrrp role carries out.
import type { Config, VrrpInstance } from "../config/config.ts";
import type { GlobalDefs } from "../config/global_defs.ts";
import type { SyncGroup } from "../config/config_vrrp.ts";
import { linkSettingsOf } from "../config/link_settings.ts";
import { realTimeLimit } from "../config/process_settings.ts";
import { type LinkSettings, NO_LINK_SETTINGS } from "../ports/link_settings.ts";
import { type AnnouncementPacing, NO_PACING } from "../engine/vrrp/announcement_pacer.ts";
import { NO_STATICS, type StaticConfig } from "../engine/vrrp/static_parts.ts";
import { type AutoPrioritySettings, NO_AUTO_PRIORITY } from "./auto_priority.ts";

/** What `configure` and `reconfigure` hand to the vrrp role. */
export interface VrrpPart {
  readonly instances: readonly VrrpInstance[];
  readonly syncGroups: readonly SyncGroup[];
  readonly statics: StaticConfig;
  readonly links: LinkSettings;
  readonly pacing: AnnouncementPacing;
  readonly logsUnknownVrids: boolean;
  readonly autoPriority: AutoPrioritySettings;
}

/** Nothing to do. */
export const NO_PART: VrrpPart = {
  instances: [],
  syncGroups: [],
  statics: NO_STATICS,
  links: NO_LINK_SETTINGS,
  pacing: NO_PACING,
  logsUnknownVrids: false,
  autoPriority: NO_AUTO_PRIORITY,
};

/** Picks it. */
export function vrrpPartOf(config: Config): VrrpPart {
  const { vrrpInstances: instances, syncGroups, staticAddresses, staticRoutes, staticRules, trackGroups } = config;
  const statics = { staticAddresses, staticRoutes, staticRules, trackGroups };
  return {
    instances,
    syncGroups,
    statics,
    links: linkSettingsOf(config),
    pacing: pacingOf(config),
    logsUnknownVrids: config.global.logsUnknownVrids ?? false,
    autoPriority: autoPriorityOf(config.global),
  };
}

function autoPriorityOf(global: GlobalDefs): AutoPrioritySettings {
  const limitUs = realTimeLimit(global.vrrpRealTimeLimitUs);
  return {
    highest: Math.max(0, global.maxAutoPriority ?? 0),
    tooLateUs: global.minAutoPriorityDelayUs ?? NO_AUTO_PRIORITY.tooLateUs,
    usual: global.vrrpRealTimePriority ?? 0,
    ...(limitUs === undefined ? {} : { limitUs }),
  };
}

function pacingOf({ global, garpGroups }: Config): AnnouncementPacing {
  const groups = garpGroups.map(({ interfaces, garpIntervalUs: arpUs, naIntervalUs: naUs }) => ({
    interfaces,
    arpUs,
    naUs,
  }));
  return { arpUs: global.garpIntervalUs ?? 0, naUs: global.naIntervalUs ?? 0, groups };
}

/** Whether there is anything to do for the role: static routes are set without any instance, too. */
export function needsVrrp({ vrrpInstances, staticAddresses, staticRoutes, staticRules }: Config): boolean {
  return [vrrpInstances, staticAddresses, staticRoutes, staticRules].some((list) => list.length > 0);
}
