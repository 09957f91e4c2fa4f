// Causes of fault that are looked at together: those that are there now take the place of those before, whatever they are called.

/** Use: `replace()` after each look. */
export class FaultCauses {
  readonly #tell: (cause: string, present: boolean) => void;
  #known: readonly string[] = [];

  /** @param tell of each cause whether it is there; one that is known already is told again */
  constructor(tell: (cause: string, present: boolean) => void) {
    this.#tell = tell;
  }

  /** What comes is told before what goes: who has one cause after the other does not serve in between. */
  replace(causes: readonly string[]): void {
    const before = this.#known;
    this.#known = causes;
    for (const cause of causes) this.#tell(cause, true);
    for (const cause of before) if (!causes.includes(cause)) this.#tell(cause, false);
  }
}
