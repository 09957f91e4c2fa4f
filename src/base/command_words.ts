// A command line to its words, with keepalived's quotes and escapes (`misc_path`, `notify_master` and so on). No shell:
// no variables, no globs, no redirection, no pipes.
import type { Result } from "./result.ts";

/** Nothing quoted and nothing escaped: what most commands are. */
const PLAIN = /^[\t !#-&(-[\]-~]*$/;
const BLANKS = " \t\f\n\r\v";
/** Letters that stand for another character after a backslash; the other letters stand for themselves. */
const ESCAPES: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  E: "\x1b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

/** A word, and where the text goes on after it. */
interface Word {
  readonly text: string;
  readonly end: number;
}

/** A word, and where it stands: with its quotes, from `start` to before `end`. */
export interface PlacedWord extends Word {
  readonly start: number;
}

/**
 * Splits at blanks. Single and double quotes keep blanks in a word and may stand within one; a backslash escapes in both
 * and outside: `\n`, `\t` and so on, `\x41` (any number of hex digits, the last two count), `\101` (octal), `\cA`
 * (control), and any other character means itself.
 *
 * @returns at least one word; `empty`: there is none, `quote`: one is not closed, `escape`: a backslash ends the text,
 *   `zero`: an escape makes a zero byte, which no program can be given
 */
export function commandWords(text: string): Result<[string, ...string[]], "empty" | "quote" | "escape" | "zero"> {
  if (PLAIN.test(text)) {
    const [program, ...rest] = text.split(/[\t ]+/).filter((word) => word !== "");
    return program === undefined ? { ok: false, reason: "empty" } : { ok: true, value: [program, ...rest] };
  }
  const words = placedWords(text);
  if (!words.ok) return words;
  if (words.value.some((word) => word.text.includes("\0"))) return { ok: false, reason: "zero" };
  const [program, ...rest] = words.value.map((word) => word.text);
  return program === undefined ? { ok: false, reason: "empty" } : { ok: true, value: [program, ...rest] };
}

/** The words of {@link commandWords} with their places, also none. */
export function placedWords(text: string): Result<PlacedWord[], "quote" | "escape"> {
  const words: PlacedWord[] = [];
  for (let start = skipBlanks(text, 0); start < text.length;) {
    const word = readWord(text, start);
    if (typeof word === "string") return { ok: false, reason: word };
    words.push({ ...word, start });
    start = skipBlanks(text, word.end);
  }
  return { ok: true, value: words };
}

function skipBlanks(text: string, start: number): number {
  let at = start;
  while (at < text.length && BLANKS.includes(text.charAt(at))) at++;
  return at;
}

function readWord(text: string, start: number): Word | "quote" | "escape" {
  let word = "";
  let quote = "";
  for (let at = start; at < text.length;) {
    const character = text.charAt(at);
    if (character === "\\") {
      const escaped = readEscape(text, at + 1);
      if (escaped === undefined) return "escape";
      word += escaped.text;
      at = escaped.end;
      continue;
    }
    at++;
    if (quote !== "") {
      if (character === quote) quote = "";
      else word += character;
    } else if (character === '"' || character === "'") {
      quote = character;
    } else if (BLANKS.includes(character)) {
      return { text: word, end: at - 1 };
    } else {
      word += character;
    }
  }
  return quote === "" ? { text: word, end: text.length } : "quote";
}

/** What stands for the characters after a backslash. */
function readEscape(text: string, at: number): Word | undefined {
  if (at >= text.length) return undefined;
  const rest = text.slice(at);
  const [hex] = /^x[0-9a-fA-F]+/.exec(rest) ?? [];
  if (hex !== undefined) {
    return { text: String.fromCharCode(parseInt(hex.slice(1).slice(-2), 16)), end: at + hex.length };
  }
  const [octal] = /^[0-7]{1,3}/.exec(rest) ?? [];
  if (octal !== undefined) return { text: String.fromCharCode(parseInt(octal, 8) & 0xff), end: at + octal.length };
  const [control] = /^c[^]/.exec(rest) ?? [];
  if (control !== undefined) return { text: String.fromCharCode(control.charCodeAt(1) & 0x1f), end: at + 2 };
  const character = String.fromCodePoint(text.codePointAt(at) ?? 0);
  return { text: ESCAPES[character] ?? character, end: at + character.length };
}
