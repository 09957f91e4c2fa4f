// PCRE2 patterns to a tree, as far as a search in linear time can carry them out. Does not match anything.
//
// Left out, and refused by name: what looks back or ahead of its place (back references, lookaround, \G), what limits
// backtracking (atomic groups, possessive quantifiers, verbs), recursion, conditions, Unicode properties.
import { type CodeSet, codeSet, complement, MAX_CODE, NEWLINE, union, withBothCases, WORD } from "./code_set.ts";
import type { Result } from "./result.ts";

/**
 * A place that matches without taking a character. `final`: at the end, or at a newline that is the end; `no-newline`: a
 * newline does not follow.
 */
export type Place = "start" | "end" | "final" | "line-start" | "line-end" | "boundary" | "no-boundary" | "no-newline";

/** A pattern as a tree. */
export type RegexNode =
  | { readonly type: "set"; readonly set: CodeSet }
  | { readonly type: "place"; readonly place: Place }
  | { readonly type: "sequence"; readonly nodes: readonly RegexNode[] }
  | { readonly type: "choice"; readonly nodes: readonly RegexNode[] }
  | { readonly type: "repeat"; readonly node: RegexNode; readonly min: number; readonly max: number };

/** What options change about reading a pattern; some of them can be set within it, `(?i)`. */
export interface RegexFlags {
  readonly caseless: boolean;
  readonly dotall: boolean;
  readonly multiline: boolean;
  readonly extended: boolean;
  readonly dollarEndOnly: boolean;
  readonly allowEmptyClass: boolean;
  /** Characters are code points of UTF-8, not bytes. */
  readonly utf: boolean;
}

/** Longer patterns, and counts over this, are refused: a repeat is written out. */
const MAX_COUNT = 1000;
const MAX_DEPTH = 100;

const DIGIT: CodeSet = codeSet([0x30, 0x39]);
const SPACE: CodeSet = codeSet([0x09, 0x0d], [0x20, 0x20]);
const HORIZONTAL_SPACE: CodeSet = codeSet(
  [0x09, 0x09],
  [0x20, 0x20],
  [0xa0, 0xa0],
  [0x1680, 0x1680],
  [0x180e, 0x180e],
  [
    0x2000,
    0x200a,
  ],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
);
const VERTICAL_SPACE: CodeSet = codeSet([0x0a, 0x0d], [0x85, 0x85], [0x2028, 0x2029]);
const EMPTY: RegexNode = { type: "sequence", nodes: [] };

const CLASS_ESCAPES: Readonly<Record<string, CodeSet>> = {
  d: DIGIT,
  w: WORD,
  s: SPACE,
  h: HORIZONTAL_SPACE,
  v: VERTICAL_SPACE,
};
const POSIX_CLASSES: Readonly<Record<string, CodeSet>> = {
  alpha: codeSet([0x41, 0x5a], [0x61, 0x7a]),
  lower: codeSet([0x61, 0x7a]),
  upper: codeSet([0x41, 0x5a]),
  alnum: codeSet([0x30, 0x39], [0x41, 0x5a], [0x61, 0x7a]),
  ascii: codeSet([0, 0x7f]),
  blank: codeSet([0x09, 0x09], [0x20, 0x20]),
  cntrl: codeSet([0, 0x1f], [0x7f, 0x7f]),
  digit: DIGIT,
  graph: codeSet([0x21, 0x7e]),
  print: codeSet([0x20, 0x7e]),
  punct: codeSet([0x21, 0x2f], [0x3a, 0x40], [0x5b, 0x60], [0x7b, 0x7e]),
  space: SPACE,
  word: WORD,
  xdigit: codeSet([0x30, 0x39], [0x41, 0x46], [0x61, 0x66]),
};
const CONTROL_ESCAPES: Readonly<Record<string, number>> = { a: 7, e: 0x1b, f: 0x0c, n: 0x0a, r: 0x0d, t: 0x09 };
const PLACE_ESCAPES: Readonly<Record<string, Place>> = {
  A: "start",
  Z: "final",
  z: "end",
  b: "boundary",
  B: "no-boundary",
};
const INLINE_FLAGS: Readonly<Record<string, keyof RegexFlags | "">> = {
  i: "caseless",
  m: "multiline",
  s: "dotall",
  x: "extended",
  J: "", // duplicate names
  U: "", // which of several matches is found makes no difference here
  n: "", // nor does what is captured
};

/** Reads a pattern. The reason of a refusal is a part of a sentence: "has ...". */
export function parseRegex(pattern: string, flags: RegexFlags): Result<RegexNode, string> {
  try {
    return { ok: true, value: new Parser(pattern, flags).parse() };
  } catch (error) {
    if (error instanceof Refusal) return { ok: false, reason: error.message };
    throw error;
  }
}

class Refusal extends Error {}

function refuse(what: string): never {
  throw new Refusal(what);
}

class Parser {
  readonly #codes: readonly number[];
  #flags: RegexFlags;
  readonly #max: number;
  #at = 0;
  #depth = 0;

  constructor(pattern: string, flags: RegexFlags) {
    // Without `utf` a character that is not ASCII is, in pattern and body alike, the bytes of its UTF-8.
    this.#codes = flags.utf
      ? [...pattern].map((character) => character.codePointAt(0) ?? 0)
      : [...new TextEncoder().encode(pattern)];
    this.#flags = flags;
    this.#max = flags.utf ? MAX_CODE : 0xff;
  }

  parse(): RegexNode {
    if (this.#looksAt("(*")) refuse("has a verb or a setting `(*...)`, which is not supported");
    const node = this.#choice();
    if (this.#at < this.#codes.length) refuse("has a `)` too many");
    return node;
  }

  #choice(): RegexNode {
    if (++this.#depth > MAX_DEPTH) refuse(`has groups more than ${MAX_DEPTH} deep`);
    const flags = this.#flags;
    const nodes = [this.#sequence()];
    while (this.#take("|")) nodes.push(this.#sequence());
    this.#flags = flags; // a setting within a group ends with it
    this.#depth--;
    return nodes.length === 1 ? nodes[0] as RegexNode : { type: "choice", nodes };
  }

  #sequence(): RegexNode {
    const nodes: RegexNode[] = [];
    for (;;) {
      this.#skipBlanks();
      if (this.#at >= this.#codes.length || this.#looksAt("|") || this.#looksAt(")")) break;
      const atom = this.#atom();
      if (atom === undefined) continue;
      nodes.push(this.#quantified(atom));
    }
    return nodes.length === 1 ? nodes[0] as RegexNode : { type: "sequence", nodes };
  }

  /** Skips comments, and blanks where they mean nothing. */
  #skipBlanks(): void {
    for (;;) {
      if (this.#looksAt("(?#")) {
        while (this.#next() !== ")") if (this.#at >= this.#codes.length) refuse("has a comment that is not closed");
        continue;
      }
      if (!this.#flags.extended) return;
      const character = this.#character();
      if (character === "#") {
        while (this.#at < this.#codes.length && this.#next() !== "\n");
      } else if (character !== "" && " \t\n\v\f\r".includes(character)) this.#at++;
      else return;
    }
  }

  /** One thing that can be repeated; undefined for what is only an instruction to the reader. */
  #atom(): RegexNode | undefined {
    const code = this.#codes[this.#at] as number;
    const character = this.#next();
    switch (character) {
      case "(":
        return this.#group();
      case "[":
        return this.#set(this.#characterClass());
      case ".":
        return this.#flags.dotall ? this.#set([0, this.#max]) : this.#set(complement(NEWLINE, this.#max));
      case "^":
        return { type: "place", place: this.#flags.multiline ? "line-start" : "start" };
      case "$":
        return { type: "place", place: this.#dollar() };
      case "\\":
        return this.#escape();
      case "*":
      case "+":
      case "?":
        return refuse(`has nothing to repeat before \`${character}\``);
      default:
        return this.#literal(code);
    }
  }

  #dollar(): Place {
    if (this.#flags.multiline) return "line-end";
    return this.#flags.dollarEndOnly ? "end" : "final";
  }

  #quantified(atom: RegexNode): RegexNode {
    let node = atom;
    for (;;) {
      this.#skipBlanks();
      const count = this.#quantifier();
      if (count === undefined) return node;
      this.#skipBlanks();
      if (this.#take("+")) refuse("has a possessive quantifier, which is not supported");
      this.#take("?"); // lazy: finds another match, not none
      if (node.type !== "place") node = { type: "repeat", node, ...count };
      else if (count.min === 0) node = EMPTY;
    }
  }

  #quantifier(): { min: number; max: number } | undefined {
    if (this.#take("*")) return { min: 0, max: Infinity };
    if (this.#take("+")) return { min: 1, max: Infinity };
    if (this.#take("?")) return { min: 0, max: 1 };
    const match = /^\{(\d{1,6})(,(\d{0,6}))?\}/.exec(this.#ahead(16));
    if (match === null) return undefined;
    this.#at += match[0].length;
    const min = Number(match[1]);
    const max = match[2] === undefined ? min : match[3] === "" ? Infinity : Number(match[3]);
    if (min > max) refuse("has a count whose ends are the wrong way round");
    if (min > MAX_COUNT || (max !== Infinity && max > MAX_COUNT)) refuse(`has a count over ${MAX_COUNT}`);
    return { min, max };
  }

  #group(): RegexNode | undefined {
    if (this.#looksAt("*")) refuse("has a verb `(*...)`, which is not supported");
    if (!this.#take("?")) return this.#close(this.#choice());
    if (this.#take(":") || this.#take("|")) return this.#close(this.#choice());
    const name = /^(?:P?<([A-Za-z_]\w{0,31})>|'([A-Za-z_]\w{0,31})')/.exec(this.#ahead(36));
    if (name !== null) {
      this.#at += name[0].length;
      return this.#close(this.#choice());
    }
    const [settings, on = "", off = "", end] = /^([imsxnJU]*)(?:-([imsxnJU]*))?([:)])/.exec(this.#ahead(16)) ?? [];
    if (settings === undefined || end === undefined) return this.#refuseGroup();
    const outer = this.#flags;
    this.#change(on, true);
    this.#change(off, false);
    this.#at += settings.length;
    if (end === ")") return undefined; // until the end of the group around it
    const node = this.#close(this.#choice());
    this.#flags = outer;
    return node;
  }

  #refuseGroup(): never {
    const ahead = this.#ahead(4);
    if (/^<?[=!]/.test(ahead)) refuse("has lookaround `(?=`, `(?!`, `(?<=` or `(?<!`, which is not supported");
    if (ahead.startsWith(">")) refuse("has an atomic group `(?>`, which is not supported");
    if (ahead.startsWith("(")) refuse("has a condition `(?(`, which is not supported");
    if (/^(?:R|P[>=]|&|[+-]?\d|C)/.test(ahead)) {
      refuse("has recursion, a callout or a back reference, which is not supported");
    }
    return refuse(`has a group \`(?${ahead.slice(0, 1)}\` that is not known`);
  }

  #change(letters: string, value: boolean): void {
    for (const letter of letters.replaceAll("xx", "x")) {
      const flag = INLINE_FLAGS[letter];
      if (flag !== undefined && flag !== "") this.#flags = { ...this.#flags, [flag]: value };
    }
  }

  #close(node: RegexNode): RegexNode {
    if (!this.#take(")")) refuse("has a group that is not closed");
    return node;
  }

  /** After the backslash, outside a class. */
  #escape(): RegexNode | undefined {
    if (this.#at >= this.#codes.length) refuse("ends in a backslash");
    const character = this.#character();
    const set = this.#classEscape();
    if (set !== undefined) return this.#set(set);
    const place = PLACE_ESCAPES[character];
    if (place !== undefined) {
      this.#at++;
      return { type: "place", place };
    }
    switch (character) {
      case "N":
        this.#at++;
        return this.#set(complement(NEWLINE, this.#max));
      case "R":
        this.#at++;
        return this.#lineBreak();
      case "K": // where the match begins makes no difference here
        this.#at++;
        return undefined;
      case "Q":
        this.#at++;
        return this.#quoted();
      case "E":
        this.#at++;
        return undefined;
      default:
        return this.#literal(this.#escapedCode());
    }
  }

  /** `\R` takes CR and LF together or not at all. */
  #lineBreak(): RegexNode {
    const carriageReturn: RegexNode = { type: "set", set: [0x0d, 0x0d] };
    const lineFeed: RegexNode = { type: "set", set: [0x0a, 0x0a] };
    const others = codeSet([0x0a, 0x0c], [0x85, 0x85], [0x2028, 0x2029]);
    return {
      type: "choice",
      nodes: [
        { type: "sequence", nodes: [carriageReturn, lineFeed] },
        { type: "sequence", nodes: [carriageReturn, { type: "place", place: "no-newline" }] },
        this.#set(others),
      ],
    };
  }

  /** `\Q...\E`; a quantifier after it is for its last character. */
  #quoted(): RegexNode | undefined {
    const nodes: RegexNode[] = [];
    while (this.#at < this.#codes.length && !this.#looksAt("\\E")) {
      nodes.push(this.#literal(this.#codes[this.#at++] as number));
    }
    if (this.#looksAt("\\E")) this.#at += 2;
    const last = nodes.pop();
    if (last === undefined) return undefined;
    return { type: "sequence", nodes: [...nodes, this.#quantified(last)] };
  }

  /** `\d`, `\W` and their like, in a class or not. */
  #classEscape(): CodeSet | undefined {
    const character = this.#character();
    const set = CLASS_ESCAPES[character.toLowerCase()];
    if (set === undefined) return undefined;
    this.#at++;
    return character === character.toLowerCase() ? set : complement(set, this.#max);
  }

  /** The code that an escape stands for. */
  #escapedCode(): number {
    const rest = this.#ahead(16);
    const take = (match: RegExpExecArray): void => void (this.#at += match[0].length);
    const number = /^(?:x\{([0-9a-fA-F]{1,8})\}|o\{([0-7]{1,11})\}|x([0-9a-fA-F]{0,2})|(0[0-7]{0,2}))/.exec(rest);
    if (number !== null) {
      take(number);
      const [, hexBraced, octalBraced, hex, octal] = number;
      const code = hexBraced !== undefined || hex !== undefined
        ? parseInt(`0${hexBraced ?? hex}`, 16)
        : parseInt(octalBraced ?? octal ?? "0", 8);
      return code <= this.#max ? code : refuse("has a character code that is too large");
    }
    const control = /^c([\x20-\x7e])/.exec(rest);
    if (control !== null) {
      take(control);
      return (control[1] as string).toUpperCase().charCodeAt(0) ^ 0x40;
    }
    if (/^[1-9gk]/.test(rest)) refuse("has a back reference or an octal code without `0`, which is not supported");
    const code = this.#codes[this.#at] as number;
    const character = this.#next();
    const known = CONTROL_ESCAPES[character];
    if (known !== undefined) return known;
    if (/[A-Za-z]/.test(character)) refuse(`has \`\\${character}\`, which is not supported`);
    return code;
  }

  /** After the `[`. */
  #characterClass(): CodeSet {
    const negated = this.#take("^");
    const sets: CodeSet[] = [];
    let first = !this.#flags.allowEmptyClass; // then a `]` is a character
    for (;; first = false) {
      if (this.#at >= this.#codes.length) refuse("has a `[` that is not closed");
      if (!first && this.#take("]")) break;
      const item = this.#classItem();
      if (typeof item !== "number") {
        sets.push(item);
        continue;
      }
      const last = this.#rangeEnd();
      if (last !== undefined && last < item) refuse("has a range whose ends are the wrong way round");
      sets.push(codeSet([item, last ?? item]));
    }
    const all = union(...sets);
    const cased = this.#flags.caseless ? withBothCases(all, this.#flags.utf) : all;
    return negated ? complement(cased, this.#max) : cased;
  }

  /** One character, or a set of them. */
  #classItem(): number | CodeSet {
    const posix = /^\[:(\^?)([a-z]+):\]/.exec(this.#ahead(16));
    if (posix !== null) {
      const set = POSIX_CLASSES[posix[2] as string];
      if (set === undefined) refuse(`has a class \`${posix[0]}\` that is not known`);
      this.#at += posix[0].length;
      return posix[1] === "^" ? complement(set, this.#max) : set;
    }
    if (/^\[[.=]/.test(this.#ahead(2))) refuse("has a collating element, which is not supported");
    if (!this.#take("\\")) return this.#codes[this.#at++] as number;
    if (this.#at >= this.#codes.length) refuse("has a `[` that is not closed");
    const set = this.#classEscape();
    if (set !== undefined) return set;
    if (this.#take("b")) return 8;
    if (this.#looksAt("Q") || this.#looksAt("E")) refuse("has `\\Q` or `\\E` in a class, which is not supported");
    return this.#escapedCode();
  }

  /** The end of a range, when a `-` and a character follow. */
  #rangeEnd(): number | undefined {
    if (!this.#looksAt("-") || this.#codes[this.#at + 1] === 0x5d) return undefined;
    const at = this.#at++;
    if (this.#at >= this.#codes.length) refuse("has a `[` that is not closed");
    const item = this.#classItem();
    if (typeof item === "number") return item;
    this.#at = at; // `a-\d`: the `-` is a character
    return undefined;
  }

  #literal(code: number): RegexNode {
    const set: CodeSet = [code, code];
    return this.#set(this.#flags.caseless ? withBothCases(set, this.#flags.utf) : set);
  }

  #set(set: CodeSet): RegexNode {
    return { type: "set", set };
  }

  /** The next character, "" at the end. Bytes beyond ASCII come as some character that means nothing here. */
  #character(): string {
    const code = this.#codes[this.#at];
    return code === undefined ? "" : String.fromCodePoint(code);
  }

  #next(): string {
    const character = this.#character();
    this.#at++;
    return character;
  }

  #ahead(count: number): string {
    return String.fromCodePoint(...this.#codes.slice(this.#at, this.#at + count));
  }

  #looksAt(text: string): boolean {
    return this.#ahead(text.length) === text;
  }

  #take(text: string): boolean {
    if (!this.#looksAt(text)) return false;
    this.#at += text.length;
    return true;
  }
}
