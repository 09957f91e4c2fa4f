// What checks ask the machine that a configuration is for. Interfaces only; `cli` has the real one.

/** The machine. */
export interface Host {
  readonly interfaceNames: () => readonly string[];
  /** What would come of running that file. `insecure`: others than root can change it. */
  readonly script: (path: string) => "ok" | "missing" | "not-executable" | "insecure";
  readonly hasUser: (name: string) => boolean;
}
