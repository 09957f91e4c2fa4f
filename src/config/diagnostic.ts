// What is wrong in a configuration, as data: a severity, a stable code, a sentence and places. Does not render.
import type { SourceLocation } from "./config.ts";

/** `error` refuses the whole configuration; `warning` is carried out as the message says. */
export type Severity = "error" | "warning";

/** One message about one place. */
export interface Diagnostic {
  readonly severity: Severity;
  /** Stable word for machines; the message may change, the code does not. */
  readonly code: DiagnosticCode;
  /** One plain sentence that stands alone: lower case, no period, the user's words in backticks. */
  readonly message: string;
  readonly location: SourceLocation;
  readonly related: readonly RelatedPlace[];
  /** What to type. */
  readonly help?: string;
}

/** Another place that belongs to a diagnostic, such as the first of two that clash. */
export interface RelatedPlace {
  readonly message: string;
  readonly location: SourceLocation;
}

/** Every code with its severity: the only place where it is decided what refuses a configuration. */
export const DIAGNOSTIC_SEVERITIES = {
  // text
  "unterminated-quote": "error",
  "missing-brace": "error",
  "extra-brace": "error",
  "unexpected-block": "error",
  "nesting-too-deep": "error",
  "include-failed": "error",
  // keywords
  "unknown-keyword": "error",
  "not-supported-yet": "error",
  "not-carried-out": "warning",
  "deprecated-keyword": "warning",
  "missing-argument": "error",
  "extra-argument": "warning",
  "invalid-value": "error",
  "value-cut": "warning",
  "value-rounded": "warning",
  "value-ignored": "warning",
  "default-used": "warning",
  // the whole
  "missing-vrid": "error",
  "missing-interface": "error",
  "unknown-interface": "error",
  "duplicate-vrid": "error",
  "duplicate-name": "error",
  "duplicate-address": "error",
  "repeated-address": "warning",
  "duplicate-virtual-server": "error",
  "duplicate-real-server": "warning",
  "no-virtual-address": "warning",
  "no-virtual-address-version-3": "error",
  "missing-url": "error",
  "quorum-unreachable": "warning",
  "hysteresis-too-large": "warning",
  "port-forced": "warning",
} as const satisfies Record<string, Severity>;

/** The code of a diagnostic. */
export type DiagnosticCode = keyof typeof DIAGNOSTIC_SEVERITIES;

/** What a diagnostic may have beside its sentence. */
export interface DiagnosticExtras {
  readonly related?: readonly RelatedPlace[];
  readonly help?: string | undefined;
}

/** Collects diagnostics while a configuration is read. */
export class Report {
  readonly #diagnostics: Diagnostic[] = [];

  /** Adds one; its severity follows from the code. */
  add(code: DiagnosticCode, location: SourceLocation, message: string, extras: DiagnosticExtras = {}): void {
    this.#diagnostics.push({
      severity: DIAGNOSTIC_SEVERITIES[code],
      code,
      message,
      location: placeOf(location),
      related: (extras.related ?? []).map((place) => ({ message: place.message, location: placeOf(place.location) })),
      ...(extras.help === undefined ? {} : { help: extras.help }),
    });
  }

  /** True when something refuses the configuration. */
  get hasErrors(): boolean {
    return this.#diagnostics.some((diagnostic) => diagnostic.severity === "error");
  }

  /** All of them, files in the order given, each from top to bottom. */
  sorted(files: readonly string[]): Diagnostic[] {
    const order = new Map(files.map((file, index) => [file, index]));
    const rank = (location: SourceLocation): number => order.get(location.file) ?? files.length;
    return this.#diagnostics.toSorted((a, b) =>
      rank(a.location) - rank(b.location) || a.location.line - b.location.line || a.location.column - b.location.column
    );
  }
}

/** The bare place of something that has one, such as a token. */
export function placeOf({ file, line, column, length }: SourceLocation): SourceLocation {
  return { file, line, column, length };
}
