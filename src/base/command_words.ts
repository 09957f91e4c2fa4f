// A command line to words, with a shell's quotes and backslashes but nothing else of a shell (keepalived.conf(5), SCRIPTS).

/** The words of a command; undefined when a quote is not closed. */
export function splitCommand(text: string): string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === "'") {
      const close = text.indexOf("'", at + 1);
      if (close === -1) return undefined;
      word = (word ?? "") + text.slice(at + 1, close);
      at = close;
    } else if (char === '"') {
      word ??= "";
      for (at++; text.charAt(at) !== '"'; at++) {
        if (at >= text.length) return undefined;
        if (text.charAt(at) === "\\" && '"\\$`'.includes(text.charAt(at + 1))) at++;
        word += text.charAt(at);
      }
    } else if (char === "\\" && at + 1 < text.length) word = (word ?? "") + text.charAt(++at);
    else if (/\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? "") + char;
  }
  if (word !== undefined) words.push(word);
  return words;
}
