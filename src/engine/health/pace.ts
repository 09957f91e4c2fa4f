// Lets time pass for real servers that drain or rise: once a second while there are any. Decides nothing itself.
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
