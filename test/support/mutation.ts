// Configurations that somebody has spoilt: a file that is good or nearly so, with a few random changes as typing makes them.
import type { Prng } from "../../src/base/prng.ts";

const NUMBERS = [
  "0",
  "-1",
  "1",
  "255",
  "256",
  "65536",
  "4294967296",
  "1e3",
  "0x10",
  "99999999999999999999",
  "0.0001",
  "07",
];
const WORDS = [
  "{",
  "}",
  "{}",
  '"',
  "'",
  "!",
  "#",
  "\\",
  "~",
  "$X",
  "${X}",
  "~SEQ(x,1,3)",
  "<BAN:1-3>",
  ":",
  "-",
];
const TEXTS = [
  "\n@host ",
  "\n$X=1\n",
  "\u0000",
  "\r\n",
  "\t",
  "é",
  "😀",
  "\u202e",
  "% d",
  "include x",
  "&a",
  "*a",
  "- ",
  "? ",
  "|",
  ">-",
  "<<: {}",
  "[",
  "]",
];

/** The text with one to six changes. @param others texts that pieces are taken from */
export function spoilt(text: string, others: readonly string[], random: Prng): string {
  let result = text;
  for (let left = random.integer(1, 6); left > 0; left--) result = changed(result, others, random);
  return result;
}

function changed(text: string, others: readonly string[], random: Prng): string {
  const tokens = text.split(/(\s+)/);
  const at = random.integer(0, tokens.length - 1);
  const token = tokens[at] ?? "";
  const lines = text.split("\n");
  const line = random.integer(0, lines.length - 1);
  const anyOf = (list: readonly string[]): string => list[random.integer(0, list.length - 1)] ?? "";
  const put = (...words: readonly string[]): string => tokens.toSpliced(at, 1, ...words).join("");
  switch (random.integer(0, 10)) {
    case 0:
      return put();
    case 1:
      return put(token, " ", token);
    case 2:
      return put(anyOf(/^[\d.]+$/.test(token) ? NUMBERS : WORDS));
    case 3:
      return put(token, " ", anyOf([...NUMBERS, ...WORDS]));
    case 4:
      return put(anyOf(anyOf(others).split(/\s+/)));
    case 5:
      return lines.toSpliced(line, 1).join("\n");
    case 6:
      return lines.toSpliced(line, 0, lines[random.integer(0, lines.length - 1)] ?? "").join("\n");
    case 7:
      return lines.toSpliced(line, 0, anyOf(anyOf(others).split("\n"))).join("\n");
    case 8:
      return text.slice(0, random.integer(0, text.length));
    case 9: {
      const place = random.integer(0, text.length);
      return text.slice(0, place) + anyOf([...TEXTS, ...WORDS]) + text.slice(place);
    }
    default:
      return text.slice(0, random.integer(0, text.length)) + text.slice(random.integer(0, text.length));
  }
}
