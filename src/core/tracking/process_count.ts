// One `vrrp_track_process`: the number of matching processes to up or down. Does not look for processes.
import { type DelayedVerdict, passVerdictTimer, seeVerdict } from "./delayed_verdict.ts";

/** How many processes are wanted, and how long a change must last (keepalived.conf(5), "VRRP track processes"). */
export interface ProcessConfig {
  /** Fewer is down (`quorum`). keepalived.conf takes 1 and more; 0 and `quorumMax` 0 mean that none may run. */
  readonly quorum: number;
  /** More is down (`quorum_max`), 0 and more; Infinity: no limit. */
  readonly quorumMax: number;
  /** How long a change by new processes must last before it is believed (`fork_delay`). Microseconds. */
  readonly forkDelayUs: number;
  /** How long a change by processes that ended must last before it is believed (`terminate_delay`). Microseconds. */
  readonly terminateDelayUs: number;
}

/** What is believed, with the delay of a change, and what was counted. */
export interface ProcessState extends DelayedVerdict {
  /** Processes at the last look. */
  readonly count: number;
}

/** The count at the start is believed at once. */
export function startProcessCount(config: ProcessConfig, count: number): ProcessState {
  return { up: enough(config, count), count };
}

/**
 * The state after another count. A change back before the delay is over cancels it, so that the short moment between
 * fork and exec, or between the end of a process and its successor, is not seen.
 */
export function countProcesses(config: ProcessConfig, state: ProcessState, count: number, nowUs: number): ProcessState {
  const { count: before, ...verdict } = state;
  const delayUs = count > before ? config.forkDelayUs : config.terminateDelayUs;
  return { ...seeVerdict(verdict, enough(config, count), delayUs, nowUs), count };
}

/** The state when time has passed: a change whose delay is over is believed. */
export function passProcessTimer(state: ProcessState, nowUs: number): ProcessState {
  const { count, ...verdict } = state;
  return { ...passVerdictTimer(verdict, nowUs), count };
}

function enough(config: ProcessConfig, count: number): boolean {
  return count >= config.quorum && count <= config.quorumMax;
}
