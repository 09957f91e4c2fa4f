// Sections of holdfast.yaml that keepalived has no words for: plain data with the places of its parts, compared with a schema.
import type { SourceLocation } from "./config.ts";
import type { Report } from "./diagnostic.ts";
import { nearMiss } from "./near_miss.ts";
import type { JsonSchema } from "./value_type.ts";

/** The way from a section to a part of it: names of entries, and numbers of those of lists, from 0. */
export type Path = readonly (string | number)[];

/** A section of holdfast.yaml as plain data, with its places. */
export interface OwnSection {
  readonly value: unknown;
  /** Of its name. */
  readonly location: SourceLocation;
  /** Where a part stands, or the name of an entry; of what is not there, the nearest that is. */
  readonly placeOf: (path: Path, which?: "value" | "name") => SourceLocation;
}

/** What is wrong, and where. */
export interface Mismatch {
  readonly text: string;
  readonly path: Path;
  /** The name of the entry is wrong, not its value. */
  readonly isName?: boolean;
  readonly help?: string | undefined;
}

/** The keywords of JSON Schema that sections use. */
interface Shape {
  readonly type?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
}

/** Reports what is not as a schema says. @returns whether all of it is */
export function checkSection(section: OwnSection, schema: JsonSchema, subject: string, report: Report): boolean {
  const problems = [...mismatches(section.value ?? {}, schema, subject)];
  for (const { text, path, isName = false, help } of problems) {
    report.add("yaml-structure", section.placeOf(path, isName ? "name" : "value"), text, { help });
  }
  return problems.length === 0;
}

/** Where a value is not as a schema says, one sentence each. */
export function* mismatches(
  value: unknown,
  schema: JsonSchema,
  subject: string,
  path: Path = [],
): Generator<Mismatch> {
  const shape = schema as Shape;
  switch (shape.type) {
    case "object":
      return yield* mappingMismatches(value, shape, subject, path);
    case "array":
      return yield* listMismatches(value, shape, subject, path);
    default: {
      const text = scalarMismatch(value, shape);
      if (text !== undefined) yield { text: `${subject} ${text}`, path, help: shape.description };
    }
  }
}

function* mappingMismatches(
  value: unknown,
  { properties = {}, required = [] }: Shape,
  subject: string,
  path: Path,
): Generator<Mismatch> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return yield { text: `${subject} must be a mapping`, path };
  }
  for (const name of required) {
    if (!Object.hasOwn(value, name)) yield { text: `${subject} needs \`${name}\``, path };
  }
  for (const [name, entry] of Object.entries(value)) {
    const known = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (known !== undefined) {
      yield* mismatches(entry, known, `\`${name}\``, [...path, name]);
      continue;
    }
    const near = nearMiss(name, Object.keys(properties));
    yield {
      text: `${subject} has no \`${name}\``,
      path: [...path, name],
      isName: true,
      help: near === undefined ? `there is ${Object.keys(properties).join(", ")}` : `did you mean \`${near}\`?`,
    };
  }
}

function* listMismatches(
  value: unknown,
  { items = {}, minItems = 0, maxItems = Infinity }: Shape,
  subject: string,
  path: Path,
): Generator<Mismatch> {
  if (!Array.isArray(value)) return yield { text: `${subject} must be a list`, path };
  if (value.length < minItems || value.length > maxItems) {
    const count = minItems === maxItems ? `${minItems}` : `at least ${minItems}`;
    yield { text: `${subject} needs ${count} ${count.endsWith("1") ? "entry" : "entries"}`, path };
  }
  for (const [at, entry] of value.entries()) {
    yield* mismatches(entry, items, `an entry of ${subject}`, [...path, at]);
  }
}

/** The end of the sentence. */
function scalarMismatch(
  value: unknown,
  { type, enum: words, pattern, minimum = 0, maximum = Infinity }: Shape,
): string | undefined {
  if (words !== undefined && !words.includes(String(value))) return `must be ${words.join(", ")}`;
  if (type === "string" && (typeof value !== "string" || value === "")) return "must be a text";
  if (type === "boolean" && typeof value !== "boolean") return "must be true or false";
  if (type === "integer" || type === "number") {
    const isOne = typeof value === "number" && (type === "number" || Number.isInteger(value));
    if (!isOne || !(value >= minimum && value <= maximum)) return `must be a number from ${minimum} to ${maximum}`;
  }
  return pattern !== undefined && !new RegExp(pattern).test(String(value)) ? "does not have its form" : undefined;
}

/** Where the first name stands that stood before; -1: nowhere. */
export function repeated(named: readonly { readonly name: string }[]): number {
  const names = named.map(({ name }) => name);
  return names.findIndex((name, at) => names.indexOf(name) !== at);
}
