// Finds what the manual says of a keyword.
import type { SectionName } from "../section.ts";
import type { ManualEntry } from "./entry.ts";

/** The entry of a keyword at one position. */
export function manualEntry(_section: SectionName, _keyword: string): ManualEntry | undefined {
  return undefined;
}
