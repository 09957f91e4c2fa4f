// What `haproxy -c` prints about a configuration: one message each, with file and line where it names them.

/** One message. */
export interface ConfigMessage {
  readonly severity: "error" | "warning";
  /** As HAProxy names it; undefined: about no place. */
  readonly file?: string;
  readonly line?: number;
  readonly text: string;
}

const MAX_MESSAGES = 50;
const MAX_TEXT = 500;

/** Messages that only sum up those before them, or say what nobody asked; the file of states is made at the start. */
const SUMMARIES =
  /^(?:Error\(s\) found in configuration file|Fatal errors found in configuration|haproxy version is|path to executable is|Some warnings were found|config: Can't open global server state file)/;

/** Reads it; at most 50 messages. */
export function parseCheckOutput(text: string): ConfigMessage[] {
  const messages: ConfigMessage[] = [];
  for (const line of text.slice(0, 1 << 20).split("\n")) {
    const found = line.match(
      /^\[(ALERT|WARNING|EMERG)\]\s*(?:\(\d+\)\s*:\s*|\S+\s+\(\d+\)\s*:\s*)?(?:config : )?(.*)$/,
    );
    if (found === null) {
      // Some messages go on in lines of their own.
      const last = messages.at(-1);
      if (last !== undefined && line.startsWith("  ")) {
        const more = line.replace(/^[\s|]+/, "");
        messages[messages.length - 1] = {
          ...last,
          text: printable(`${last.text}${/^[A-Z]/.test(more) ? ": " : " "}${more}`),
        };
      }
      continue;
    }
    const [, level, rest = ""] = found;
    if (SUMMARIES.test(rest)) continue;
    if (messages.length === MAX_MESSAGES) break;
    messages.push({ severity: level === "WARNING" ? "warning" : "error", ...placed(rest) });
  }
  return messages;
}

/** `parsing [FILE:LINE] : TEXT`, or `... 'bind ...' in section 'x' ... [FILE:LINE]`. */
function placed(text: string): Pick<ConfigMessage, "file" | "line" | "text"> {
  const found = text.match(/^(?:parsing )?\[([^\]]+):(\d{1,9})\]\s*:?\s*(.*)$/) ??
    text.match(/^(?=.*\[([^\]:]+):(\d{1,9})\])(.*)$/);
  if (found === null) return { text: printable(text) };
  return { file: found[1] ?? "", line: Number(found[2]), text: printable(found[3] ?? "") };
}

/** Words of a line that may hold a password: what HAProxy quotes of such a line must not be shown. */
const SECRETS = /passw|^\s*user\s+\S+\s+\S|\bauth\b|\bsecret\b|\bkey\b|token|\bsetenv\b|\bpresetenv\b/i;

/** Whether a line of haproxy.cfg may hold a password: then nothing of it is shown. */
export function mayHoldSecret(line: string): boolean {
  return SECRETS.test(line);
}

/** A message that quotes nothing of a line that may hold a secret. */
export function withoutSecrets(text: string, line: string | undefined): string {
  if (line === undefined || !mayHoldSecret(line)) return text;
  return text.replace(/'[^']*'|"[^"]*"/g, "'...'");
}

function printable(text: string): string {
  // deno-lint-ignore no-control-regex -- removing them is the point
  return text.slice(0, MAX_TEXT).replace(/[\x00-\x1f\x7f]/g, "?").trim().replace(/\.$/, "");
}
