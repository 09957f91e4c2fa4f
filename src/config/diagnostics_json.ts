// Diagnostics for editors and CI: one JSON document, or SARIF 2.1.0. The codes are stable, the sentences are not.
import type { SourceLocation } from "./config.ts";
import { type Diagnostic, DIAGNOSTIC_SEVERITIES } from "./diagnostic.ts";

/** One place; lines and columns count from 1, the end is behind the last character. */
interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endColumn: number;
}

/** `{ "diagnostics": [...], "errors": 1, "warnings": 2 }`. */
export function diagnosticsJson(diagnostics: readonly Diagnostic[]): string {
  const count = (severity: string): number =>
    diagnostics.filter((diagnostic) => diagnostic.severity === severity).length;
  const entries = diagnostics.map(({ severity, code, message, location, help, related }) => ({
    severity,
    code,
    message,
    ...placeOf(location),
    ...(help === undefined ? {} : { help }),
    related: related.map((place) => ({ message: place.message, ...placeOf(place.location) })),
  }));
  return JSON.stringify({ diagnostics: entries, errors: count("error"), warnings: count("warning") }, undefined, 2);
}

/** SARIF 2.1.0 (OASIS), as code hosts and editors read it. */
export function diagnosticsSarif(diagnostics: readonly Diagnostic[], version: string): string {
  const rules = Object.keys(DIAGNOSTIC_SEVERITIES).map((id) => ({ id }));
  const results = diagnostics.map(({ severity, code, message, location, help, related }) => ({
    ruleId: code,
    level: severity,
    message: { text: help === undefined ? message : `${message}\nhelp: ${help}` },
    locations: [sarifLocation(location)],
    relatedLocations: related.map((place) => ({ ...sarifLocation(place.location), message: { text: place.message } })),
  }));
  const tool = { driver: { name: "holdfast", version, rules } };
  return JSON.stringify({ $schema: SARIF_SCHEMA, version: "2.1.0", runs: [{ tool, results }] }, undefined, 2);
}

const SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json";

function placeOf({ file, line, column, length }: SourceLocation): Place {
  return { file, line, column, endColumn: column + length };
}

function sarifLocation(location: SourceLocation): object {
  const { file, line, column, endColumn } = placeOf(location);
  const region = { startLine: line, startColumn: column, endColumn };
  return { physicalLocation: { artifactLocation: { uri: file }, region } };
}
