// The lines of a file and of the files that it includes, as tokens: conditions, definitions, repetitions and includes are
// carried out here, so that what follows sees plain statements. Knows no keyword but `include` and its family.
import { columnsOf, Definitions, MAX_DEPTH, type Source, TooMuchText } from "./definitions.ts";
import type { SourceLocation } from "./config.ts";
import type { Report } from "./diagnostic.ts";
import {
  checkedRules,
  DEFAULT_RULES,
  type Files,
  folderOf,
  INCLUDE_WORDS,
  type IncludeRules,
  matchFiles,
} from "./include.ts";
import type { KnownLines, PartlyKnown } from "./reading_memory.ts";
import { braceBalance, commentStart, lexLine, type Line, type Token } from "./lexer.ts";

/** What reading needs from outside. */
export interface ReadingInput {
  readonly report: Report;
  readonly files: Files;
  /** What `@ID` lines are compared with. */
  readonly configId: string;
  readonly environment: (name: string) => string | undefined;
  /** At least 0, below 1. */
  readonly random: () => number;
  /** Whether comments become tokens. */
  readonly comments: boolean;
}

/** One line, or the files that stand in its place. */
export type Batch =
  | { readonly type: "tokens"; readonly tokens: readonly Token[] }
  | { readonly type: "include"; readonly file: LineReader };

const MAX_INCLUDE_DEPTH = 16;
/** Files that include one another twice would otherwise be read 2^16 times. */
const MAX_INCLUDES = 1000;
const MAX_LINES = 1_000_000;
const CONDITION = /^[ \t]*@(\^?)(\S+)[ \t]*/;
const DEFINITION = /^[ \t]*\$(\w+)=(.*)$/;
const INCLUDE_LINE = /^([ \t]*)(include[a-z]?)([ \t]+)(\S.*)$/;
const NEEDS_EXPANSION = /[$~]/;
/** Words that have an effect on how the rest is read. */
const NOTICED = new Set(["include_check", "instance", "random_seed"]);

/** An empty line. */
const NOTHING: Batch = { type: "tokens", tokens: [] };

/** What the readers of one configuration share. */
export class Reading {
  readonly input: ReadingInput;
  readonly definitions: Definitions;
  /** Text of each file that was read, by its name. */
  readonly sources = new Map<string, string>();
  readonly #open: string[] = [];
  #rules = DEFAULT_RULES;
  #includes = 0;
  #lines = 0;
  #instance = "";
  #seed: number | undefined;

  constructor(input: ReadingInput) {
    this.input = input;
    this.definitions = new Definitions({
      folder: () => folderOf(this.#open.at(-1) ?? "") || ".",
      instance: () => this.#instance,
      environment: input.environment,
      random: (min, max) => Math.min(max, min + Math.floor(this.#random() * (max - min + 1))),
    });
  }

  /** Begins with a file, of which a part may be known. */
  open(path: string, text: string, part?: PartlyKnown): LineReader {
    this.sources.set(path, text);
    this.#open.push(path);
    return new LineReader(this, path, part?.text ?? text, part?.known);
  }

  /** Lines that other lines stand for. @throws TooMuchText */
  count(lines: number): void {
    this.#lines += lines;
    if (this.#lines > MAX_LINES) throw new TooMuchText("all definitions together stand for too many lines");
  }

  /** A file has been read to its end. */
  close(): void {
    this.#open.pop();
  }

  /** One of the words that have an effect on how the rest is read, with those behind it. */
  notice(words: readonly Token[]): void {
    const [keyword, ...args] = words;
    if (keyword?.text === "include_check") this.#rules = checkedRules(args.map(({ text }) => text), this.#rules);
    else if (keyword?.text === "instance") this.#instance = args[0]?.text ?? "";
    else if (keyword?.text === "random_seed") this.#seed = (Number(args[0]?.text) >>> 0) || 1;
  }

  /** The files that an include means, ready to be read one after the other. What is wrong with it is reported. */
  include(keyword: Token, pattern: Token): (() => LineReader)[] {
    if (++this.#includes > MAX_INCLUDES) {
      const isFirst = this.#includes === MAX_INCLUDES + 1;
      if (isFirst) this.input.report.add("include-failed", pattern, `more than ${MAX_INCLUDES} files are included`);
      return [];
    }
    const named = INCLUDE_WORDS.get(keyword.text) ?? DEFAULT_RULES;
    const rules = named === "include_check" ? this.#rules : named;
    const matches = matchFiles(pattern.text, folderOf(keyword.file), {
      list: this.input.files.list,
      read: (path) => this.#read(path),
    });
    this.#reportMissing(pattern, matches, rules);
    return matches.files.filter((path) => this.#mayOpen(path, pattern)).map((path) => () =>
      this.open(path, this.#read(path) ?? "")
    );
  }

  #read(path: string): string | undefined {
    return this.sources.get(path) ?? this.input.files.read(path);
  }

  #reportMissing(pattern: Token, { files, missing }: ReturnType<typeof matchFiles>, rules: IncludeRules): void {
    const report = this.input.report;
    for (const { pattern: text, isWildcard, isBrace } of missing) {
      const isForbidden = (rules.match && files.length === 0) ||
        (rules.wildcardMatch && (isWildcard || files.length === 0)) ||
        (rules.braceMatch && isBrace) || (rules.readable && !isWildcard);
      const message = isWildcard ? `no file matches \`${text}\`` : `\`${text}\` can't be read`;
      report.add(isForbidden ? "include-failed" : "include-missing", pattern, message);
    }
  }

  #mayOpen(path: string, place: SourceLocation): boolean {
    const problem = this.#open.includes(path)
      ? `\`${path}\` includes itself`
      : this.#open.length > MAX_INCLUDE_DEPTH
      ? `\`include\` is nested more than ${MAX_INCLUDE_DEPTH} deep`
      : undefined;
    if (problem !== undefined) this.input.report.add("include-failed", place, problem);
    return problem === undefined;
  }

  #random(): number {
    if (this.#seed === undefined) return this.input.random();
    this.#seed = (Math.imul(this.#seed, 1_103_515_245) + 12_345) >>> 0;
    return (this.#seed >>> 8) / 2 ** 24;
  }
}

/** The lines of one file, in order. */
export class LineReader {
  readonly #reading: Reading;
  readonly #file: string;
  readonly #text: string;
  /** No line of the file has a condition, a definition, a repetition or a reference. */
  readonly #isPlain: boolean;
  /** What the last line stands for beside what has been handed out, the next one last. */
  #waiting: (() => Batch | undefined)[] = [];
  /** Lines that are left out, by the first of them. */
  readonly #known: ReadonlyMap<number, KnownLines>;
  #at = 0;
  #number = 0;

  constructor(reading: Reading, file: string, text: string, known: readonly KnownLines[] = []) {
    this.#reading = reading;
    this.#file = file;
    this.#known = new Map(known.map((lines) => [lines.from, lines]));
    this.#text = text.startsWith("\uFEFF") ? text.slice(1) : text;
    this.#isPlain = !text.includes("@") && !NEEDS_EXPANSION.test(text);
  }

  /** Opening minus closing braces of the file, as far as one can see without reading it properly. */
  balance(): number {
    if (!this.#text.includes("@")) return braceBalance(this.#text);
    const lines = this.#text.split("\n").filter((line) => !this.#isForOthers(CONDITION.exec(line)));
    return braceBalance(lines.join("\n"));
  }

  /** Undefined at the end of the file. */
  next(): Batch | undefined {
    for (;;) {
      const waiting = this.#waiting.pop();
      const line = waiting === undefined ? this.#nextLine() : undefined;
      if (waiting === undefined && line === undefined) {
        this.#reading.close();
        return undefined;
      }
      const batch = this.#guarded(waiting ?? (() => this.#read(line ?? "")));
      if (batch !== undefined) return batch;
    }
  }

  #nextLine(): string | undefined {
    if (this.#at >= this.#text.length) return undefined;
    const end = this.#text.indexOf("\n", this.#at);
    const stop = end === -1 ? this.#text.length : end;
    const line = this.#text.slice(this.#at, this.#text.charCodeAt(stop - 1) === 13 ? stop - 1 : stop);
    this.#at = stop + 1;
    this.#number = 1 + (this.#known.get(this.#number + 1)?.servers.at(-1)?.to ?? this.#number);
    return line;
  }

  #read(line: string): Batch | undefined {
    const number = this.#number;
    const isPlain = this.#isPlain || (!line.includes("@") && !NEEDS_EXPANSION.test(line));
    if (isPlain) return this.#tokens({ file: this.#file, number, text: line });
    return this.#process({ text: line }, number, 0);
  }

  #guarded(step: () => Batch | undefined): Batch | undefined {
    try {
      return step();
    } catch (error) {
      if (!(error instanceof TooMuchText)) throw error;
      this.#waiting = [];
      const place = { file: this.#file, line: this.#number, column: 1, length: 1 };
      this.#reading.input.report.add("too-much-text", place, error.message);
      return undefined;
    }
  }

  /** A condition, then a definition, a repetition, references. Each line that it stands for is processed again. */
  #process(line: Source, number: number, depth: number): Batch | undefined {
    if (depth > MAX_DEPTH) throw new TooMuchText("a definition refers to itself");
    const source = this.#afterCondition(line);
    if (source === undefined) return undefined;
    const definition = DEFINITION.exec(source.text);
    if (definition !== null) {
      this.#define(definition[1] ?? "", definition[2] ?? "", line.pieces === undefined);
      return undefined;
    }
    const code = source.text.slice(0, commentStart(source.text));
    if (!NEEDS_EXPANSION.test(code)) return this.#cut(source, number);
    const { definitions } = this.#reading;
    const repetition = definitions.repeat(source);
    if (repetition !== undefined) return this.#repeat(repetition, number, depth);
    const lines = definitions.expand(source);
    const [first] = lines;
    if (lines.length === 1 && first !== undefined) {
      return this.#cut(first.text === source.text ? source : first, number);
    }
    this.#later(lines.map((each) => () => this.#process(each, number, depth + 1)));
    return undefined;
  }

  #repeat(
    { rounds, rest }: { rounds: readonly ReadonlyMap<string, string>[]; rest: Source },
    number: number,
    depth: number,
  ): undefined {
    this.#later(rounds.map((values) => () => {
      for (const [name, value] of values) this.#reading.definitions.define(name, value);
      return this.#process(rest, number, depth + 1);
    }));
  }

  #later(steps: readonly (() => Batch | undefined)[]): void {
    this.#reading.count(steps.length);
    for (const step of steps.toReversed()) this.#waiting.push(step);
  }

  #cut({ text, pieces }: Source, number: number): Batch {
    return this.#tokens({
      file: this.#file,
      number,
      text,
      ...(pieces === undefined ? {} : { columns: columnsOf(pieces) }),
    });
  }

  /** By its condition the line is not for this machine. */
  #isForOthers(condition: RegExpExecArray | null): boolean {
    if (condition === null) return false;
    const [, not, id] = condition;
    return (id === this.#reading.input.configId) === (not === "^");
  }

  /** The line with its condition blanked out, so that columns stay; undefined when it is not for this machine. */
  #afterCondition(line: Source): Source | undefined {
    const match = CONDITION.exec(line.text);
    if (match === null) return line;
    const [all] = match;
    if (this.#isForOthers(match)) return undefined;
    const rest = line.text.slice(all.length);
    if (line.pieces === undefined) return { text: " ".repeat(all.length) + rest };
    const [piece] = line.pieces;
    return { text: rest, ...(piece === undefined ? {} : { pieces: [{ ...piece, text: rest, verbatim: false }] }) };
  }

  /** Lines that end in a backslash go on, even comments. */
  #define(name: string, first: string, mayGoOn: boolean): void {
    const lines = [first];
    while (mayGoOn && goesOn(lines.at(-1) ?? "")) {
      lines.push(withoutComment(lines.pop() ?? "").replace(/\\$/, ""));
      const next = this.#nextLine();
      if (next === undefined) break;
      lines.push(next);
    }
    const texts = lines.map(withoutComment);
    const text = texts.length > 1 && texts[0]?.trim() === "" ? texts.slice(1) : texts;
    this.#reading.definitions.define(name, text.join("\n"));
  }

  #tokens(line: Line): Batch {
    const tokens = lexLine(line, this.#reading.input);
    const first = tokens[0];
    if (first === undefined) return NOTHING;
    const match = first.text.startsWith("include") ? INCLUDE_LINE.exec(line.text) : null;
    if (match !== null && INCLUDE_WORDS.has(match[2] ?? "")) return this.#include(line, match);
    const keyword = first.kind === "open" ? 1 : 0;
    if (NOTICED.has(tokens[keyword]?.text ?? "")) {
      this.#reading.notice(tokens.slice(keyword).filter(({ kind }) => kind === "word"));
    }
    return { type: "tokens", tokens };
  }

  /** A file pattern may hold braces, so the rest of an include line is one word. */
  #include(line: Line, [, blanks = "", word = "", gap = "", rest = ""]: RegExpExecArray): Batch {
    const column = blanks.length + 1;
    const place = { file: line.file, line: line.number };
    const bare = rest.slice(0, commentStart(rest)).trimEnd();
    const text = bare.replace(/^"([^"]*)"$/, "$1");
    const at = column + word.length + gap.length;
    const keyword: Token = { kind: "word", text: word, quoted: false, ...place, column, length: word.length };
    const pattern: Token = { kind: "word", text, quoted: bare !== text, ...place, column: at, length: bare.length };
    if (text === "") return { type: "tokens", tokens: [keyword] };
    const files = this.#reading.include(keyword, pattern);
    this.#later(files.map((open) => () => ({ type: "include", file: open() })));
    return { type: "tokens", tokens: [] };
  }
}

/** A backslash at the end of a line, or in front of its comment. */
function goesOn(line: string): boolean {
  return line.trimEnd().endsWith("\\") || withoutComment(line).endsWith("\\");
}

function withoutComment(line: string): string {
  return line.slice(0, commentStart(line)).trimEnd();
}
