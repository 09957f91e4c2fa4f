// What a manual says of one keyword. Ranges and forms of arguments are not part of it: they come from the types of values.

/** A keyword at one position. */
export interface ManualEntry {
  /** What it means: a sentence or two, in lower case. */
  readonly meaning: string;
  /** The default as a reader would say it; undefined: there is none. */
  readonly fallback?: string;
  /** One or more lines of keepalived.conf. */
  readonly example: string;
  /** Where it comes from: an RFC's section, a part of keepalived.conf(5). */
  readonly source: string;
  /** What trips people up. */
  readonly note?: string;
}
