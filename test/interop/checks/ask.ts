// Asks a server on loopback what a check asks.
import type { ProbeResult } from "../../../src/ports/probes.ts";
import type { ServiceProbeRequest } from "../../../src/ports/service_probes.ts";
import { Prober } from "../../../src/probe/prober.ts";

/** What came of it. */
export type Outcome = Omit<ProbeResult, "durationUs">;
/** A request but for its target. */
export type Question = ServiceProbeRequest extends infer R ? R extends { target: unknown } ? Omit<R, "target"> : never
  : never;

/** One probe. */
export async function ask(port: number, question: Question): Promise<Outcome> {
  const request = { ...question, target: { address: "127.0.0.1", port, timeoutMs: 10_000 } } as ServiceProbeRequest;
  const { durationUs: _, ...outcome } = await new Prober().run(request, new AbortController().signal);
  return outcome;
}
