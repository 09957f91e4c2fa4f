// How the configuration wants the processes of the roles to run: `vrrp_rt_priority`, `checker_no_swap` and their like.
import type { GlobalDefs } from "./global_defs.ts";

/**
 * For roles that do little and must be on time: shorter than the kernel's usual turn (0.7 to 3 ms), so that they are let in as soon
 * as they wake, and long enough for a take-over: with 0.1 ms others come in between every tenth time.
 */
export const PUNCTUAL_SLICE_US = 500;

/**
 * The least that `vrrp_rlimit_rttime` and its like come to. keepalived's 10 ms are enough for a C program and none for a
 * runtime: a start, a large configuration or a collection of memory take longer, and the kernel would end a role that does its
 * work, again and again. Against one that never waits again, which the limit is for, seconds are as good.
 */
const LEAST_REAL_TIME_LIMIT_US = 5_000_000;

/** A time on the processor without waiting, in microseconds, as configured: not less than a role needs. */
export function realTimeLimit(configuredUs: number | undefined): number | undefined {
  return configuredUs === undefined ? undefined : Math.max(configuredUs, LEAST_REAL_TIME_LIMIT_US);
}

/** The settings of one process. */
export interface ProcessSettings {
  /** As `ps` shows it, at most 15 bytes; undefined: that of the program. */
  readonly name?: string | undefined;
  /** 1 to 99. */
  readonly realTimePriority?: number | undefined;
  /** Microseconds. */
  readonly realTimeLimitUs?: number | undefined;
  /** -20 to 19. */
  readonly nice?: number | undefined;
  /** A turn on a processor, microseconds; undefined: the kernel's usual. */
  readonly sliceUs?: number | undefined;
  readonly cpus?: readonly number[] | undefined;
  /** Its memory stays in RAM. */
  readonly noSwap: boolean;
}

/** `vrrp_...`. */
export function vrrpProcess(global: GlobalDefs): ProcessSettings {
  return {
    name: global.vrrpProcessName ?? (global.usesProcessNames ? "holdfast_vrrp" : undefined),
    realTimePriority: global.vrrpRealTimePriority,
    realTimeLimitUs: realTimeLimit(global.vrrpRealTimeLimitUs),
    nice: global.vrrpNice,
    sliceUs: PUNCTUAL_SLICE_US,
    cpus: global.vrrpCpus,
    noSwap: global.vrrpNoSwap ?? false,
  };
}

/** `bfd_...`. */
export function bfdProcess(global: GlobalDefs): ProcessSettings {
  return {
    name: global.bfdProcessName ?? (global.usesProcessNames ? "holdfast_bfd" : undefined),
    realTimePriority: global.bfdRealTimePriority,
    realTimeLimitUs: realTimeLimit(global.bfdRealTimeLimitUs),
    nice: global.bfdNice,
    sliceUs: PUNCTUAL_SLICE_US,
    cpus: global.bfdCpus,
    noSwap: global.bfdNoSwap ?? false,
  };
}

/** `checker_...`. */
export function healthProcess(global: GlobalDefs): ProcessSettings {
  return {
    name: global.checkerProcessName ?? (global.usesProcessNames ? "holdfast_health" : undefined),
    realTimePriority: global.checkerRealTimePriority,
    realTimeLimitUs: realTimeLimit(global.checkerRealTimeLimitUs),
    nice: global.checkerNice,
    cpus: global.checkerCpus,
    noSwap: global.checkerNoSwap ?? false,
  };
}
