// Types of single values: switches, numbers, durations, words, addresses.
import { formatIp, parseIp, parseIpv4, parseIpv6 } from "../base/ip.ts";
import type { Report } from "./diagnostic.ts";
import { nearMiss } from "./near_miss.ts";
import type { Statement } from "./statement.ts";
import { type Range, reject, rejectExtra, rejectMissing, type ValueType } from "./value_type.ts";

/** The keyword alone stands for `value`; more words have no effect. */
export function flagFor<T>(value: T): ValueType<T> {
  return {
    form: "",
    schema: { type: "boolean" },
    read: (statement, report) => {
      rejectExtra(statement, 0, report);
      return value;
    },
    print: (given) => given === value ? [] : undefined,
  };
}

/** The keyword alone: true. */
export const flag: ValueType<boolean> = flagFor(true);

const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ["on", true],
  ["true", true],
  ["yes", true],
  ["off", false],
  ["false", false],
  ["no", false],
]);

/** `on off true false yes no`, in lower case; nothing is on. */
export const boolean: ValueType<boolean> = {
  form: "[on|off]",
  schema: { type: "boolean" },
  read: (statement, report) => {
    const word = statement.args[0];
    if (word === undefined) return true;
    rejectExtra(statement, 1, report);
    return BOOLEANS.get(word.text) ?? reject(statement, "must be `on` or `off`", report);
  },
  print: (value) => [value ? "on" : "off"],
};

/** A whole number within a range. Digits in front of other text count, as in keepalived when it runs. */
export function integer({ min, max }: Range, form = "NUMBER"): ValueType<number> {
  const rule = `must be a whole number from ${min} to ${max}`;
  return {
    form,
    schema: { type: "integer", minimum: min, maximum: max },
    read: (statement, report) => {
      const text = oneWord(statement, `a whole number from ${min} to ${max}`, report);
      return text === undefined ? undefined : readNumber(statement, text, { min, max, rule, pattern: WHOLE }, report);
    },
    print: (value) => [String(value)],
  };
}

/** Units of durations, per second. */
const PER_SECOND = { us: 1_000_000, ms: 1000, s: 1 };

/** How a duration is written and kept. */
export interface DurationOptions extends Range {
  /** Unit of the value. */
  readonly as: keyof typeof PER_SECOND;
  /** Only whole seconds. */
  readonly whole?: boolean;
}

const WHOLE = /^[+-]?\d{1,15}/;
const DECIMAL = /^[+-]?(\d{1,15}\.?\d*|\.\d+)/;
const MICROSECOND_DIGITS = 6;

/** A time in seconds, with up to six decimals unless it has to be whole. The range is in seconds. */
export function seconds({ min, max, as, whole = false }: DurationOptions): ValueType<number> {
  const rule = `must be ${whole ? "whole seconds" : "a time"} from ${min} to ${max}${whole ? "" : " seconds"}`;
  const factor = PER_SECOND[as];
  return {
    form: "SECONDS",
    schema: { type: whole ? "integer" : "number", minimum: min, maximum: max },
    read: (statement, report) => {
      const text = oneWord(statement, `a time from ${min} to ${max} seconds`, report);
      if (text === undefined) return undefined;
      const value = readNumber(statement, text, { min, max, rule, pattern: whole ? WHOLE : DECIMAL }, report);
      if (value === undefined) return undefined;
      const decimals = /\.(\d*)/.exec(text)?.[1]?.length ?? 0;
      if (decimals > MICROSECOND_DIGITS) {
        const shown = Math.round(value * 1e6) / 1e6;
        const message = `\`${statement.keyword.text}\` ${text} becomes ${shown}: times have at most six decimals`;
        report.add("value-rounded", statement.args[0] ?? statement.keyword, message);
      }
      return as === "ms" ? Math.ceil(Math.round(value * 1e6) / 1000) : Math.round(value * factor);
    },
    print: (value) => [decimal(value / factor)],
  };
}

/** A time in milliseconds, with decimals, kept in microseconds. */
export function milliseconds({ min, max }: Range): ValueType<number> {
  const rule = `must be a time from ${min} to ${max} milliseconds`;
  return {
    form: "MILLISECONDS",
    schema: { type: "number", minimum: min, maximum: max },
    read: (statement, report) => {
      const text = oneWord(statement, `a time from ${min} to ${max} milliseconds`, report);
      const value = text && readNumber(statement, text, { min, max, rule, pattern: DECIMAL }, report);
      return value === undefined || value === "" ? undefined : Math.round(value * 1000);
    },
    print: (value) => [decimal(value / 1000)],
  };
}

/** One word, called `form`. */
export function word(form = "TEXT"): ValueType<string> {
  return {
    form,
    schema: { type: "string" },
    read: (statement, report) => oneWord(statement, `a value`, report),
    print: (value) => [value],
  };
}

/** A word of at most so many characters. */
export function shortWord(form: string, longest: number): ValueType<string> {
  return {
    ...word(form),
    schema: { type: "string", minLength: 1, maxLength: longest },
    read: (statement, report) => {
      const text = oneWord(statement, "a name", report);
      if (text === undefined || (text.length >= 1 && text.length <= longest)) return text;
      return reject(statement, `must have 1 to ${longest} characters`, report);
    },
  };
}

/** A word without blanks or control characters, as it may stand in a request. */
export const requestWord: ValueType<string> = {
  ...word("TEXT"),
  schema: { type: "string", pattern: "^\\S+$" },
  read: (statement, report) => {
    const text = oneWord(statement, "a value", report);
    // deno-lint-ignore no-control-regex -- control characters are what has to be kept out of a request
    if (text === undefined || /^[^\x00-\x20\x7f]+$/.test(text)) return text;
    return reject(statement, "must have no blanks or control characters", report);
  },
};

/** One of some words; `values` gives what each stands for. Of two words for one value the first is written. */
export function oneOf<T>(values: Readonly<Record<string, T>>, { anyCase = false } = {}): ValueType<T> {
  const names = Object.keys(values);
  const allowed = names.map((name) => `\`${name}\``).join(", ");
  return {
    form: names.join("|"),
    schema: { enum: names.flatMap(asYaml) },
    read: (statement, report) => {
      const text = oneWord(statement, `one of ${allowed}`, report);
      if (text === undefined) return undefined;
      const name = anyCase ? text.toUpperCase() : text;
      if (Object.hasOwn(values, name)) return values[name];
      const near = nearMiss(text, names);
      const help = near === undefined ? undefined : `did you mean \`${near}\`?`;
      return reject(statement, `must be one of ${allowed}`, report, { help });
    },
    print: (value) => [names.find((name) => values[name] === value) ?? ""],
  };
}

/** A word as YAML may have it: `2` is a number there, and `1.1` may be meant as one. */
function asYaml(name: string): (string | number)[] {
  if (/^\d+$/.test(name)) return [Number(name)];
  return /^\d+\.\d+$/.test(name) ? [name, Number(name)] : [name];
}

/** An address of either family, in its usual form. */
export const ip: ValueType<string> = addressType("ADDRESS", "an IP address", parseIp);

/** An IPv4 address. */
export const ipv4: ValueType<string> = addressType("ADDRESS", "an IPv4 address", parseIpv4);

/** An IPv4 multicast group. */
export const multicast4: ValueType<string> = addressType("GROUP", "an IPv4 multicast address", (text) => {
  const bytes = parseIpv4(text);
  return bytes !== undefined && ((bytes[0] ?? 0) & 0xf0) === 0xe0 ? bytes : undefined;
});

/** An IPv6 multicast group. */
export const multicast6: ValueType<string> = addressType("GROUP", "an IPv6 multicast address", (text) => {
  const bytes = parseIpv6(text);
  return bytes?.[0] === 0xff ? bytes : undefined;
});

function addressType(form: string, kind: string, parse: (text: string) => Uint8Array | undefined): ValueType<string> {
  return {
    form,
    schema: { type: "string" },
    read: (statement, report) => {
      const text = oneWord(statement, kind, report);
      const bytes = text === undefined ? undefined : parse(text);
      if (bytes !== undefined) return formatIp(bytes);
      return text === undefined ? undefined : reject(statement, `must be ${kind}`, report);
    },
    print: (value) => [value],
  };
}

/** The name of a network device: 1 to 15 characters. */
export const interfaceName: ValueType<string> = {
  form: "INTERFACE",
  schema: { type: "string", minLength: 1, maxLength: 15 },
  read: (statement, report) => {
    const text = oneWord(statement, "the name of an interface", report);
    if (text === undefined || isInterfaceName(text)) return text;
    return reject(statement, "must be an interface name of 1 to 15 characters", report);
  },
  print: (value) => [value],
};

/** What the kernel takes as the name of a device. */
export function isInterfaceName(text: string): boolean {
  return text.length >= 1 && text.length <= 15 && !text.includes("/") && text !== "." && text !== "..";
}

/** The only word behind a keyword, or a message what is missing. */
export function oneWord(statement: Statement, wanted: string, report: Report): string | undefined {
  const [first] = statement.args;
  if (first === undefined) return rejectMissing(statement, wanted, report);
  if (statement.args.length > 1) rejectExtra(statement, 1, report);
  return first.text;
}

/** A number as keepalived takes it when it runs: the digits in front of other text count, with a message. */
export function readNumber(
  statement: Statement,
  text: string,
  { min, max, rule, pattern, at = 0 }: Range & { rule: string; pattern: RegExp; at?: number },
  report: Report,
): number | undefined {
  const [digits] = pattern.exec(text) ?? [];
  const value = digits === undefined ? NaN : Number(digits);
  if (!(value >= min && value <= max)) return reject(statement, rule, report, { at });
  if (digits !== text) reject(statement, `${rule}, so ${value} is used`, report, { at });
  return value;
}

/** A number without an exponent, which keepalived would not read. */
export function decimal(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(MICROSECOND_DIGITS).replace(/\.?0+$/, "");
}
