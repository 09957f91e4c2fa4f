// Which lines of a configuration may hold a secret: what is said of them in a log, or over the API, must not quote them. Goes by
// words, and not by what was understood: such a line may be wrong.

/** Words of keywords whose values are secret, or may be; and what wrong spellings of them have. */
const WORDS = /pass|secret|token|sha256|hmac|auth|users|credential|\bkey\b/i;

/** Whether a line, or a line that it stands in by its indentation, has such a word. @param at its index, from 0 */
export function mayHoldSecret(lines: readonly string[], at: number): boolean {
  let indent = Infinity;
  for (let index = at; index >= 0; index--) {
    const line = lines[index] ?? "";
    const own = line.search(/\S/);
    if (own < 0 || own >= indent) continue;
    if (WORDS.test(line)) return true;
    // The entries of a list may stand as far left as the word that it belongs to.
    indent = line.startsWith("- ", own) ? own + 1 : own;
    if (own === 0 && indent === 0) return false;
  }
  return false;
}
