// Keywords behind which keepalived reads the line once more, with single quotes and backslash escapes: commands and patterns.
// What it made of such lines was measured on 2.2.7 (its log of the configuration, `-d`).
import { type PlacedWord, placedWords } from "../base/command_words.ts";

/** Keywords whose first argument is a command with its arguments, which are words of the same kind once more. */
export const COMMANDS: ReadonlySet<string> = new Set([
  "script",
  "misc_path",
  "notify",
  "notify_master",
  "notify_backup",
  "notify_fault",
  "notify_stop",
  "notify_deleted",
  "notify_master_rx_lower_pri",
  "notify_up",
  "notify_down",
  "quorum_up",
  "quorum_down",
  "startup_script",
  "shutdown_script",
  "notify_fifo_script",
  "vrrp_notify_fifo_script",
  "lvs_notify_fifo_script",
]);

/** Whether words behind the keyword have single quotes and escapes. */
export function takesEscapes(keyword: string): boolean {
  return COMMANDS.has(keyword) || keyword === "regex";
}

/** One text in quotes, or words without any: nearly all lines. */
const PLAIN = /\s*"[^"'\\]*"\s*$|[^"'\\]*$/y;

/**
 * The words of a line from `start` on, up to a brace or a comment. A line that is not well formed, such as one with a quote that is
 * not closed, is one word as it stands: it makes no command either.
 *
 * @returns undefined when they are read as those behind any keyword: nothing is escaped, or a double quote is not closed
 */
export function escapedWords(text: string, start: number): { words: readonly PlacedWord[]; end: number } | undefined {
  PLAIN.lastIndex = start;
  if (PLAIN.test(text)) return undefined;
  const end = Math.min(commentFrom(text, start), braceFrom(text, start));
  const part = text.slice(start, end);
  const result = placedWords(part);
  const whole = part.trim();
  const from = part.length - part.trimStart().length;
  if (!result.ok && isOpen(part)) return undefined;
  const words = result.ok ? result.value : [{ text: whole, start: from, end: from + whole.length }];
  return { words: words.map((word) => ({ ...word, start: word.start + start, end: word.end + start })), end };
}

/** `!` or `#` outside double quotes; a backslash takes the meaning from what follows it. */
function commentFrom(text: string, start: number): number {
  let inQuotes = false;
  for (let at = start; at < text.length; at++) {
    const character = text[at];
    if (character === "\\") at++;
    else if (character === '"') inQuotes = !inQuotes;
    else if (!inQuotes && (character === "!" || character === "#")) return at;
  }
  return text.length;
}

/** A brace outside double quotes; for this a backslash and a single quote mean nothing. */
function braceFrom(text: string, start: number): number {
  let inQuotes = false;
  for (let at = start; at < text.length; at++) {
    const character = text[at];
    if (character === '"') inQuotes = !inQuotes;
    else if (!inQuotes && (character === "{" || character === "}")) return at;
  }
  return text.length;
}

function isOpen(text: string): boolean {
  return text.split('"').length % 2 === 0;
}

/** A word as it must be written to be read as it is. @throws RangeError when there is no way */
export function writeEscaped(word: string): string {
  const hasDouble = word.includes('"');
  if (hasDouble && /[{}!#\n\r]/.test(word)) throw new RangeError(`keepalived.conf has no way to write \`${word}\``);
  const escaped = word.replaceAll("\\", "\\\\");
  if (hasDouble && !word.includes("'") && !isOpen(word)) return `'${escaped}'`;
  return word === "" || /[\s{}!#'"\\]/.test(word) ? `"${escaped.replaceAll('"', '\\"')}"` : word;
}
