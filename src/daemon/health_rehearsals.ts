// When the health role rehearses how a dead server leaves the table: soon after its start, a little at a time, so that no check is
// late for it.
import type { VirtualServer } from "../config/config.ts";
import { castOf, rehearse } from "../engine/health/rehearsal.ts";
import { bindAllCalls } from "../linux/libc.ts";
import { SystemClock } from "../linux/monotonic_clock.ts";
import { paperIpvs } from "../linux/paper_ipvs.ts";
import { SystemError } from "../linux/system_error.ts";
import { type Finding, refusal } from "../probe/tcp.ts";

const ECONNREFUSED = 111; // asm-generic/errno.h

/** The first one waits until the start is through. */
const FIRST_MS = 300;
/** From one to the next. */
const NEXT_MS = 50;
/** So many: the first takes 20 ms, the last one. */
const ROUNDS = 20;

const refused = (): Finding => refusal(new SystemError("connect", ECONNREFUSED));

/** Use: `begin()` with each configuration; the first that has checks is rehearsed with. */
export class HealthRehearsals {
  readonly #clock = new SystemClock();
  #rounds = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  begin(servers: readonly VirtualServer[]): void {
    if (this.#rounds > 0) return;
    const cast = castOf(servers);
    if (cast !== undefined) this.#later(cast, FIRST_MS);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #later(cast: VirtualServer, delayMs: number): void {
    this.#rounds++;
    this.#timer = setTimeout(async () => {
      bindAllCalls(); // some are made for dead servers only
      const isAsPlanned = await rehearse(cast, { clock: this.#clock, openIpvs: paperIpvs, refused }).catch(() => false);
      if (isAsPlanned && this.#rounds < ROUNDS) this.#later(cast, NEXT_MS);
    }, delayMs);
  }
}
