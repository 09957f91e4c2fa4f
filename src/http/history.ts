// What the page remembers of each row: high-water marks, and the last five minutes for its small lines. Sampled by the api
// role; gone with it, and with the row.
import { formatEndpoint } from "../base/ip.ts";
import type { Snapshot } from "../ports/snapshot.ts";
import { idOf } from "./page/model.ts";

/** Samples of a line, and the time between two of them. */
const LENGTH = 60;
export const HISTORY_INTERVAL_MS = 5000;

/** High-water marks since the api role started. */
export interface Marks {
  readonly rateMax: number;
  readonly activeMax: number;
  /** When connections were last seen to begin; undefined: not yet. */
  readonly lastSessionMs: number | undefined;
}

interface Line extends Marks {
  rateMax: number;
  activeMax: number;
  lastSessionMs: number | undefined;
  connections: number;
  readonly values: Float32Array;
  /** Samples taken so far. */
  count: number;
  seen: number;
}

interface Observation {
  readonly id: string;
  readonly rate: number;
  readonly active: number;
  readonly connections: number;
  /** What the line shows. */
  readonly value: number;
}

/** The lines of all rows. */
export class History {
  readonly #lines = new Map<string, Line>();
  #pictures = 0;
  #sampledMs = 0;

  /** Takes the next picture. @returns whether the lines have a new point */
  observe(snapshot: Snapshot, nowMs: number): boolean {
    this.#pictures++;
    const isSample = nowMs - this.#sampledMs >= HISTORY_INTERVAL_MS - 100;
    if (isSample) this.#sampledMs = nowMs;
    for (const observation of observationsOf(snapshot)) this.#take(observation, isSample, nowMs);
    for (const [id, { seen }] of this.#lines) if (seen !== this.#pictures) this.#lines.delete(id);
    return isSample;
  }

  /** Undefined for a row that was not seen yet. */
  marks(id: string): Marks | undefined {
    return this.#lines.get(id);
  }

  /** The newest point of every line. */
  latest(): Record<string, number> {
    return Object.fromEntries(
      [...this.#lines].map(([id, { values, count }]) => [id, values[(count - 1) % LENGTH] ?? 0]),
    );
  }

  /** All points, the oldest first. */
  all(): Record<string, number[]> {
    return Object.fromEntries([...this.#lines].map(([id, line]) => [id, pointsOf(line)]));
  }

  #take({ id, rate, active, connections, value }: Observation, isSample: boolean, nowMs: number): void {
    let line = this.#lines.get(id);
    if (line === undefined) {
      const values = new Float32Array(LENGTH);
      line = { rateMax: 0, activeMax: 0, lastSessionMs: undefined, connections, values, count: 0, seen: 0 };
      this.#lines.set(id, line);
    }
    line.seen = this.#pictures;
    line.rateMax = Math.max(line.rateMax, rate);
    line.activeMax = Math.max(line.activeMax, active);
    if (connections > line.connections) line.lastSessionMs = nowMs;
    line.connections = connections;
    if (isSample) line.values[line.count++ % LENGTH] = value;
  }
}

function pointsOf({ values, count }: Line): number[] {
  const length = Math.min(count, LENGTH);
  return Array.from({ length }, (_, at) => Math.round((values[(count - length + at) % LENGTH] ?? 0) * 100) / 100);
}

function* observationsOf({ virtualServers }: Snapshot): Generator<Observation> {
  for (const server of virtualServers) {
    const { name, counters, sorryServer } = server;
    const members = [...server.realServers, ...(sorryServer === undefined ? [] : [sorryServer])];
    const active = members.reduce((total, entry) => total + entry.activeConnections, 0);
    const rate = counters?.connectionsPerSecond ?? 0;
    const connections = counters?.connections ?? 0;
    const bytes = (counters?.bytesInPerSecond ?? 0) + (counters?.bytesOutPerSecond ?? 0);
    yield { id: idOf(name, "Frontend"), rate, active, connections, value: bytes };
    yield { id: idOf(name, "Backend"), rate, active, connections, value: rate };
    for (const entry of server.realServers) {
      yield {
        id: idOf(name, formatEndpoint(entry.address, entry.port)),
        rate: entry.counters?.connectionsPerSecond ?? 0,
        active: entry.activeConnections,
        connections: entry.counters?.connections ?? 0,
        value: (entry.check?.durationUs ?? 0) / 1000,
      };
    }
    if (sorryServer !== undefined) {
      yield {
        id: idOf(name, formatEndpoint(sorryServer.address, sorryServer.port), "sorry"),
        rate: sorryServer.counters?.connectionsPerSecond ?? 0,
        active: sorryServer.activeConnections,
        connections: sorryServer.counters?.connections ?? 0,
        value: sorryServer.counters?.connectionsPerSecond ?? 0,
      };
    }
  }
}
