// Lets a server die and come back before a real one does: code that runs for the first time takes ten times as long, and the first
// removal of a dead server is the one that matters. An engine of its own plays it, with everything as in the real one but the
// network, the kernel and the log: nothing is asked, changed, said or counted.
import type { VirtualServer } from "../../config/config.ts";
import type { Clock } from "../../ports/clock.ts";
import type { IpvsPort } from "../../ports/ipvs.ts";
import type { ProbePort, ProbeRequest, ProbeResult } from "../../ports/probes.ts";
import type { Timers } from "./agenda.ts";
import { HealthEngine } from "./health_engine.ts";

/** Rings of the timer until a server has to be out, or in again: more than its tries. */
const MOST_RINGS = 40;
/** Promises that hang on one another: a check of several requests has some. */
const MICROTASK_TURNS = 12;
/** "This network" (RFC 1122): no host has it. */
const NOWHERE = "0.0.0.1";

/** The virtual server to rehearse with: the first that is checked, with few real servers. Undefined: none is. */
export function castOf(servers: readonly VirtualServer[]): VirtualServer | undefined {
  const first = servers.find(({ realServers }) => realServers.some(({ checkers }) => checkers.some(isAsked)));
  if (first === undefined) return undefined;
  const { followInstance: _, group: _group, members: _members, fwmark: _mark, ...server } = first;
  const realServers = server.realServers.filter(({ checkers }) => checkers.some(isAsked)).slice(0, 2)
    .map((real) => ({ ...real, checkers: real.checkers.filter(isAsked) }));
  const changed = { ...server, address: NOWHERE, port: 1, suspendsWithAddress: false, realServers };
  // Through the same gate as the real ones: the same order of the same keys makes the same kind of object to V8.
  return JSON.parse(JSON.stringify(changed));
}

/** What a rehearsal needs. */
export interface RehearsalOptions {
  readonly clock: Clock;
  /** A table on paper. */
  readonly openIpvs: () => IpvsPort;
  /** What a check of a dead server finds. */
  readonly refused: () => Pick<ProbeResult, "ok" | "status" | "text">;
}

/** @returns whether they went out and came back */
export async function rehearse(
  cast: VirtualServer,
  { clock, openIpvs, refused }: RehearsalOptions,
): Promise<boolean> {
  const stage = new Stage(clock, refused);
  const engine = new HealthEngine({
    virtualServers: [cast],
    clock: stage,
    timers: stage,
    probes: stage,
    openIpvs,
    random: Math.random,
    log: () => {},
    tell: () => {},
  });
  const [actor] = cast.realServers;
  const served = (): boolean =>
    engine.wanted.some(({ realServers }) =>
      realServers.some(({ address, weight }) => address === actor?.address && weight > 0)
    );
  engine.run();
  let isAsPlanned = true;
  for (const isUp of [true, false, true]) {
    stage.isUp = isUp;
    for (let ring = 0; ring < MOST_RINGS && (ring === 0 || served() !== isUp); ring++) await stage.ring();
    isAsPlanned &&= served() === isUp;
  }
  await engine.stop({ keepTable: false });
  return isAsPlanned;
}

/** A clock that goes ahead of the real one, one timer, and servers that are as they are told. */
class Stage implements Clock, Timers, ProbePort {
  isUp = true;
  readonly #clock: Clock;
  #aheadUs = 0;
  readonly #refused: RehearsalOptions["refused"];
  #timer: { readonly atUs: number; readonly ring: () => void } | undefined;

  constructor(clock: Clock, refused: RehearsalOptions["refused"]) {
    this.#clock = clock;
    this.#refused = refused;
  }

  nowUs(): number {
    return this.#clock.nowUs() + this.#aheadUs;
  }

  wallMs(): number {
    return this.#clock.wallMs();
  }

  after(delayMs: number, ring: () => void): () => void {
    const timer = { atUs: this.nowUs() + delayMs * 1000, ring };
    this.#timer = timer;
    return () => {
      if (this.#timer === timer) this.#timer = undefined;
    };
  }

  /** Lets time pass until the timer rings, and what follows from it happen. */
  async ring(): Promise<void> {
    const timer = this.#timer;
    if (timer === undefined) return;
    this.#timer = undefined;
    this.#aheadUs += Math.max(0, timer.atUs - this.nowUs());
    timer.ring();
    for (let turn = 0; turn < MICROTASK_TURNS; turn++) await Promise.resolve();
  }

  run(_request: ProbeRequest): Promise<ProbeResult> {
    return Promise.resolve(this.#result());
  }

  reach(_target: unknown, end: (result: ProbeResult) => void): () => void {
    queueMicrotask(() => end(this.#result()));
    return () => {};
  }

  #result(): ProbeResult {
    if (this.isUp) return { ok: true, status: "L4OK", text: "connected", durationUs: 1 };
    const { ok, status, text } = this.#refused();
    return { ok, status, text, durationUs: 1 };
  }
}

/** BFD is told. */
function isAsked({ type }: VirtualServer["realServers"][number]["checkers"][number]): boolean {
  return type !== "bfd";
}
