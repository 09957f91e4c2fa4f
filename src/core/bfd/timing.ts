// The intervals of a BFD session (RFC 5880 sections 6.8.2 to 6.8.4 and 6.8.7). Microseconds.
import type { BfdConfig, BfdSession } from "./state.ts";

/** A session that is not up sends no faster than this (RFC 5880 section 6.8.3). */
const LEAST_IDLE_TX_US = 1_000_000;

/** The interval that is announced while a session is not up: `idle_tx`, never below 1 s nor `min_tx`. */
export function leastIdleTxUs(config: BfdConfig): number {
  return Math.max(config.idleTxUs, config.minTxUs, LEAST_IDLE_TX_US);
}

/** Between our packets, before jitter: what we want and the neighbor bears (RFC 5880 section 6.8.2). */
export function transmitIntervalUs(session: BfdSession): number {
  return Math.max(session.actingMinTxUs, session.remote.minRxUs);
}

/** How long a neighbor may be silent: its multiplier times the interval that it sends in (RFC 5880 section 6.8.4). */
export function detectionTimeUs(session: BfdSession): number {
  return session.remote.detectMult * Math.max(session.actingMinRxUs, session.remote.minTxUs);
}

/**
 * An interval shortened at random by up to 25 %, so that sessions do not march in step; with a multiplier of 1 by at
 * least 10 %, so that one late packet is not the end (RFC 5880 section 6.8.7).
 *
 * @param random from 0 to below 1
 */
export function jitteredUs(config: BfdConfig, intervalUs: number, random: number): number {
  const span = config.multiplier === 1 ? 0.15 : 0.25;
  return Math.floor(intervalUs * (0.75 + span * random));
}
