// Whose word an operator's request is, why, and for how long: the fields that all commands share.
import type { Signature } from "../core/vrrp/steering.ts";
import type { ControlRequest } from "./control.ts";

/** An author or a reason longer than this is cut, characters. */
const MAX_TEXT = 200;
/** Longest duration that is taken: a year. */
const MAX_DURATION_MS = 366 * 86_400_000;

/** Who gives the command; undefined when it does not say. */
export function signatureOf({ author, reason }: ControlRequest): Signature | undefined {
  const name = cleanText(author);
  if (name === undefined) return undefined;
  const why = cleanText(reason);
  return { author: name, ...(why === undefined ? {} : { reason: why }), atMs: Date.now() };
}

/** A sentence for log and journal, with whose word it is. */
export function signed(text: string, by: Omit<Signature, "atMs"> | undefined): string {
  if (by === undefined) return text;
  return `${text} (${by.author}${by.reason === undefined ? "" : `: ${by.reason}`})`;
}

/** How long it holds; undefined: until it is taken back. @throws Error when it is no such duration */
export function duration({ forMs }: ControlRequest): number | undefined {
  if (forMs === undefined) return undefined;
  if (typeof forMs !== "number" || !(forMs > 0 && forMs <= MAX_DURATION_MS)) {
    throw new Error("a duration is more than nothing and at most a year");
  }
  return forMs;
}

/** Without control characters: it is shown in logs and on terminals. */
export function cleanText(value: unknown): string | undefined {
  if (typeof value !== "string") return undefined;
  // deno-lint-ignore no-control-regex -- removing them is the point
  const clean = value.replace(/[\x00-\x1f\x7f]+/g, " ").trim().slice(0, MAX_TEXT);
  return clean === "" ? undefined : clean;
}
