// A keepalived.conf with its lines indented by their blocks. Words, comments, definitions and empty lines stay as they are.
import { commentStart } from "./lexer.ts";

const INDENT = "    ";
const DEFINITION = /^\$\w+=/;
/** What keepalived takes for a blank; another one, such as the no-break space of a web page, is a letter to it. */
const BLANKS = /^[ \t\v\f\r]+|[ \t\v\f\r]+$/g;

/**
 * Indents every line and ends it cleanly; runs of empty lines become one. Nothing that keepalived reads changes: inside
 * definitions of several lines only the indentation does.
 */
export function formatText(text: string): string {
  const formatter = new Formatter();
  for (const line of text.replace(/^\uFEFF/, "").split("\n")) formatter.line(line.replace(/\r$/, ""));
  return formatter.text();
}

class Formatter {
  readonly #lines: string[] = [];
  #depth = 0;
  #inDefinition = false;

  line(raw: string): void {
    const line = raw.replace(BLANKS, "");
    if (line === "") {
      if (this.#lines.at(-1) !== "" && this.#lines.length > 0) this.#lines.push("");
      return;
    }
    const code = line.slice(0, commentStart(line)).replace(BLANKS, "");
    const isDefinition = !this.#inDefinition && DEFINITION.test(code);
    const braces = isDefinition && !code.endsWith("\\") ? { first: 0, sum: 0 } : bracesOf(code);
    this.#depth += braces.first;
    const isBare = isDefinition || line.startsWith("@");
    this.#lines.push(isBare ? line : INDENT.repeat(Math.max(0, this.#depth)) + line);
    this.#depth = Math.max(0, this.#depth + braces.sum - braces.first);
    this.#inDefinition = (isDefinition || this.#inDefinition) && (line.endsWith("\\") || code.endsWith("\\"));
  }

  text(): string {
    while (this.#lines.at(-1) === "") this.#lines.pop();
    return this.#lines.length === 0 ? "" : `${this.#lines.join("\n")}\n`;
  }
}

/** How far closing braces at the beginning of a line move it out, and how far all of its braces move what follows. */
function bracesOf(code: string): { first: number; sum: number } {
  const bare = code.replace(/"[^"]*"/g, "").replace(/\$\{[^{}]*\}/g, "");
  const isInclude = /^include[rmwba]?\s/.test(bare);
  const leading = /^[}\s]*/.exec(bare)?.[0].replace(/\s/g, "").length ?? 0;
  const sum = isInclude ? 0 : [...bare].reduce((total, char) => total + (char === "{" ? 1 : char === "}" ? -1 : 0), 0);
  return { first: -leading, sum };
}
