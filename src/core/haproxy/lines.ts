// Words of one line of haproxy.cfg, as HAProxy splits it: blanks separate, quotes and backslashes hold together, `#` ends.

/** One word, and where it stands in the line. */
export interface ConfigWord {
  /** Without quotes and backslashes; variables stay as they are written. */
  readonly text: string;
  /** Places of its first character, and of the one after its last. */
  readonly start: number;
  readonly end: number;
}

/** The words of a line; of a quote that never closes, the rest of the line. */
export function configWords(line: string): ConfigWord[] {
  const words: ConfigWord[] = [];
  let at = 0;
  while (at < line.length) {
    const character = line.charAt(at);
    if (/\s/.test(character)) {
      at++;
      continue;
    }
    if (character === "#") break;
    const word = readWord(line, at);
    words.push(word);
    at = word.end;
  }
  return words;
}

function readWord(line: string, start: number): ConfigWord {
  let text = "";
  let quote = "";
  let at = start;
  for (; at < line.length; at++) {
    const character = line.charAt(at);
    if (quote === "" && (/\s/.test(character) || character === "#")) break;
    if (character === quote) quote = "";
    else if (quote === "" && (character === "'" || character === '"')) quote = character;
    else if (character === "\\" && quote !== "'" && at + 1 < line.length) text += line.charAt(++at);
    else text += character;
  }
  return { text, start, end: at };
}
