// Readers of arguments: numbers, durations, addresses, words. Each reports what is wrong and then gives undefined.
import { parseIpv4 } from "../base/ip.ts";
import type { SourceLocation } from "./config.ts";
import type { Report } from "./diagnostic.ts";
import type { Token } from "./lexer.ts";
import { nearMiss } from "./near_miss.ts";
import { headOf, type Statement } from "./statement.ts";

/** A value with its place. */
export interface Located<T> {
  readonly value: T;
  readonly location: SourceLocation;
}

/** Reads the arguments of a statement; undefined when they are wrong, which it has reported then. */
export type Reader<T> = (statement: Statement, report: Report) => Located<T> | undefined;

/** A range, both ends allowed. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

/** Nothing but the keyword: true. */
export const flag: Reader<true> = (statement, report) => {
  rejectExtra(statement, 0, report);
  return { value: true, location: statement.keyword };
};

const BOOLEANS: Readonly<Record<string, boolean>> = {
  on: true,
  true: true,
  yes: true,
  off: false,
  false: false,
  no: false,
};

/** `on off true false yes no`, in lower case; nothing is on. */
export const boolean: Reader<boolean> = (statement, report) => {
  const word = statement.args[0];
  if (word === undefined) return { value: true, location: statement.keyword };
  rejectExtra(statement, 1, report);
  const value = Object.hasOwn(BOOLEANS, word.text) ? BOOLEANS[word.text] : undefined;
  if (value === undefined) return reject(statement, word, "must be `on` or `off`", report);
  return { value, location: word };
};

/** Any one word. */
export const word: Reader<string> = (statement, report) => oneWord(statement, "a value", report);

/** A whole number within a range. */
export function integer({ min, max }: Range): Reader<number> {
  return (statement, report) => {
    const range = `must be a whole number from ${min} to ${max}`;
    const text = oneWord(statement, `a whole number from ${min} to ${max}`, report);
    if (text === undefined) return undefined;
    const value = /^[+-]?\d{1,15}$/.test(text.value) ? Number(text.value) : NaN;
    if (!(value >= min && value <= max)) return reject(statement, text.location, range, report, text.value);
    return { value, location: text.location };
  };
}

/** A time in seconds with up to six decimals, as microseconds. The range is in seconds. */
export function seconds({ min, max }: Range): Reader<number> {
  return (statement, report) => {
    const range = `from ${min} to ${max} seconds`;
    const text = oneWord(statement, `a time ${range}`, report);
    if (text === undefined) return undefined;
    const value = /^(\d{1,10}\.?\d*|\.\d+)$/.test(text.value) ? Number(text.value) : NaN;
    if (!(value >= min && value <= max)) {
      return reject(statement, text.location, `must be ${range}`, report, text.value);
    }
    return { value: Math.round(value * 1_000_000), location: text.location };
  };
}

/** One of some words; `values` gives what each stands for. */
export function oneOf<T>(values: Readonly<Record<string, T>>, { anyCase = false } = {}): Reader<T> {
  const allowed = Object.keys(values).map((name) => `\`${name}\``).join(", ");
  return (statement, report) => {
    const text = oneWord(statement, `one of ${allowed}`, report);
    if (text === undefined) return undefined;
    const name = anyCase ? text.value.toUpperCase() : text.value;
    if (Object.hasOwn(values, name)) return { value: values[name] as T, location: text.location };
    const near = nearMiss(text.value, Object.keys(values));
    const help = near === undefined ? undefined : `did you mean \`${near}\`?`;
    return reject(statement, text.location, `must be one of ${allowed}`, report, text.value, help);
  };
}

/** An IPv4 address. */
export const ipv4: Reader<string> = (statement, report) => {
  const text = oneWord(statement, "an IPv4 address", report);
  return text && checkIpv4(text, `\`${statement.keyword.text}\``, report);
};

/** The name of a network device: 1 to 15 characters. */
export const interfaceName: Reader<string> = (statement, report) => {
  const text = oneWord(statement, "the name of an interface", report);
  if (text === undefined) return undefined;
  if (isInterfaceName(text.value)) return text;
  return reject(statement, text.location, "must be an interface name of 1 to 15 characters", report, text.value);
};

/** What the kernel takes as the name of a device. */
export function isInterfaceName(text: string): boolean {
  return text.length >= 1 && text.length <= 15 && !text.includes("/") && text !== "." && text !== "..";
}

/** Checks one word that has to be an IPv4 address; `subject` begins the message. */
export function checkIpv4(text: Located<string>, subject: string, report: Report): Located<string> | undefined {
  if (parseIpv4(text.value) !== undefined) return text;
  if (rejectVariable(text.value, text.location, report)) return undefined;
  if (text.value.includes(":")) {
    report.add("not-supported-yet", text.location, `\`${text.value}\`: IPv6 addresses are not supported yet`);
    return undefined;
  }
  report.add("invalid-value", text.location, `${subject} must be an IPv4 address, not \`${text.value}\``);
  return undefined;
}

/** A word with its place. */
export function located(token: Token): Located<string> {
  return { value: token.text, location: token };
}

/** The only argument, or a message what is missing. */
export function oneWord(statement: Statement, wanted: string, report: Report): Located<string> | undefined {
  const [first] = statement.args;
  if (first === undefined) {
    report.add("missing-argument", statement.keyword, `\`${statement.keyword.text}\` needs ${wanted}`);
    return undefined;
  }
  rejectExtra(statement, 1, report);
  return located(first);
}

/** Warns of arguments that keepalived drops without a word. */
export function rejectExtra(statement: Statement, allowed: number, report: Report): void {
  const extra = statement.args[allowed];
  if (extra === undefined) return;
  report.add("extra-argument", extra, `\`${extra.text}\` is ignored: it stands behind \`${statement.keyword.text}\``, {
    help: "each keyword has a line of its own",
  });
}

/** Reports a wrong argument as `` `priority` must be ..., not `300` ``. */
export function reject(
  statement: Statement,
  place: SourceLocation,
  rule: string,
  report: Report,
  text = statement.args[0]?.text ?? "",
  help?: string,
): undefined {
  if (rejectVariable(text, place, report)) return undefined;
  report.add("invalid-value", place, `\`${statement.keyword.text}\` ${rule}, not \`${text}\``, { help });
  return undefined;
}

function rejectVariable(text: string, place: SourceLocation, report: Report): boolean {
  if (!/\$\{?[A-Za-z_]/.test(text)) return false;
  report.add("not-supported-yet", place, `variables such as \`${text}\` are not supported yet`, {
    help: "write the value itself",
  });
  return true;
}

/** A reader of the first word of a statement that has a block, such as `NAME` in `vrrp_instance NAME {`. */
export function nameOf(statement: Statement, wanted: string, report: Report): Located<string> | undefined {
  const [first] = statement.args;
  if (first !== undefined) return located(first);
  report.add("missing-argument", headOf(statement), `\`${statement.keyword.text}\` needs ${wanted}`);
  return undefined;
}
