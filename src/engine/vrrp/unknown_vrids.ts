// `log_unknown_vrids`: says that advertisements arrive for virtual routers that nobody configured here.
import { senderOf } from "./senders.ts";
import { RateLimiter } from "./rate_limiter.ts";

/** Logs them once it is `logged`. */
export class UnknownVrids {
  readonly #log: (line: string) => void;
  readonly #limiter = new RateLimiter();
  logged = false;

  constructor(log: (line: string) => void) {
    this.#log = log;
  }

  /** @param packet a whole IP packet with an advertisement in it; valid during the call only */
  note(interfaceName: string, vrid: number, packet: Uint8Array, nowUs: number): void {
    if (!this.logged || !this.#limiter.allows(String(vrid), nowUs)) return;
    this.#log(`${interfaceName}: ${senderOf(packet)} advertises VRID ${vrid}, which no instance has there`);
  }
}
