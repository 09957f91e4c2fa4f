// What is known of the appliance's slots: plain data.

/** One of the two slots. */
export interface SlotSnapshot {
  readonly slot: "a" | "b";
  /** It runs. */
  readonly running: boolean;
  /** It was found healthy once. */
  readonly good: boolean;
  /** How often GRUB still tries it. */
  readonly triesLeft: number;
  /** Undefined: nobody has noted it, as for a slot that was written with the disk. */
  readonly version?: string;
  readonly provenance?: SlotProvenance;
}

/** Where the content of a slot comes from. */
export interface SlotProvenance {
  /** Of its sources, milliseconds since 1970. */
  readonly madeAtMs: number;
  /** The key that has signed it. */
  readonly key: string;
  readonly installedAtMs: number;
  /** Host and path of a web server, `upload`, or a file. */
  readonly from: string;
  readonly by: string;
}

/** The appliance that this is. */
export interface ApplianceSnapshot {
  readonly version: string;
  /** The slot that runs. */
  readonly slot: "a" | "b";
  /** The slot that is started next. */
  readonly nextSlot: "a" | "b";
  readonly slots: readonly SlotSnapshot[];
}
