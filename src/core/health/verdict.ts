// The verdict of one checker: results in, up or down and the next deadline out. Knows neither probes nor clocks.

/** How patient a checker is; durations in microseconds. */
export interface CheckerTiming {
  /** From one check to the next (keepalived: `delay_loop`). */
  readonly delayLoopUs: number;
  /** Further tries after a failure before the checker is down (`retry`), 0: the first failure counts. */
  readonly retry: number;
  /** From a failure to the next try (`delay_before_retry`). */
  readonly delayBeforeRetryUs: number;
}

/** What is known about one checker. */
export interface CheckerState {
  /** The verdict; before the first result it is what the start assumed. */
  readonly up: boolean;
  /** A result has come in since the start. */
  readonly judged: boolean;
  /** Failures in a row, 0 to `retry + 1`. */
  readonly failures: number;
  /** When to check next, monotonic microseconds. */
  readonly nextCheckUs: number;
}

/** A checker without results. `up`: false for `alpha`, which waits for the first good check. */
export function startChecker(start: { readonly up: boolean; readonly firstCheckUs: number }): CheckerState {
  return { up: start.up, judged: false, failures: 0, nextCheckUs: start.firstCheckUs };
}

/**
 * The state after one more result, as keepalived judges (check_tcp.c, `tcp_epilog`): a success means up at once; a
 * failure means down after `retry` more tries. Before the first result the start counts as the last try, so that one
 * failure is enough. A checker that is down is not retried early: its next check comes after `delayLoopUs`.
 *
 * @param ok undefined: the check could not be carried out, which tells nothing and changes nothing (there `Rescheduling`)
 */
export function judge(
  timing: CheckerTiming,
  state: CheckerState,
  ok: boolean | undefined,
  nowUs: number,
): CheckerState {
  if (ok === undefined) return { ...state, nextCheckUs: nowUs + timing.delayLoopUs };
  if (ok) return { up: true, judged: true, failures: 0, nextCheckUs: nowUs + timing.delayLoopUs };
  const failures = state.up && state.judged ? state.failures + 1 : timing.retry + 1;
  const down = failures > timing.retry;
  const delayUs = down ? timing.delayLoopUs : timing.delayBeforeRetryUs;
  return { up: !down, judged: true, failures, nextCheckUs: nowUs + delayUs };
}
