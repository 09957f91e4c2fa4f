// What reading routes and rules has in common: problems, numbers in their ranges, ranges, realms.
import { type NameFile, type NameLookup, plainNumber } from "./names.ts";

/** Why a line can't be a route or rule: the words are wrong, or we can't do it. */
export class WordProblem extends Error {
  /** An option that we have no effect for, such as `vrf`. */
  readonly missing: string | undefined;

  constructor(message: string, missing?: string) {
    super(message);
    this.missing = missing;
  }
}

/** What reading a line gave. */
export type Compiled<Request> =
  | { readonly ok: true; readonly request: Request; readonly tracked: boolean; readonly notes: readonly string[] }
  | { readonly ok: false; readonly problem: string; readonly missing: string | undefined };

/** Runs a reader and turns the problem that it throws into a result. */
export function compiled<Request>(
  read: () => { request: Request; tracked: boolean; notes: readonly string[] },
): Compiled<Request> {
  try {
    return { ok: true, ...read() };
  } catch (error) {
    if (!(error instanceof WordProblem)) throw error;
    return { ok: false, problem: error.message, missing: error.missing };
  }
}

/** A number of an option. */
export function numberOf(option: string, text: string, min: number, max: number): number {
  const value = plainNumber(text, Number.MAX_SAFE_INTEGER);
  if (value !== undefined && value >= min && value <= max) return value;
  throw new WordProblem(`\`${option}\` must be from ${min} to ${max}, not \`${text}\``);
}

/** A number or a name of the system. */
export function namedNumber(option: string, text: string, file: NameFile, names: NameLookup, max = 0xffffffff): number {
  const value = names(file, text);
  if (value !== undefined && value <= max) return value;
  throw new WordProblem(
    value === undefined
      ? `\`${option} ${text}\`: no number is called so in iproute2's \`${file}\``
      : `\`${option}\` must be at most ${max}, not \`${text}\``,
  );
}

/** `FIRST-LAST`, or one number. */
export function rangeOf(option: string, text: string, max: number): [number, number] {
  const match = /^(\d+)(?:-(\d+))?$/.exec(text);
  const first = numberOf(option, match?.[1] ?? text, 0, max);
  const last = match?.[2] === undefined ? first : numberOf(option, match[2], 0, max);
  if (first <= last) return [first, last];
  throw new WordProblem(`\`${option}\` must go from the lower number to the higher, not \`${text}\``);
}

/** `SOURCE/DESTINATION`, or the destination alone: two realms of 16 bits. */
export function realmsOf(text: string, names: NameLookup): number {
  const parts = text.split("/");
  if (parts.length > 2) throw new WordProblem(`\`realms\` are \`SOURCE/DESTINATION\`, not \`${text}\``);
  const [destination = 0, source = 0] = parts.toReversed().map((part) =>
    namedNumber("realms", part, "rt_realms", names, 0xffff)
  );
  return source * 0x10000 + destination;
}

/** A number of 8 bits with the names of `rt_dsfield`. */
export function tosOf(text: string, names: NameLookup): number {
  return namedNumber("tos", text, "rt_dsfield", names, 255);
}
