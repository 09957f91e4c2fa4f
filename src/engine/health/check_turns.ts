// The turns of checkers: when the next check of each is due, its probe, and who gets the result. Judges nothing.
import type { Checker } from "../../config/config.ts";
import type { Clock } from "../../ports/clock.ts";
import type { ProbePort, ProbeResult } from "../../ports/probes.ts";
import type { Agenda } from "./agenda.ts";
import type { Check, CheckRunner } from "./check_runner.ts";
import type { LiveChecker, LiveRealServer } from "./live_real_server.ts";
import type { LiveVirtualServer } from "./live_server.ts";
import { inPace } from "./pace.ts";
import { limitOf, requestsOf, targetOf } from "./policy.ts";
import type { PlacedChecker, SharedChecks } from "./shared_checks.ts";
import type { Suspension } from "./suspension.ts";

/** What turns work with. */
export interface CheckTurnsOptions {
  readonly clock: Clock;
  readonly agenda: Agenda;
  readonly runner: CheckRunner;
  readonly probes: ProbePort;
  readonly shared: SharedChecks;
  readonly suspension: Suspension;
  /** Takes a result that counts. */
  readonly record: (check: PlacedChecker, result: ProbeResult) => void;
}

/** All turns. */
export class CheckTurns {
  readonly #options: CheckTurnsOptions;

  constructor(options: CheckTurnsOptions) {
    this.#options = options;
  }

  /** Arranges the first check of each checker of a virtual server. */
  scheduleAll(server: LiveVirtualServer): void {
    for (const realServer of server.realServers) {
      for (const checker of realServer.checkers) this.schedule({ server, realServer, checker });
    }
  }

  /** Arranges the next check. @param lastUs when the last one was due */
  schedule(check: PlacedChecker, lastUs?: number): void {
    const { realServer, checker } = check;
    const state = realServer.health.checkers[realServer.checkers.indexOf(checker)];
    if (checker.config.type === "bfd" || state === undefined) return; // it is told
    this.#scheduleAt(inPace(state, checker.config.delayLoopMs * 1000, lastUs), check);
  }

  /** Checks that wait for their time run now. @returns how many */
  hasten(server: LiveVirtualServer, realServer: LiveRealServer): number {
    // One that runs has none: it arranges the next when it has ended.
    const waiting = realServer.checkers.filter(({ due }) => due !== undefined);
    for (const checker of waiting) {
      checker.due?.cancel();
      this.#scheduleAt(this.#options.clock.nowUs(), { server, realServer, checker });
    }
    return waiting.length;
  }

  #scheduleAt(dueUs: number, check: PlacedChecker): void {
    // One object for all turns of a checker: what a check leaves behind costs more than the check, with thousands of them.
    const turn = check instanceof Turn ? check : new Turn(this.#options.probes, check, {
      ring: (own) => this.#ring(own),
      done: (own, result) => this.#done(own, result),
    });
    turn.dueUs = dueUs;
    turn.checker.due = this.#options.agenda.at(dueUs, turn.ring);
  }

  #ring(turn: Turn): void {
    const { server, checker } = turn;
    const { clock, shared, suspension, runner } = this.#options;
    checker.due = undefined;
    if (checker.gone) return;
    if (suspension.holds(server)) {
      return this.#scheduleAt(clock.nowUs() + checker.config.delayLoopMs * 1000, turn);
    }
    const takers = shared.begin(turn);
    if (takers === undefined) return;
    turn.takers = takers;
    runner.start(turn);
  }

  #done(turn: Turn, result: ProbeResult): void {
    const { dueUs, takers } = turn;
    turn.takers = "alone";
    if (takers === "alone") return this.#take(turn, result, dueUs);
    for (const taker of takers()) this.#take(taker, result, dueUs);
  }

  /** A result is there for a checker, which may have waited for it or have its own time still to come. */
  #take(taker: PlacedChecker, result: ProbeResult, dueUs: number): void {
    const { server, checker } = taker;
    if (checker.gone) return;
    const { clock, suspension, record } = this.#options;
    if (suspension.holds(server)) {
      const nextUs = clock.nowUs() + checker.config.delayLoopMs * 1000;
      if (checker.due === undefined) this.#scheduleAt(nextUs, taker);
      return;
    }
    checker.due?.cancel();
    checker.due = undefined;
    record(taker, result);
    this.schedule(taker, dueUs);
  }
}

interface TurnEvents {
  readonly ring: (turn: Turn) => void;
  readonly done: (turn: Turn, result: ProbeResult) => void;
}

/** The turns of one checker, one after the other. */
class Turn implements PlacedChecker, Check {
  readonly server: LiveVirtualServer;
  readonly realServer: LiveRealServer;
  readonly checker: LiveChecker;
  readonly limitUs: number;
  readonly isScript: boolean;
  readonly begin: Check["begin"];
  readonly ring: () => void;
  readonly done: (result: ProbeResult) => void;
  /** Who gets the result of the check under way. */
  takers: "alone" | (() => readonly PlacedChecker[]) = "alone";
  dueUs = 0;
  readonly #probes: ProbePort;

  constructor(probes: ProbePort, { server, realServer, checker }: PlacedChecker, { ring, done }: TurnEvents) {
    this.server = server;
    this.realServer = realServer;
    this.checker = checker;
    const { config } = checker;
    this.limitUs = limitOf(config);
    this.isScript = config.type === "misc";
    this.ring = (): void => ring(this);
    this.done = (result): void => done(this, result);
    this.#probes = probes;
    if (config.type !== "tcp" || probes.reach === undefined) this.begin = undefined;
    else {
      const target = targetOf(config);
      this.begin = (end): () => void => probes.reach?.(target, end) ?? nothing;
    }
  }

  run(signal: AbortSignal): Promise<ProbeResult> {
    return probe(this.#probes, this.checker.config, signal);
  }
}

function nothing(): void {}

/** Asks everything a checker asks; the first wrong answer is the result. */
async function probe(probes: ProbePort, checker: Checker, signal: AbortSignal): Promise<ProbeResult> {
  let result: ProbeResult = { ok: true, status: "L7OK", text: "nothing to ask", durationUs: 0 };
  let durationUs = 0;
  for (const request of requestsOf(checker)) {
    result = await probes.run(request, signal);
    durationUs += result.durationUs;
    if (result.ok) continue;
    const severalUrls = checker.type === "http" && checker.urls.length > 1;
    const text = severalUrls && request.type === "http" ? `${request.url.path}: ${result.text}` : result.text;
    return { ...result, text, durationUs };
  }
  return { ...result, durationUs };
}
