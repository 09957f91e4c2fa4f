// The real probes: TCP and HTTP through `Deno.connect`. Judges nothing beyond one probe.
import type { ProbePort, ProbeRequest, ProbeResult } from "../ports/probes.ts";
import { probeHttp } from "./http.ts";
import { type Connect, type Finding, probeTcp } from "./tcp.ts";

/** What a prober may be given instead of the system's. */
export interface ProberOptions {
  readonly connect?: Connect;
  /** Monotonic microseconds. */
  readonly nowUs?: () => number;
}

/** Runs probes from this host. */
export class Prober implements ProbePort {
  readonly #connect: Connect;
  readonly #nowUs: () => number;

  constructor(options: ProberOptions = {}) {
    this.#connect = options.connect ?? ((target) => Deno.connect(target));
    this.#nowUs = options.nowUs ?? ((): number => Math.round(performance.now() * 1000));
  }

  /** See `ProbePort`. */
  async run(request: ProbeRequest, signal: AbortSignal): Promise<ProbeResult> {
    const startUs = this.#nowUs();
    const finding = await this.#probe(request, signal);
    return { ...finding, durationUs: this.#nowUs() - startUs };
  }

  #probe(request: ProbeRequest, signal: AbortSignal): Promise<Finding> {
    switch (request.type) {
      case "tcp":
        return probeTcp(this.#connect, request.target, signal);
      case "http":
        return probeHttp(this.#connect, request, signal);
      default:
        return request satisfies never;
    }
  }
}
