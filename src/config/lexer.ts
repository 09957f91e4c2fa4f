// One line of a keepalived.conf to words and braces with their places. Knows comments and quotes, no variable, and of keywords
// which have words with escapes.
import type { SourceLocation } from "./config.ts";
import type { Report } from "./diagnostic.ts";
import { escapedWords, takesEscapes } from "./escaped_words.ts";

/** A piece of a configuration file; it is its own place. */
export interface Token extends SourceLocation {
  readonly kind: "word" | "open" | "close" | "comment";
  /** The word without its quotes; of a comment, all from its `!` or `#`. */
  readonly text: string;
  readonly quoted: boolean;
}

/** Where the columns of a text that was put together came from. */
export interface ColumnMap {
  /** Column, from 0, in the file of the character at `offset`. */
  start(offset: number): number;
  /** Column, from 0, behind the character at `offset`. */
  end(offset: number): number;
}

/** A line to cut up. */
export interface Line {
  readonly file: string;
  /** From 1. */
  readonly number: number;
  readonly text: string;
  /** Only of a line that is not as it stands in the file. */
  readonly columns?: ColumnMap;
}

/** What to do beside cutting. */
export interface LexerOptions {
  readonly report: Report;
  /** Whether comments become tokens, too; else they are dropped. */
  readonly comments?: boolean;
}

const TAB = 9;
const CARRIAGE_RETURN = 13;
const BLANK = 32;
const BANG = 33;
const QUOTE = 34;
const HASH = 35;
const DOLLAR = 36;
const BACKSLASH = 92;
const OPEN = 123;
const CLOSE = 125;
/** `${NAME}` or `${NAME arguments}`, whose braces belong to the word. */
const REFERENCE = /\$\{\w[^{}"]{0,100}\}/y;

/**
 * Cuts a line into tokens, keepalived's way (keepalived.conf(5)): `!` and `#` start a comment anywhere outside double
 * quotes, `\!` and `\#` do not; a brace outside quotes stands alone. Lines may be of any length, and the time is linear
 * in it. An unterminated quote is reported and ends with its line.
 */
export function lexLine(line: Line, { report, comments = false }: LexerOptions): Token[] {
  const { text } = line;
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (isBlank(code)) at++;
    else if (code === BANG || code === HASH) {
      if (comments) tokens.push(token(line, "comment", text.slice(at).trimEnd(), at, text.length));
      break;
    } else if (code === OPEN || code === CLOSE) {
      tokens.push(token(line, code === OPEN ? "open" : "close", code === OPEN ? "{" : "}", at, ++at));
    } else if (code === QUOTE) {
      const close = text.indexOf('"', at + 1);
      const end = close === -1 ? text.length : close + 1;
      tokens.push(token(line, "word", text.slice(at + 1, close === -1 ? text.length : close), at, end, true));
      if (close === -1) reportUnterminated(line, at, report);
      at = end;
    } else {
      const end = endOfWord(text, at);
      const word = text.slice(at, end);
      const isFirst = tokens.at(-1)?.kind !== "word";
      tokens.push(token(line, "word", word.includes("\\") ? word.replace(/\\([!#])/g, "$1") : word, at, end));
      at = isFirst && takesEscapes(word) ? lexEscaped(line, end, tokens) : end;
    }
  }
  return tokens;
}

/** Adds the words behind a keyword whose words are escaped, where that makes a difference. @returns where to go on */
function lexEscaped(line: Line, start: number, tokens: Token[]): number {
  const { text } = line;
  const escaped = text.length === start || !isBlank(text.charCodeAt(start)) ? undefined : escapedWords(text, start);
  for (const word of escaped?.words ?? []) {
    const first = text.charAt(word.start);
    tokens.push(token(line, "word", word.text, word.start, word.end, first === '"' || first === "'"));
  }
  return escaped?.end ?? start;
}

function token(
  { columns, file, number }: Line,
  kind: Token["kind"],
  text: string,
  start: number,
  end: number,
  quoted = false,
): Token {
  if (columns === undefined) {
    return { kind, text, quoted, file, line: number, column: start + 1, length: Math.max(1, end - start) };
  }
  const from = columns.start(start);
  return { kind, text, quoted, file, line: number, column: from + 1, length: Math.max(1, columns.end(end - 1) - from) };
}

/** Where the comment of a line begins; its length if it has none. */
export function commentStart(text: string): number {
  let inQuotes = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) inQuotes = !inQuotes;
    else if (!inQuotes && (code === BANG || code === HASH) && text.charCodeAt(at - 1) !== BACKSLASH) return at;
  }
  return text.length;
}

/** Opening minus closing braces of a text, outside comments, quotes and references; a quick look at all of it. */
export function braceBalance(text: string): number {
  let balance = 0;
  let inQuotes = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 10) inQuotes = false;
    else if (code === QUOTE) inQuotes = !inQuotes;
    else if (inQuotes) continue;
    else if (code === OPEN && text.charCodeAt(at - 1) !== DOLLAR) balance++;
    else if (code === CLOSE && !isEndOfReference(text, at)) balance--;
    else if ((code === BANG || code === HASH) && text.charCodeAt(at - 1) !== BACKSLASH) {
      const end = text.indexOf("\n", at);
      if (end === -1) break;
      at = end - 1;
    }
  }
  return balance;
}

function isEndOfReference(text: string, close: number): boolean {
  for (let at = close - 1; at >= 0 && close - at < 100; at--) {
    const code = text.charCodeAt(at);
    if (code === OPEN) return text.charCodeAt(at - 1) === DOLLAR;
    if (code === CLOSE || code === 10) return false;
  }
  return false;
}

function endOfWord(text: string, start: number): number {
  let at = start;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code > DOLLAR && code !== BACKSLASH && code !== OPEN && code !== CLOSE) continue;
    if (code === DOLLAR) {
      REFERENCE.lastIndex = at;
      if (REFERENCE.test(text)) at = REFERENCE.lastIndex - 1;
    } else if (code === BACKSLASH) {
      const next = text.charCodeAt(at + 1);
      if (next === BANG || next === HASH) at++;
    } else if (isBlank(code) || code === OPEN || code === CLOSE || code === QUOTE || code === BANG || code === HASH) {
      break;
    }
  }
  return at;
}

function reportUnterminated({ file, number, columns }: Line, at: number, report: Report): void {
  const column = (columns?.start(at) ?? at) + 1;
  report.add("unterminated-quote", { file, line: number, column, length: 1 }, 'a closing `"` is missing on this line', {
    help: "a quoted text begins and ends on one line",
  });
}

function isBlank(code: number): boolean {
  return code === BLANK || (code >= TAB && code <= CARRIAGE_RETURN);
}
