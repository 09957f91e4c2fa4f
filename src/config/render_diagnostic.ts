// Diagnostics as text for people: the place, the line, what is meant underlined, related places, help. Writes nowhere.
import type { SourceLocation } from "./config.ts";
import type { Diagnostic, Severity } from "./diagnostic.ts";
import { mayHoldSecret } from "./secret_lines.ts";

/** How to render. */
export interface RenderOptions {
  /** Text of each file by its name; a line that isn't there is left out. */
  readonly sources: ReadonlyMap<string, string>;
  /** Lines that may hold a secret are not quoted: for logs, and for those who may not read the file. */
  readonly hidesSecrets?: boolean;
  /** ANSI colours; default: none. */
  readonly colour?: boolean;
}

type Style = "error" | "warning" | "frame" | "bold";

const STYLES: Readonly<Record<Style, string>> = {
  error: "\x1b[1;31m",
  warning: "\x1b[1;33m",
  frame: "\x1b[1;34m",
  bold: "\x1b[1m",
};
const RESET = "\x1b[0m";
const TAB = "    ";
/** Longest part of a source line that is shown, in characters. */
const MAX_WIDTH = 100;

/** More than that nobody reads; errors are shown before warnings. */
const MAX_SHOWN = 200;

/** Diagnostics, an empty line after each, and how many there are beside those. */
export function renderDiagnostics(diagnostics: readonly Diagnostic[], options: RenderOptions): string {
  const renderer = new Renderer(options);
  const rendered = worst(diagnostics).map((diagnostic) => `${renderer.render(diagnostic)}\n`).join("\n");
  const more = diagnostics.length - MAX_SHOWN;
  return more <= 0 ? rendered : `${rendered}\n... and ${more} more\n`;
}

function worst(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  if (diagnostics.length <= MAX_SHOWN) return diagnostics;
  const errors = diagnostics.filter(({ severity }) => severity === "error").slice(0, MAX_SHOWN);
  const warnings = diagnostics.filter(({ severity }) => severity === "warning").slice(0, MAX_SHOWN - errors.length);
  const shown = new Set([...errors, ...warnings]);
  return diagnostics.filter((diagnostic) => shown.has(diagnostic));
}

class Renderer {
  readonly #colour: boolean;
  readonly #hidesSecrets: boolean;
  readonly #sources: RenderOptions["sources"];
  readonly #lines = new Map<string, readonly string[]>();

  constructor({ sources, colour = false, hidesSecrets = false }: RenderOptions) {
    this.#hidesSecrets = hidesSecrets;
    this.#colour = colour;
    this.#sources = sources;
  }

  /** Files that nothing is said about are not cut up. */
  #line(file: string, line: number): string | undefined {
    let lines = this.#lines.get(file);
    if (lines === undefined) {
      this.#lines.set(file, lines = this.#sources.get(file)?.replace(/^\uFEFF/, "").split("\n") ?? []);
    }
    return this.#hidesSecrets && mayHoldSecret(lines, line - 1) ? undefined : lines[line - 1];
  }

  render({ severity, message, location, related, help }: Diagnostic): string {
    const places = [location, ...related.map((place) => place.location)];
    const margin = Math.max(...places.map(({ line }) => String(line).length));
    const pad = " ".repeat(margin);
    return [
      `${this.#paint(severity, severity)}${this.#paint("bold", `: ${oneLine(message)}`)}`,
      `${pad}${this.#paint("frame", "-->")} ${formatLocation(location)}`,
      ...this.#quote(location, { margin, mark: "^", style: severity }),
      ...related.flatMap((place) => [
        `${pad}${this.#paint("frame", ":::")} ${formatLocation(place.location)}`,
        ...this.#quote(place.location, { margin, mark: "-", style: "frame", label: place.message }),
      ]),
      ...(help === undefined
        ? []
        : [`${pad} ${this.#paint("frame", "=")} ${this.#paint("bold", "help")}: ${oneLine(help)}`]),
    ].join("\n");
  }

  #quote(
    { file, line, column, length }: SourceLocation,
    { margin, mark, style, label }: { margin: number; mark: string; style: Style; label?: string },
  ): string[] {
    const text = this.#line(file, line)?.replace(/\r$/, "");
    if (text === undefined) return label === undefined ? [] : [`${" ".repeat(margin + 1)}= note: ${oneLine(label)}`];
    const { before, marked, after } = cut(text, { start: column - 1, length });
    const bar = this.#paint("frame", "|");
    const marks = `${mark.repeat(Math.max(1, marked.length))}${label === undefined ? "" : ` ${oneLine(label)}`}`;
    return [
      `${" ".repeat(margin)} ${bar}`,
      `${this.#paint("frame", String(line).padStart(margin))} ${bar} ${before}${marked}${after}`.trimEnd(),
      `${" ".repeat(margin)} ${bar} ${" ".repeat(before.length)}${this.#paint(style, marks)}`,
    ];
  }

  #paint(style: Style | Severity, text: string): string {
    return this.#colour ? `${STYLES[style]}${text}${RESET}` : text;
  }
}

/** `file:line:column`, as editors and terminals make links of. */
export function formatLocation({ file, line, column }: SourceLocation): string {
  return `${printable(file)}:${line}:${column}`;
}

interface Cut {
  readonly before: string;
  readonly marked: string;
  readonly after: string;
}

/** The part of a line around the span; `...` stands for what is left out. */
function cut(line: string, { start, length }: { start: number; length: number }): Cut {
  const end = Math.min(start + length, start + MAX_WIDTH);
  const isLong = line.length > MAX_WIDTH;
  const from = isLong ? Math.max(0, Math.min(start - 30, line.length - MAX_WIDTH)) : 0;
  const to = isLong ? Math.min(line.length, Math.max(end, from + MAX_WIDTH)) : line.length;
  return {
    before: (from > 0 ? "..." : "") + printable(line.slice(from, start)),
    marked: printable(line.slice(start, end)),
    after: printable(line.slice(end, to)) + (to < line.length ? "..." : ""),
  };
}

/** Tabs as blanks, other control characters as `?`: what a file holds must not steer the terminal. */
function printable(text: string): string {
  // deno-lint-ignore no-control-regex -- these are the characters that it is about
  return text.replaceAll("\t", TAB).replace(/[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g, "?");
}

function oneLine(text: string): string {
  return printable(text.length > 300 ? `${text.slice(0, 297)}...` : text);
}
