// How long a role may take to get ready. A machine under load is slow, not broken: to end a role that gets little of the processor
// and to start it again only makes it begin anew. What waits for ever, or turns in a circle, is ended.

/** How often it is looked at. */
export const START_STEP_MS = 60_000;
/** A start takes some 0.3 s of a processor; with tables of thousands, where every instruction is emulated, a hundred times that. */
const MAX_CPU_SECONDS = 120;
/** Whoever used less of a step does not get on: it waits for something. */
const LEAST_CPU_SECONDS = 0.5;
const MAX_STEPS = 10;

/** Judges one start. */
export class StartPatience {
  #steps = 0;
  #cpuSeconds = 0;

  /**
   * A step has gone by, and the role is not ready.
   *
   * @param cpuSeconds of the processor that its process has used since it was started; undefined: nobody knows
   * @returns whether it gets on and is waited for
   */
  waitsOn(cpuSeconds: number | undefined): boolean {
    const used = (cpuSeconds ?? 0) - this.#cpuSeconds;
    this.#cpuSeconds = cpuSeconds ?? 0;
    return ++this.#steps < MAX_STEPS && used >= LEAST_CPU_SECONDS && this.#cpuSeconds <= MAX_CPU_SECONDS;
  }
}
