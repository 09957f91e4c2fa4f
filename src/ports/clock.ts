// The clock as the engines see it.

/** Time, for an engine. Decisions use monotonic time only; wall time is for people. */
export interface Clock {
  /** Monotonic time in whole microseconds (CLOCK_MONOTONIC: the same for every process of this host). */
  nowUs(): number;
  /** Wall clock in milliseconds since 1970, for logs and snapshots only. */
  wallMs(): number;
}
