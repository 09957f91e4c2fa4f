// Values that a JSON schema of the API's description lets pass, values that it does not, and what is wrong with one. As much of
// the language as the description uses.
import type { Prng } from "../../src/base/prng.ts";

/** A schema, or a part of one. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly propertyNames?: Schema;
  readonly items?: Schema;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly format?: string;
}

/** Named schemas of a description. */
export type Schemas = Readonly<Record<string, Schema>>;

const TEXTS = [
  "2026-01-02T03:04:05.000Z",
  "transition",
  "new disk",
  "50%",
  "",
  "0%",
  "100%",
  "vrrp_instance V {\n}\n",
  "yaml",
  "VI_1",
  "ü",
  "x".repeat(200),
  "https://updates.example/u",
];

/** Draws values. */
export class SchemaValues {
  readonly #schemas: Schemas;
  readonly #prng: Prng;

  constructor(schemas: Schemas, prng: Prng) {
    this.#schemas = schemas;
    this.#prng = prng;
  }

  /** One that passes. */
  valid(given: Schema): unknown {
    const prng = this.#prng;
    const schema = resolved(given, this.#schemas);
    if (schema.const !== undefined) return schema.const;
    if (schema.enum !== undefined) return prng.pick(schema.enum);
    if (schema.anyOf !== undefined) return this.valid(prng.pick(schema.anyOf));
    switch (schema.type) {
      case "object": {
        const required = new Set(schema.required);
        const entries = Object.entries(schema.properties ?? {}).filter(([name]) =>
          required.has(name) || prng.chance(0.5)
        );
        return Object.fromEntries(entries.map(([name, part]) => [name, this.valid(part)]));
      }
      case "array":
        return Array.from({ length: prng.integer(0, 3) }, () => this.valid(schema.items ?? {}));
      case "boolean":
        return prng.chance(0.5);
      case "integer":
      case "number": {
        const least = schema.minimum ?? -1000;
        const most = Math.min(schema.maximum ?? 1_000_000, Number.MAX_SAFE_INTEGER);
        if (prng.chance(0.3)) return prng.pick([least, most]);
        const drawn = prng.integer(Math.ceil(least), Math.floor(most));
        return schema.type === "number" && drawn < most && prng.chance(0.3) ? drawn + 0.5 : drawn;
      }
      case "string":
        return prng.pick(TEXTS.filter((text) => wrong(schema, text, this.#schemas).length === 0));
      default:
        return null;
    }
  }

  /** One that does not. */
  invalid(given: Schema): unknown {
    const prng = this.#prng;
    for (let tries = 0; tries < 100; tries++) {
      const value = this.#damaged(given);
      if (wrong(given, value, this.#schemas).length > 0) return value;
    }
    return prng.pick([null, 3, "x", []]);
  }

  #damaged(given: Schema): unknown {
    const prng = this.#prng;
    const schema = resolved(given, this.#schemas);
    const other = (): unknown =>
      prng.pick<unknown>([null, 0, -1, 1e300, 0.1, "", "x".repeat(300), "\u0000", true, [], {}, [{}], "9".repeat(40)]);
    if (schema.type !== "object" || prng.chance(0.15)) return other();
    const value = { ...this.valid(schema) as Record<string, unknown> };
    const names = Object.keys(schema.properties ?? {});
    const name = names.length === 0 ? "x" : prng.pick(names);
    const kind = prng.integer(0, 2);
    if (kind === 0) value[prng.pick(["unknown", "__proto__x", "constructor"])] = other();
    else if (kind === 1) delete value[name];
    else value[name] = this.#damaged(schema.properties?.[name] ?? {});
    return value;
  }
}

/** What is wrong with a value, one sentence each. */
export function wrong(given: Schema, value: unknown, schemas: Schemas, at = "it"): string[] {
  const schema = resolved(given, schemas);
  if (schema.const !== undefined) return value === schema.const ? [] : [`${at} is not ${schema.const}`];
  if (schema.enum !== undefined) {
    return schema.enum.includes(value) ? [] : [`${at} is none of ${schema.enum.join(", ")}`];
  }
  if (schema.anyOf !== undefined) {
    return schema.anyOf.some((part) => wrong(part, value, schemas, at).length === 0)
      ? []
      : [`${at} is none of its kinds`];
  }
  switch (schema.type) {
    case "object":
      return wrongObject(schema, value, schemas, at);
    case "array":
      if (!Array.isArray(value)) return [`${at} is no list`];
      return value.flatMap((entry, index) => wrong(schema.items ?? {}, entry, schemas, `${at}[${index}]`));
    case "boolean":
      return typeof value === "boolean" ? [] : [`${at} is not true or false`];
    case "integer":
    case "number":
      if (typeof value !== "number" || (schema.type === "integer" && !Number.isSafeInteger(value))) {
        return [`${at} is no ${schema.type}`];
      }
      return value < (schema.minimum ?? -Infinity) || value > (schema.maximum ?? Infinity)
        ? [`${at} is out of range`]
        : [];
    case "string": {
      if (typeof value !== "string") return [`${at} is no text`];
      const isFit = value.length >= (schema.minLength ?? 0) && value.length <= (schema.maxLength ?? Infinity);
      const hasForm = schema.pattern === undefined || new RegExp(schema.pattern, "u").test(value);
      const isTime = schema.format !== "date-time" || !Number.isNaN(Date.parse(value));
      return isFit && hasForm && isTime ? [] : [`${at} has not its form`];
    }
    default:
      return [];
  }
}

function wrongObject(schema: Schema, value: unknown, schemas: Schemas, at: string): string[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [`${at} is no object`];
  const { properties = {}, required = [], additionalProperties: others } = schema;
  const missing = required.filter((name) => !Object.hasOwn(value, name)).map((name) => `${at} has no ${name}`);
  return [
    ...missing,
    ...Object.entries(value).flatMap(([name, entry]) => {
      const part = Object.hasOwn(properties, name) ? properties[name] : undefined;
      if (part !== undefined) return wrong(part, entry, schemas, `${at}.${name}`);
      if (others === false) return [`${at} has an unknown ${name}`];
      return typeof others === "object" ? wrong(others, entry, schemas, `${at}.${name}`) : [];
    }),
  ];
}

function resolved(schema: Schema, schemas: Schemas): Schema {
  if (schema.$ref === undefined) return schema;
  const name = schema.$ref.split("/").at(-1) ?? "";
  const found = schemas[name];
  if (found === undefined) throw new Error(`the description names ${schema.$ref}, and it is not there`);
  const { $ref: _, ...more } = schema;
  return { ...found, ...more };
}
