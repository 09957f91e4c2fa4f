// Up or down that is believed only after it has lasted: interfaces that bounce (`interface_up_down_delays`) and processes
// that fork or are replaced. Reads no clock.

/** What is believed, and what waits to be. */
export interface DelayedVerdict {
  readonly up: boolean;
  /** While the thing itself is otherwise than `up`: when that will be believed. Monotonic microseconds. */
  readonly changeTimerUs?: number;
}

/**
 * The verdict after the thing was seen again. The delay begins when it changes; it is not prolonged while the change
 * lasts, and forgotten when it goes back.
 *
 * @param up how the thing itself is now
 * @param delayUs how long a change that begins now must last; 0: none
 */
export function seeVerdict(verdict: DelayedVerdict, up: boolean, delayUs: number, nowUs: number): DelayedVerdict {
  const before = passVerdictTimer(verdict, nowUs);
  if (up === before.up) return { up };
  if (before.changeTimerUs !== undefined) return before;
  return delayUs === 0 ? { up } : { up: before.up, changeTimerUs: nowUs + delayUs };
}

/** The verdict when time has passed: a change whose delay is over is believed. */
export function passVerdictTimer(verdict: DelayedVerdict, nowUs: number): DelayedVerdict {
  if (verdict.changeTimerUs === undefined || nowUs < verdict.changeTimerUs) return verdict;
  return { up: !verdict.up };
}
