// The two intervals that decide when a backup takes over (RFC 9568 section 6.1, RFC 3768 section 6.1). Microseconds.

/** What the intervals depend on. */
export interface TimingConfig {
  readonly version: 2 | 3;
  /** 1 to 255. */
  readonly priority: number;
  /** Advertisements that may go missing before a backup takes over, 1 to 100; keepalived's `down_timer_adverts`. */
  readonly downTimerAdverts?: number;
}

/** The RFC's number of them. */
const MISSED_ADVERTISEMENTS = 3;

/**
 * How long a backup waits, beyond three lost advertisements, before taking over (RFC 9568, 6.1).
 * Higher priority, shorter wait. Version 2 takes the fraction of a second, version 3 that of the master's interval.
 */
export function skewTimeUs(config: TimingConfig, masterAdverIntervalUs: number): number {
  const wholeUs = config.version === 2 ? 1_000_000 : masterAdverIntervalUs;
  return Math.round(((256 - config.priority) * wholeUs) / 256);
}

/** Master_Down_Interval: three advertisements of the master, unless configured otherwise, and the skew. */
export function masterDownIntervalUs(config: TimingConfig, masterAdverIntervalUs: number): number {
  const { downTimerAdverts = MISSED_ADVERTISEMENTS } = config;
  return downTimerAdverts * masterAdverIntervalUs + skewTimeUs(config, masterAdverIntervalUs);
}

const BEATS_PER_INTERVAL = 100;

/**
 * Masters of one host advertise at hundredths of their interval: of hundreds with an interval of 0.1 s, ten advertisements
 * leave at each awakening, and not one. The first interval of a master is shorter by less than a hundredth.
 */
export function onBeat(atUs: number, intervalUs: number): number {
  return atUs - atUs % (intervalUs / BEATS_PER_INTERVAL);
}
