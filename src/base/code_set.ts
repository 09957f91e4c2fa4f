// Sets of character codes as sorted ranges, for regular expressions. Knows no syntax.

/** Sorted, disjoint, non-adjacent ranges, both ends inclusive: [first, last, first, last, ...]. */
export type CodeSet = readonly number[];

/** The greatest code point. */
export const MAX_CODE = 0x10ffff;

/** Codes of lines' ends in PCRE2's default: LF alone. */
export const NEWLINE: CodeSet = [0x0a, 0x0a];
/** Letters, digits and the underscore, ASCII only. */
export const WORD: CodeSet = [0x30, 0x39, 0x41, 0x5a, 0x5f, 0x5f, 0x61, 0x7a];

/** The set of given ranges, in any order, overlapping or not. */
export function codeSet(...ranges: (readonly [first: number, last: number])[]): CodeSet {
  const sorted = ranges.filter(([first, last]) => first <= last).sort((a, b) => a[0] - b[0]);
  const flat: number[] = [];
  for (const [first, last] of sorted) {
    const end = flat.at(-1);
    if (end !== undefined && first <= end + 1) flat[flat.length - 1] = Math.max(end, last);
    else flat.push(first, last);
  }
  return flat;
}

/** The ranges of a set. */
export function* rangesOf(set: CodeSet): Generator<readonly [first: number, last: number]> {
  for (let at = 0; at < set.length; at += 2) yield [set[at] as number, set[at + 1] as number];
}

/** What is in any of the sets. */
export function union(...sets: CodeSet[]): CodeSet {
  return codeSet(...sets.flatMap((set) => [...rangesOf(set)]));
}

/** What is not in the set, from 0 to `max`. */
export function complement(set: CodeSet, max: number): CodeSet {
  const ranges: [number, number][] = [];
  let next = 0;
  for (const [first, last] of rangesOf(set)) {
    if (first > max) break;
    ranges.push([next, first - 1]);
    next = last + 1;
  }
  ranges.push([next, max]);
  return codeSet(...ranges);
}

/** Whether a code is in the set. */
export function contains(set: CodeSet, code: number): boolean {
  for (let at = 0; at < set.length; at += 2) {
    if (code < (set[at] as number)) return false;
    if (code <= (set[at + 1] as number)) return true;
  }
  return false;
}

/** The set with the other case of its letters added; beyond ASCII only when `unicode`, by simple one-to-one mapping. */
export function withBothCases(set: CodeSet, unicode: boolean): CodeSet {
  const added: [number, number][] = [];
  for (const [first, last] of rangesOf(set)) {
    // No code above has another case.
    const end = Math.min(last, unicode ? 0x1e943 : 0x7f);
    for (let code = first; code <= end; code++) {
      for (const other of otherCases(code)) if (unicode || other <= 0x7f) added.push([other, other]);
    }
  }
  return union(set, codeSet(...added));
}

function otherCases(code: number): number[] {
  const text = String.fromCodePoint(code);
  return [text.toLowerCase(), text.toUpperCase()]
    .map((other) => ({ other, first: other.codePointAt(0) ?? code }))
    .filter(({ other, first }) => first !== code && String.fromCodePoint(first) === other)
    .map(({ first }) => first);
}
