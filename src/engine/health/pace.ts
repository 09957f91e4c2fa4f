// The pace of checks; and time that passes for real servers that drain or rise, once a second while there are any. Decides
// nothing itself.
import type { CheckerState } from "../../core/health/verdict.ts";
import type { WantedVirtualServer } from "../../core/ipvs/table.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Agenda, Appointment } from "./agenda.ts";
import type { LiveVirtualServer } from "./live_server.ts";
import { formatServer, formatService, settledLine } from "./log_lines.ts";
import type { TableKeeper } from "./table_keeper.ts";

/** What it works with. */
export interface PaceOptions {
  readonly clock: Clock;
  readonly agenda: Agenda;
  readonly keeper: () => TableKeeper;
  readonly servers: () => readonly LiveVirtualServer[];
  /** Its table entries. */
  readonly wanted: (server: LiveVirtualServer) => readonly WantedVirtualServer[];
  readonly log: (line: string) => void;
}

/** The kernel's counts are read this often, microseconds. */
const INTERVAL_US = 1_000_000;

/** The one appointment. */
export class Pace {
  readonly #options: PaceOptions;
  #next: Appointment | undefined;

  constructor(options: PaceOptions) {
    this.#options = options;
  }

  /** Makes sure that time passes, if any real server needs it. */
  arrange(): void {
    if (this.#next !== undefined || !this.#options.servers().some((server) => server.moves)) return;
    const { agenda, clock } = this.#options;
    this.#next = agenda.at(clock.nowUs() + INTERVAL_US, () => {
      this.#next = undefined;
      this.#pass();
      this.arrange();
    });
  }

  #pass(): void {
    const { clock, wanted, log } = this.#options;
    const keeper = this.#options.keeper();
    const table = keeper.rows();
    for (const server of this.#options.servers()) {
      if (!server.moves) continue;
      const settled = server.advance(table, clock.nowUs());
      keeper.apply(wanted(server));
      for (const { server: real, presence } of settled) {
        const line = settledLine(
          presence,
          formatServer(real.entry, server.config.protocol),
          formatService(server.config),
        );
        if (line !== undefined) log(line);
      }
    }
  }
}

/** Of `delay_loop`: what a check may be late and take, together, without being the later the next time. */
const PACE_SHARE = 4;

/**
 * When the next check is due. Good checks that end soon come at the distance of `delay_loop` whatever they took, so that a
 * busy machine does not make each later than the one before; for the others it counts from their end, as in keepalived.
 *
 * @param lastUs when the last one was due
 */
export function inPace(
  { nextCheckUs, failures }: Pick<CheckerState, "nextCheckUs" | "failures">,
  delayLoopUs: number,
  lastUs: number | undefined,
): number {
  if (lastUs === undefined || failures > 0) return nextCheckUs;
  const pacedUs = lastUs + delayLoopUs;
  return nextCheckUs - pacedUs <= delayLoopUs / PACE_SHARE ? pacedUs : nextCheckUs;
}
