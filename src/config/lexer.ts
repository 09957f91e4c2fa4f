// Text of a keepalived.conf to tokens with their places. Knows comments, quotes, braces and lines, but no keyword.
import type { SourceLocation } from "./config.ts";
import type { Report } from "./diagnostic.ts";

/** A piece of a configuration file; it is its own place. */
export interface Token extends SourceLocation {
  /** `definition` is a whole `$NAME=...` line with the lines that continue it. */
  readonly kind: "word" | "open" | "close" | "end-of-line" | "definition";
  /** The word without its quotes. */
  readonly text: string;
  readonly quoted: boolean;
}

/** The text of one file, and where to complain. */
export interface LexerInput {
  readonly file: string;
  readonly text: string;
}

const BYTE_ORDER_MARK = "\uFEFF";
const DEFINITION = /^[ \t]*\$[A-Za-z_0-9]+=/;
/** `${NAME}` or `${NAME arguments}`, whose braces belong to the word. */
const REFERENCE = /\$\{\w[^{}"]{0,100}\}/y;
const INCLUDE = /^([ \t]*)(include[a-z]?)([ \t]+)([^!#]*)/;

/**
 * Cuts a file into tokens, keepalived's way (keepalived.conf(5)): `!` and `#` start a comment anywhere outside double
 * quotes, `\!` and `\#` do not; a brace outside quotes stands alone and ends a line of words. Lines may be of any length.
 * Time is linear in the length of the text. An unterminated quote is reported and ends with its line.
 */
export function lex(input: LexerInput, report: Report): Token[] {
  const lexer = new Lexer(input.file, report);
  const text = input.text.startsWith(BYTE_ORDER_MARK) ? input.text.slice(1) : input.text;
  const lines = text.split("\n");
  for (let index = 0; index < lines.length; index++) {
    const line = withoutCarriageReturn(lines[index] ?? "");
    if (!DEFINITION.test(line)) {
      lexer.line(line, index + 1);
      continue;
    }
    lexer.definition(line, index + 1);
    while (index + 1 < lines.length && withoutCarriageReturn(lines[index] ?? "").endsWith("\\")) index++;
  }
  return lexer.tokens;
}

function withoutCarriageReturn(line: string): string {
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}

class Lexer {
  readonly tokens: Token[] = [];
  readonly #file: string;
  readonly #report: Report;

  constructor(file: string, report: Report) {
    this.#file = file;
    this.#report = report;
  }

  definition(line: string, number: number): void {
    const start = line.length - line.trimStart().length;
    this.#push("definition", line.trim(), { line: number, start, end: line.trimEnd().length });
    this.#endOfLine(line, number);
  }

  line(line: string, number: number): void {
    let at = this.#include(line, number);
    while (at < line.length) {
      const char = line.charAt(at);
      if (char === "!" || char === "#") break;
      if (isBlank(char)) at++;
      else if (char === "{") this.#push("open", "{", { line: number, start: at, end: ++at });
      else if (char === "}") this.#push("close", "}", { line: number, start: at, end: ++at });
      else if (char === '"') at = this.#quotedWord(line, number, at);
      else at = this.#bareWord(line, number, at);
    }
    this.#endOfLine(line, number);
  }

  /** A file pattern may hold braces, so the rest of an include line is one word. */
  #include(line: string, number: number): number {
    const match = INCLUDE.exec(line);
    const pattern = match?.[4]?.trimEnd() ?? "";
    if (match === null || pattern === "" || pattern.startsWith('"')) return 0;
    const start = (match[1] ?? "").length;
    const end = start + (match[2] ?? "").length;
    this.#push("word", match[2] ?? "", { line: number, start, end });
    const from = end + (match[3] ?? "").length;
    this.#push("word", pattern, { line: number, start: from, end: from + pattern.length });
    return line.length;
  }

  #bareWord(line: string, number: number, start: number): number {
    let at = start;
    let text = "";
    for (; at < line.length; at++) {
      const char = line.charAt(at);
      const next = line.charAt(at + 1);
      REFERENCE.lastIndex = at;
      const reference = char === "$" ? REFERENCE.exec(line)?.[0] : undefined;
      if (reference !== undefined) {
        text += reference;
        at += reference.length - 1;
      } else if (char === "\\" && (next === "!" || next === "#")) text += line.charAt(++at);
      else if (isBlank(char) || '!#{}"'.includes(char)) break;
      else text += char;
    }
    this.#push("word", text, { line: number, start, end: at });
    return at;
  }

  #quotedWord(line: string, number: number, start: number): number {
    const close = line.indexOf('"', start + 1);
    const end = close === -1 ? line.length : close + 1;
    const text = line.slice(start + 1, close === -1 ? line.length : close);
    this.#push("word", text, { line: number, start, end, quoted: true });
    if (close === -1) {
      const place = { file: this.#file, line: number, column: start + 1, length: 1 };
      this.#report.add("unterminated-quote", place, 'a closing `"` is missing on this line', {
        help: "a quoted text begins and ends on one line",
      });
    }
    return end;
  }

  #endOfLine(line: string, number: number): void {
    this.#push("end-of-line", "", { line: number, start: line.length, end: line.length + 1 });
  }

  #push(
    kind: Token["kind"],
    text: string,
    at: { line: number; start: number; end: number; quoted?: boolean },
  ): void {
    const place = { file: this.#file, line: at.line, column: at.start + 1, length: at.end - at.start };
    this.tokens.push({ kind, text, quoted: at.quoted ?? false, ...place });
  }
}

function isBlank(char: string): boolean {
  return char === " " || char === "\t" || char === "\r" || char === "\v" || char === "\f";
}
