// Take-overs that one virtual router was forbidden, or that wait for the silent master to be fenced: said once for each reason,
// shown while they hold.
import type { RouterAction, RouterState } from "../../core/vrrp/state.ts";
import type { Ban } from "../../core/vrrp/witness.ts";
import type { VrrpInstanceSnapshot } from "../../ports/snapshot.ts";
import { RateLimiter } from "./rate_limiter.ts";
import type { VirtualRouterPorts } from "./surroundings.ts";

/** A router that must wait tries again at every Master_Down_Interval: the same reason is said this often at most. */
const SAY_INTERVAL_US = 60_000_000;

/** One for each router. */
export class ForbiddenTakeovers {
  readonly #ports: VirtualRouterPorts;
  readonly #log: (line: string) => void;
  readonly #limiter = new RateLimiter(SAY_INTERVAL_US);
  #count = 0;
  #lastMs: number | undefined;

  constructor(ports: VirtualRouterPorts, log: (line: string) => void) {
    this.#ports = ports;
    this.#log = log;
  }

  /** It would become master now. @param peer address of the router that was heard last */
  carryOut(name: string, action: RouterAction & { type: "forbidden" | "fence" }, peer: string | undefined): void {
    if (action.type === "forbidden") return this.#note(name, action.reason);
    this.#log(`has ${peer ?? "a master that was never heard"} fenced before it takes over`);
    this.#ports.fence?.({ name, id: action.id, ...(peer !== undefined && { address: peer }) });
  }

  #note(name: string, reason: string): void {
    this.#count++;
    this.#lastMs = this.#ports.clock.wallMs();
    this.#ports.changed();
    // Numbers change with every answer, and are no other reason.
    if (!this.#limiter.allows(reason.replace(/\d+/g, "N"), this.#ports.clock.nowUs())) return;
    this.#log(`would become master, but must not: ${reason}`);
    this.#ports.observe?.({ type: "forbidden", name, reason });
  }

  /** The part of the snapshot: what a backup is forbidden now, and how often that mattered. */
  snapshot(state: RouterState, ban: Ban | undefined): Pick<VrrpInstanceSnapshot, "takeoverForbidden"> {
    const reason = state.name === "master" ? undefined : ban?.always ?? ban?.inSilence;
    if (reason === undefined && this.#count === 0) return {};
    return {
      takeoverForbidden: {
        ...(reason !== undefined && { reason }),
        count: this.#count,
        ...(this.#lastMs !== undefined && { lastMs: this.#lastMs }),
      },
    };
  }
}
