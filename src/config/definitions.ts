// `$NAME=` definitions, `${NAME}` references, `~SEQ` and `~LST`: from one line of text to the lines that it stands for.
// Knows texts and columns, no keyword.
import type { ColumnMap } from "./lexer.ts";

/** What references can ask for beside definitions. */
export interface Surroundings {
  /** `${_PWD}`: folder of the file that is being read. */
  readonly folder: () => string;
  /** `${_INSTANCE}`: name given by the keyword `instance`. */
  readonly instance: () => string;
  /** `${_ENV NAME}`. */
  readonly environment: (name: string) => string | undefined;
  /** `${_RANDOM}`: a whole number from `min` to `max`. */
  readonly random: (min: number, max: number) => number;
}

/** Definitions that refer to one another are followed this deep. */
export const MAX_DEPTH = 32;
/** Longest text that a line may stand for, in characters, and all lines together. */
const MAX_TEXT = 1_000_000;
const MAX_TOTAL = 50_000_000;
const REFERENCE = /\$(?:\{(\w+)([^{}"]{0,100})\}|(\w+)(?=[\s,)]|$))/g;
const MAX_RANDOM = 32_767;

/** A line, or all of them together, stands for too much text. */
export class TooMuchText extends Error {
  override readonly name = "TooMuchText";
}

/** A line with what is known of its columns. */
export interface Source {
  readonly text: string;
  /** Missing for a line as it stands in the file. */
  readonly pieces?: readonly Piece[];
}

/** All definitions that have been read, with what they stand for now: a later one replaces an earlier one. */
export class Definitions {
  readonly #texts = new Map<string, string>();
  readonly #surroundings: Surroundings;
  #total = 0;

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
  }

  /** `$NAME=text`; a text of several lines has them separated by newlines. */
  define(name: string, text: string): void {
    this.#texts.set(name, text);
  }

  /**
   * Carries out the first `~SEQ` or `~LST` of a line: what to define in each round, and the line without it. Undefined
   * when there is none.
   *
   * @throws TooMuchText
   */
  repeat(source: Source): { rounds: readonly ReadonlyMap<string, string>[]; rest: Source } | undefined {
    const match = SEQUENCE.exec(source.text);
    if (match === null) return undefined;
    const [all, kind, hexadecimal, args = ""] = match;
    const given = this.expand({ text: args })[0]?.text ?? "";
    const rounds = kind === "SEQ" ? sequence(given, hexadecimal === "x") : list(given);
    if (rounds === undefined) return undefined;
    const pieces = [...cut(source, 0, match.index), ...cut(source, match.index + all.length, source.text.length)];
    return { rounds, rest: sourceOf(pieces) };
  }

  /**
   * Puts definitions in place of references: usually one line, several where a definition has several, and those are as
   * they were defined, since they may define what they refer to.
   *
   * @throws TooMuchText
   */
  expand(source: Source): Source[] {
    let pieces = source.pieces ?? [{ text: source.text, column: 0, length: source.text.length, verbatim: true }];
    for (let depth = 0; pieces.some((piece) => piece.text.includes("$")); depth++) {
      const next = pieces.flatMap((piece) => this.#replaceIn(piece));
      if (next.length === pieces.length) break;
      if (depth === MAX_DEPTH) throw new TooMuchText("a definition refers to itself");
      pieces = next.filter((piece) => piece.text !== "");
      const length = pieces.reduce((sum, piece) => sum + piece.text.length, 0);
      if (length > MAX_TEXT) throw new TooMuchText("a line stands for too much text");
      if (pieces.some((piece) => piece.text.includes("\n"))) break;
    }
    return splitLines(pieces).map((line) => {
      const expanded = sourceOf(line);
      this.#total += expanded.text.length + 1;
      if (expanded.text.length > MAX_TEXT) throw new TooMuchText("a line stands for too much text");
      if (this.#total > MAX_TOTAL) throw new TooMuchText("all definitions together stand for too much text");
      return expanded;
    });
  }

  #replaceIn(piece: Piece): Piece[] {
    const pieces: Piece[] = [];
    let done = 0;
    for (const match of piece.text.matchAll(REFERENCE)) {
      const [reference, braced, args = "", bare] = match;
      const builtIn = braced === undefined ? undefined : this.#builtIn(braced, args.trim());
      const text = builtIn ?? this.#texts.get(braced ?? bare ?? "");
      if (text === undefined) continue;
      pieces.push(part(piece, done, match.index));
      const place = part(piece, match.index, match.index + reference.length);
      pieces.push({ ...place, text, verbatim: false });
      done = match.index + reference.length;
    }
    return pieces.length === 0 ? [piece] : [...pieces, part(piece, done, piece.text.length)];
  }

  #builtIn(name: string, args: string): string | undefined {
    switch (name) {
      case "_PWD":
        return this.#surroundings.folder();
      case "_INSTANCE":
        return this.#surroundings.instance();
      case "_ENV":
        return this.#surroundings.environment(args) ?? "";
      case "_HASH":
        return "#";
      case "_BANG":
        return "!";
      case "_RANDOM": {
        const [first, second] = args.split(/\s+/).filter((word) => word !== "").map(Number);
        return String(this.#surroundings.random(first ?? 0, second ?? MAX_RANDOM));
      }
      default:
        return undefined;
    }
  }
}

const SEQUENCE = /~(SEQ|LST)(x?)\(([^()]*)\)/;

/** A text with the place that it stands for. */
export interface Piece {
  readonly text: string;
  /** From 0. */
  readonly column: number;
  readonly length: number;
  /** Each character stands for itself in the file. */
  readonly verbatim: boolean;
}

/** A part of a piece; what has been put in somewhere keeps the place of the reference. */
function part(piece: Piece, from: number, to: number): Piece {
  const text = piece.text.slice(from, to);
  return piece.verbatim ? { text, column: piece.column + from, length: to - from, verbatim: true } : { ...piece, text };
}

/** The pieces of a line between two offsets. */
function cut({ text, pieces }: Source, from: number, to: number): Piece[] {
  if (pieces === undefined) return [{ text: text.slice(from, to), column: from, length: to - from, verbatim: true }];
  let start = 0;
  return pieces.flatMap((piece) => {
    const [first, last] = [Math.max(from - start, 0), Math.min(to - start, piece.text.length)];
    start += piece.text.length;
    return last > first ? [part(piece, first, last)] : [];
  });
}

function sourceOf(pieces: readonly Piece[]): Source {
  return { text: pieces.map(({ text }) => text).join(""), pieces };
}

const MAX_ROUNDS = 100_000;

/** `var, [start, [step,]] end`. */
function sequence(args: string, hexadecimal: boolean): Map<string, string>[] | undefined {
  const [name = "", ...numbers] = args.split(",").map((word) => word.trim());
  const values = numbers.map(Number);
  if (!/^\w+$/.test(name) || values.length < 1 || values.length > 3 || !values.every(Number.isInteger)) {
    return undefined;
  }
  const start = values.length > 1 ? values[0] ?? 1 : 1;
  const end = values.at(-1) ?? 1;
  const step = values.length === 3 ? values[1] ?? 1 : start <= end ? 1 : -1;
  if (step === 0 || (end - start) / step > MAX_ROUNDS) {
    throw new TooMuchText(`\`~SEQ(${args})\` stands for too many lines`);
  }
  const rounds: Map<string, string>[] = [];
  for (let value = start; step > 0 ? value <= end : value >= end; value += step) {
    rounds.push(new Map([[name, value.toString(hexadecimal ? 16 : 10)]]));
  }
  return rounds;
}

/** `var, v1, v2 ...` or `{a, b}, {1, 2}, {3, 4} ...`. */
function list(args: string): Map<string, string>[] | undefined {
  const items = args.match(/\{[^{}]*\}|[^,{}\s][^,{}]*/g)?.map((item) => item.trim()) ?? [];
  const words = (item = ""): string[] => item.replace(/^\{|\}$/g, "").split(",").map((word) => word.trim());
  const names = words(items[0]);
  if (items.length < 2 || !names.every((name) => /^\w+$/.test(name))) return undefined;
  return items.slice(1).map((item) => {
    const values = names.length === 1 ? [item.replace(/^\{|\}$/g, "").trim()] : words(item);
    return new Map(names.map((name, index) => [name, values[index] ?? ""]));
  });
}

function splitLines(pieces: readonly Piece[]): Piece[][] {
  const lines: Piece[][] = [[]];
  for (const piece of pieces) {
    piece.text.split("\n").forEach((text, index) => {
      if (index > 0) lines.push([]);
      if (text !== "") lines.at(-1)?.push(text === piece.text ? piece : { ...piece, text });
    });
  }
  return lines;
}

/** Where the columns of a line came from. */
export function columnsOf(pieces: readonly Piece[]): ColumnMap {
  const starts: number[] = [];
  let length = 0;
  for (const piece of pieces) {
    starts.push(length);
    length += piece.text.length;
  }
  const locate = (offset: number, after: number): number => {
    const index = starts.findLastIndex((start, at) => start <= offset && pieces[at]?.text !== "");
    const piece = pieces[index];
    if (piece === undefined) return 0;
    if (piece.verbatim) return piece.column + offset - (starts[index] ?? 0) + after;
    return piece.column + (after === 0 ? 0 : piece.length);
  };
  return { start: (offset) => locate(offset, 0), end: (offset) => locate(offset, 1) };
}
