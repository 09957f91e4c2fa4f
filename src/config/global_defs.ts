// `global_defs` and what follows from it for every instance.
import type { AnnouncementSchedule } from "../core/vrrp/state.ts";
import type { Report } from "./diagnostic.ts";
import { readBlock } from "./read_block.ts";
import type { Statement } from "./statement.ts";
import { boolean, integer, type Located, oneOf, word } from "./values.ts";

/** Defaults of the whole configuration, filled in. */
export interface GlobalDefs {
  readonly routerId?: string;
  readonly vrrpVersion: 2 | 3;
  readonly gratuitousArp: AnnouncementSchedule;
}

const WHOLE_SECONDS = integer({ min: 0, max: 4294 });
const REPEAT = integer({ min: 0, max: 1_000_000 });

/** The values of keepalived's `vrrp_version` and `version`. */
export const VRRP_VERSION = oneOf<2 | 3>({ "2": 2, "3": 3 });

/** Keywords of `global_defs` that are carried out. */
export const GLOBAL_ROWS = {
  router_id: word,
  vrrp_version: VRRP_VERSION,
  vrrp_garp_master_delay: WHOLE_SECONDS,
  vrrp_garp_master_repeat: REPEAT,
  vrrp_garp_master_refresh: WHOLE_SECONDS,
  vrrp_garp_master_refresh_repeat: REPEAT,
  vrrp_garp_lower_prio_delay: WHOLE_SECONDS,
  vrrp_garp_lower_prio_repeat: REPEAT,
  vrrp_min_garp: boolean,
};

/** `garp_*` keywords of an instance that are carried out. */
export const GARP_ROWS = {
  garp_master_delay: WHOLE_SECONDS,
  garp_master_repeat: REPEAT,
  garp_master_refresh: WHOLE_SECONDS,
  garp_master_refresh_repeat: REPEAT,
  garp_lower_prio_delay: WHOLE_SECONDS,
  garp_lower_prio_repeat: REPEAT,
};

/** What a configuration says of gratuitous ARP, each in the unit of the file. */
export interface GarpValues {
  readonly delay?: Located<number> | undefined;
  readonly repeat?: Located<number> | undefined;
  readonly refresh?: Located<number> | undefined;
  readonly refreshRepeat?: Located<number> | undefined;
  readonly lowerPriorityDelay?: Located<number> | undefined;
  readonly lowerPriorityRepeat?: Located<number> | undefined;
}

/** keepalived's defaults: five messages at once, five more after 5 s (keepalived.conf(5), vrrp_garp_master_delay). */
const USUAL_GARP: AnnouncementSchedule = {
  repeat: 5,
  delayUs: 5_000_000,
  refreshUs: 0,
  refreshRepeat: 1,
  lowerPriorityRepeat: 5,
  lowerPriorityDelayUs: 5_000_000,
};

/** `vrrp_min_garp`: one message, once. */
const MINIMAL_GARP: AnnouncementSchedule = {
  ...USUAL_GARP,
  repeat: 1,
  delayUs: 0,
  lowerPriorityRepeat: 1,
  lowerPriorityDelayUs: 0,
};

/** Reads all `global_defs` blocks; later ones overrule earlier ones, keyword by keyword. */
export function readGlobalDefs(statements: readonly Statement[], report: Report): GlobalDefs {
  const values = statements.map((statement) => readBlock(statement, GLOBAL_ROWS, report))
    .reduce((all, next) => ({ ...all, ...next }), {});
  const garp = scheduleFrom(values.vrrp_min_garp?.value ? MINIMAL_GARP : USUAL_GARP, {
    delay: values.vrrp_garp_master_delay,
    repeat: values.vrrp_garp_master_repeat,
    refresh: values.vrrp_garp_master_refresh,
    refreshRepeat: values.vrrp_garp_master_refresh_repeat,
  });
  const lowerPriorityDefaults = { lowerPriorityRepeat: garp.repeat, lowerPriorityDelayUs: garp.delayUs };
  return {
    ...(values.router_id === undefined ? {} : { routerId: values.router_id.value }),
    vrrpVersion: values.vrrp_version?.value ?? 2,
    gratuitousArp: scheduleFrom({ ...garp, ...lowerPriorityDefaults }, {
      lowerPriorityDelay: values.vrrp_garp_lower_prio_delay,
      lowerPriorityRepeat: values.vrrp_garp_lower_prio_repeat,
    }),
  };
}

/** A schedule with some values replaced. A repeat of 0 counts as 1, except after a lower priority. */
export function scheduleFrom(base: AnnouncementSchedule, values: GarpValues): AnnouncementSchedule {
  return {
    repeat: Math.max(1, values.repeat?.value ?? base.repeat),
    delayUs: toUs(values.delay) ?? base.delayUs,
    refreshUs: toUs(values.refresh) ?? base.refreshUs,
    refreshRepeat: Math.max(1, values.refreshRepeat?.value ?? base.refreshRepeat),
    lowerPriorityRepeat: values.lowerPriorityRepeat?.value ?? base.lowerPriorityRepeat,
    lowerPriorityDelayUs: toUs(values.lowerPriorityDelay) ?? base.lowerPriorityDelayUs,
  };
}

function toUs(wholeSeconds: Located<number> | undefined): number | undefined {
  return wholeSeconds && wholeSeconds.value * 1_000_000;
}
