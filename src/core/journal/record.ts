// A record of the journal: one line with a checksum, so that a reader knows a whole one from what a crash or a loss of
// power left of it, and finds the next one behind it.
import { crc32 } from "../../base/crc32.ts";
import type { Entry, Fact } from "./entry.ts";

/** A reader gives up on longer lines; a writer makes none. */
export const MAX_RECORD_BYTES = 16_384;

const encoder = new TextEncoder();
const TYPES: readonly Fact["type"][] = [
  "link",
  "fault",
  "forbidden",
  "priority",
  "transition",
  "track",
  "server",
  "service",
  "remark",
  "operator",
  "daemon",
  "role",
  "reload",
  "addresses",
  "announced",
  "lost",
];

/** The line, with its end; undefined when it would be too long. */
export function encodeRecord(entry: Entry): Uint8Array | undefined {
  const json = encoder.encode(JSON.stringify(entry));
  const line = new Uint8Array([...encoder.encode(`${hex(crc32(json))} `), ...json, 10]);
  return line.length > MAX_RECORD_BYTES ? undefined : line;
}

/** What a line says, without its end; undefined when it is not a whole record. */
export function decodeRecord(line: string): Entry | undefined {
  const json = line.slice(9);
  if (line.length > MAX_RECORD_BYTES || line[8] !== " " || line.slice(0, 8) !== hex(crc32(encoder.encode(json)))) {
    return undefined;
  }
  try {
    const value: unknown = JSON.parse(json);
    return isEntry(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Entries of a text, in order; what is not whole is left out. */
export function decodeRecords(text: string): Entry[] {
  return text.split("\n").flatMap((line) => line === "" ? [] : decodeRecord(line) ?? []);
}

/** Whether a value from outside is a fact that can be kept. */
export function isFact(value: unknown): value is Fact {
  return typeof value === "object" && value !== null && "type" in value && TYPES.some((type) => type === value.type);
}

/** Whether a value from outside looks like an entry; what its fact says is not looked at. */
export function isEntry(value: unknown): value is Entry {
  if (typeof value !== "object" || value === null || !("id" in value) || !("atMs" in value) || !("fact" in value)) {
    return false;
  }
  return Number.isSafeInteger(value.id) && typeof value.atMs === "number" && isFact(value.fact);
}

function hex(value: number): string {
  return value.toString(16).padStart(8, "0");
}
