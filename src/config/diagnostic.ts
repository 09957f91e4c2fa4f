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

/**
 * Every code with its severity in a keepalived.conf: the only place where it is decided what refuses a configuration.
 * An error is what keepalived refuses, crashes on or would do something dangerous with; a warning is what it complains
 * about, or drops, and runs on. In holdfast.yaml, and with `--strict`, all of them are errors.
 */
export const DIAGNOSTIC_SEVERITIES = {
  // text
  "unterminated-quote": "error",
  "missing-brace": "error",
  "extra-brace": "error",
  "unexpected-block": "error",
  "unknown-block": "error",
  "nesting-too-deep": "error",
  "include-failed": "error",
  "include-missing": "warning",
  "too-much-text": "error",
  "yaml-syntax": "error",
  "yaml-structure": "error",
  "newer-format": "error",
  // keywords
  "unknown-keyword": "warning",
  "not-carried-out": "warning",
  "deprecated-keyword": "warning",
  "missing-argument": "error",
  "missing-value": "warning",
  "extra-argument": "warning",
  "invalid-value": "warning",
  "invalid-address": "error",
  "value-cut": "warning",
  "value-rounded": "warning",
  "value-ignored": "warning",
  "default-used": "warning",
  // the whole
  "missing-vrid": "error",
  "missing-interface": "error",
  "unknown-interface": "error",
  "own-interface-tracked": "warning",
  "duplicate-vrid": "error",
  "duplicate-name": "error",
  "duplicate-address": "error",
  "repeated-address": "warning",
  "duplicate-virtual-server": "warning",
  "duplicate-real-server": "warning",
  "no-virtual-address": "warning",
  "no-virtual-address-version-3": "error",
  "mixed-families": "warning",
  "unknown-reference": "warning",
  "tracking-circle": "error",
  "group-too-small": "warning",
  "group-twice": "warning",
  "missing-script": "warning",
  "insecure-script": "warning",
  "unknown-user": "warning",
  "missing-url": "warning",
  "no-real-server": "warning",
  "server-is-virtual-address": "warning",
  "quorum-unreachable": "warning",
  "hysteresis-too-large": "warning",
  "port-forced": "warning",
  "not-started": "warning",
  "not-strict": "warning",
  // what haproxy -c says
  "haproxy-config": "error",
  "haproxy-warning": "warning",
  // holdfast simulate
  "wrong-scenario": "error",
} as const satisfies Record<string, Severity>;

/** What depends on the machine, or is odd but may be meant: a warning even where all others are errors. */
const ADVICE: ReadonlySet<DiagnosticCode> = new Set([
  "repeated-address",
  "group-too-small",
  "missing-script",
  "insecure-script",
  "unknown-user",
  "server-is-virtual-address",
  "not-strict",
  "haproxy-warning",
]);

/** The code of a diagnostic. */
export type DiagnosticCode = keyof typeof DIAGNOSTIC_SEVERITIES;

/** What a diagnostic may have beside its sentence. */
export interface DiagnosticExtras {
  readonly related?: readonly RelatedPlace[];
  readonly help?: string | undefined;
}

/** How a report judges. */
export interface ReportOptions {
  /** Warnings count as errors, too. */
  readonly strict?: boolean;
  /** What is not carried out yet is no matter, since nothing will be run. */
  readonly willNotRun?: boolean;
}

/** Of each severity so many are kept: a line that stands for a million others would fill the memory with what is wrong with it. */
export const MAX_KEPT = 10_000;

/** Collects diagnostics while a configuration is read. */
export class Report {
  readonly #diagnostics: Diagnostic[] = [];
  /** Whether warnings count as errors. */
  readonly isStrict: boolean;
  readonly #willNotRun: boolean;
  /** Subjects that are not carried out, with the further places of each. */
  readonly #notCarriedOut = new Map<string, { readonly index: number; more: number }>();
  readonly #counts = { error: 0, warning: 0 };

  constructor({ strict = false, willNotRun = false }: ReportOptions = {}) {
    this.isStrict = strict;
    this.#willNotRun = willNotRun;
  }

  /** Adds one; its severity follows from the code. */
  add(code: DiagnosticCode, location: SourceLocation, message: string, extras: DiagnosticExtras = {}): void {
    const severity = this.isStrict && !ADVICE.has(code) ? "error" : DIAGNOSTIC_SEVERITIES[code];
    if (++this.#counts[severity] > MAX_KEPT) return;
    this.#diagnostics.push({
      severity,
      code,
      message,
      location: placeOf(location),
      related: (extras.related ?? []).map((place) => ({ message: place.message, location: placeOf(place.location) })),
      ...(extras.help === undefined ? {} : { help: extras.help }),
    });
  }

  /** Says once that something is not carried out yet, with its first place and the number of others. */
  notCarriedOut(location: SourceLocation, subject: string, consequence?: string): void {
    if (this.#willNotRun) return;
    const known = this.#notCarriedOut.get(subject);
    if (known !== undefined) {
      known.more++;
      return;
    }
    const without = consequence === undefined ? "" : `; without it, ${consequence}`;
    const index = this.#diagnostics.length;
    this.add("not-carried-out", location, `not carried out yet: ${subject}${without}`);
    this.#notCarriedOut.set(subject, { index: this.#diagnostics.length > index ? index : -1, more: 0 });
  }

  /** A report that nobody reads, for looking at something twice. */
  silent(): Report {
    return new Report();
  }

  /** True when something refuses the configuration. */
  get hasErrors(): boolean {
    return this.#counts.error > 0;
  }

  /** Whether something at this very place refuses the configuration. */
  hasErrorAt({ file, line, column }: SourceLocation): boolean {
    return this.#diagnostics.some(({ severity, location }) =>
      severity === "error" && location.line === line && location.column === column && location.file === file
    );
  }

  /** All of them, files in the order given, each from top to bottom. */
  sorted(files: readonly string[]): Diagnostic[] {
    for (const { index, more } of this.#notCarriedOut.values()) {
      const diagnostic = this.#diagnostics[index];
      if (diagnostic === undefined || more === 0) continue;
      const help = `and in ${more} more place${more === 1 ? "" : "s"}`;
      this.#diagnostics[index] = { ...diagnostic, help };
    }
    const order = new Map(files.map((file, index) => [file, index]));
    const rank = (location: SourceLocation): number => order.get(location.file) ?? files.length;
    return this.#diagnostics.toSorted((a, b) =>
      rank(a.location) - rank(b.location) || a.location.line - b.location.line || a.location.column - b.location.column
    );
  }
}

/** Whether a code depends on the machine, or is odd but may be meant. */
export function isAdvice(code: DiagnosticCode): boolean {
  return ADVICE.has(code);
}

/** The bare place of something that has one, such as a token. */
export function placeOf({ file, line, column, length }: SourceLocation): SourceLocation {
  return { file, line, column, length };
}
