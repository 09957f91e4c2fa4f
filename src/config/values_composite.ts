// Types of values of several words: scripts, weights, lists, servers.
import { commandWords } from "../base/command_words.ts";
import { parseIp } from "../base/ip.ts";
import type { Script, Weight } from "./config_vrrp.ts";
import type { Report } from "./diagnostic.ts";
import type { Statement } from "./statement.ts";
import { umaskOf } from "./umask.ts";
import { type Range, reject, rejectExtra, rejectMissing, type ValueType } from "./value_type.ts";
import { integer, isInterfaceName, readNumber } from "./values.ts";

/** Why a text is no command line. */
const NO_COMMAND = {
  empty: "has no command",
  quote: "has a quote that is not closed",
  escape: "ends with a backslash that stands before nothing",
  zero: "has an escape that means a zero byte",
} as const;

/** `COMMAND [USER [GROUP]]`; the command with its arguments is one word. */
export const script: ValueType<Script> = {
  form: "COMMAND [USER [GROUP]]",
  schema: {
    oneOf: [{ type: "string" }, { type: "array", items: { type: "string" }, minItems: 1, maxItems: 3 }],
  },
  read: (statement, report) => {
    const [command, user, group] = statement.args;
    if (command === undefined) return rejectMissing(statement, "a command", report);
    rejectExtra(statement, 3, report);
    const words = commandWords(command.text);
    if (!words.ok) {
      report.add(
        "invalid-value",
        command,
        `\`${statement.keyword.text}\` ${NO_COMMAND[words.reason]}, so it is left out`,
      );
      return undefined;
    }
    return {
      command: command.text,
      ...(user === undefined ? {} : { user: user.text }),
      ...(group === undefined ? {} : { group: group.text }),
    };
  },
  print: ({ command, user, group }) => [command, user, group].filter((text) => text !== undefined),
};

/** A script, or the keyword alone. */
export const optionalScript: ValueType<Script | true> = {
  ...script,
  form: "[COMMAND [USER [GROUP]]]",
  schema: { oneOf: [{ type: "boolean" }, ...script.schema.oneOf as unknown[]] },
  read: (statement, report) => statement.args.length === 0 ? true : script.read(statement, report),
  print: (value) => value === true ? [] : script.print(value),
};

/** `USER [GROUP]`. */
export const userAndGroup: ValueType<{ readonly user: string; readonly group?: string }> = {
  form: "USER [GROUP]",
  schema: { type: "string" },
  splits: true,
  read: (statement, report) => {
    const [user, group] = statement.args;
    if (user === undefined) return rejectMissing(statement, "a user", report);
    rejectExtra(statement, 2, report);
    return { user: user.text, ...(group === undefined ? {} : { group: group.text }) };
  },
  print: ({ user, group }) => [user, group].filter((text) => text !== undefined),
};

/** `NUMBER [reverse|noreverse]`, the number from `-limit` to `limit`. */
export function weight(limit: number): ValueType<Weight> {
  const rule = `must be a whole number from -${limit} to ${limit}`;
  return {
    form: "NUMBER [reverse|noreverse]",
    schema: {
      oneOf: [
        { type: "integer", minimum: -limit, maximum: limit },
        { type: "string", pattern: "^[+-]?\\d+ (no)?reverse$" },
      ],
    },
    splits: true,
    read: (statement, report) => {
      const [number, direction] = statement.args;
      if (number === undefined) return rejectMissing(statement, rule.replace("must be ", ""), report);
      const pattern = /^[+-]?\d{1,15}/;
      const value = readNumber(statement, number.text, { min: -limit, max: limit, rule, pattern }, report);
      if (direction !== undefined && !/^(no)?reverse$/.test(direction.text)) {
        reject(statement, "can be followed by `reverse` only", report, { at: 1 });
      }
      return value === undefined ? undefined : { weight: value, reverse: direction?.text === "reverse" };
    },
    print: ({ weight, reverse }) => [String(weight), ...(reverse ? ["reverse"] : [])],
  };
}

/** One or more words. */
export function words(form: string): ValueType<readonly string[]> {
  return {
    form,
    schema: { oneOf: [{ type: ["string", "number"] }, { type: "array", items: { type: ["string", "number"] } }] },
    splits: true,
    read: (statement, report) => {
      if (statement.args.length === 0) return rejectMissing(statement, "a value", report);
      return statement.args.map(({ text }) => text);
    },
    print: (value) => value,
  };
}

/** Any number of words, also none. */
export function optionalWords(form: string): ValueType<readonly string[]> {
  const type = words(form);
  return {
    ...type,
    form: `[${form}]`,
    schema: { oneOf: [{ type: "boolean" }, ...type.schema.oneOf as unknown[]] },
    read: ({ args }) => args.map(({ text }) => text),
  };
}

/**
 * One word that is known, or none.
 *
 * @param otherwise what keepalived makes of the keyword when another word follows: as if alone, or left out
 */
export function optionalWord(known: string, otherwise: "alone" | "left-out"): ValueType<readonly string[]> {
  return {
    ...optionalWords(known),
    read: (statement, report) => {
      const [word] = statement.args;
      if (word === undefined || word.text === known) return word === undefined ? [] : [known];
      reject(statement, `can be followed by \`${known}\` only`, report);
      return otherwise === "alone" ? [] : undefined;
    },
  };
}

/** A value, or the keyword alone for `bare`. */
export function optional<T>(type: ValueType<T>, bare: T): ValueType<T> {
  return {
    ...type,
    form: `[${type.form}]`,
    schema: { anyOf: [{ type: "boolean" }, type.schema] },
    read: (statement, report) => statement.args.length === 0 ? bare : type.read(statement, report),
    print: (value) => value === bare ? [] : type.print(value),
  };
}

/** Whole numbers within a range, at least one. */
export function integers(range: Range, form: string): ValueType<readonly number[]> {
  const rule = `must be whole numbers from ${range.min} to ${range.max}`;
  const item = { type: "integer", minimum: range.min, maximum: range.max };
  return {
    form,
    schema: { oneOf: [item, { type: "string" }, { type: "array", items: item, minItems: 1 }] },
    splits: true,
    read: (statement, report) => {
      if (statement.args.length === 0) return rejectMissing(statement, "a number", report);
      const numbers = statement.args.map(({ text }, at) =>
        readNumber(statement, text, { ...range, rule, pattern: /^[+-]?\d{1,15}/, at }, report)
      );
      return numbers.filter((number) => number !== undefined);
    },
    print: (value) => value.map(String),
  };
}

/** Words in pairs `NAME NUMBER`, each name at most once. */
export function namedNumbers(names: Readonly<Record<string, Range>>): ValueType<Readonly<Record<string, number>>> {
  const form = Object.keys(names).map((name) => `[${name} NUMBER]`).join(" ");
  return {
    form,
    schema: { type: "string" },
    splits: true,
    read: (statement, report) => {
      if (statement.args.length === 0) return rejectMissing(statement, `at least one of ${form}`, report);
      const values: Record<string, number> = {};
      for (let at = 0; at < statement.args.length; at += 2) {
        const name = statement.args[at]?.text ?? "";
        const range = Object.hasOwn(names, name) ? names[name] : undefined;
        if (range === undefined) return reject(statement, `takes ${form}`, report, { at });
        const rule = `needs a whole number from ${range.min} to ${range.max} behind \`${name}\``;
        const text = statement.args[at + 1]?.text ?? "";
        const value = readNumber(statement, text, { ...range, rule, pattern: /^[+-]?\d{1,15}/, at: at + 1 }, report);
        if (value !== undefined) values[name] = value;
      }
      return values;
    },
    print: (value) => Object.entries(value).flatMap(([name, number]) => [name, String(number)]),
  };
}

/** `HOST [PORT]`. */
export const mailServer: ValueType<{ readonly host: string; readonly port: number }> = {
  form: "HOST [PORT]",
  schema: { type: "string" },
  splits: true,
  read: (statement, report) => {
    const [host, port] = statement.args;
    if (host === undefined) return rejectMissing(statement, "a host", report);
    rejectExtra(statement, 2, report);
    if (parseIp(host.text) === undefined && !/^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?\.?$/.test(host.text)) {
      return reject(statement, "must be the name or address of a mail server", report);
    }
    const number = port === undefined ? 25 : readPort(statement, 1, report);
    return number === undefined ? undefined : { host: host.text, port: number };
  },
  print: ({ host, port }) => [host, ...(port === 25 ? [] : [String(port)])],
};

/** A port from 1 to 65535. */
export const port: ValueType<number> = integer({ min: 1, max: 65535 }, "PORT");

/** The port at a place among the words. */
export function readPort(statement: Statement, at: number, report: Report): number | undefined {
  const text = statement.args[at]?.text ?? "";
  const rule = "must have a port from 0 to 65535";
  return readNumber(statement, text, { min: 0, max: 65535, rule, pattern: /^[+-]?\d{1,15}/, at }, report);
}

/** A number that is reduced to the range instead of refused, with a message. */
export function clamped({ min, max }: Range): ValueType<number> {
  const type = integer({ min: -2_147_483_648, max: 2_147_483_647 });
  return {
    ...type,
    schema: { type: "integer", minimum: min, maximum: max },
    read: (statement, report) => {
      const value = type.read(statement, report);
      if (value === undefined || (value >= min && value <= max)) return value;
      const used = Math.min(max, Math.max(min, value));
      reject(statement, `must be from ${min} to ${max}, so ${used} is used`, report);
      return used;
    },
  };
}

const LINK_WORDS = new Set(["netlink_notify_msg", "group", "bridge", "private", "vepa", "name"]);

/** `use_vmac` and `use_ipvlan`: a name, where there is one, and options. */
export const virtualLink: ValueType<{ readonly name?: string; readonly options: readonly string[] }> = {
  form: "[INTERFACE] [OPTIONS]",
  schema: { oneOf: [{ type: "boolean" }, { type: "string" }] },
  splits: true,
  read: (statement, report) => {
    const [first, second, ...rest] = statement.args.map(({ text }) => text);
    if (first === undefined) return { options: [] };
    if (first === "name") {
      if (second === undefined) return rejectMissing(statement, "a name behind `name`", report);
      return { name: second, options: rest };
    }
    // `vrrp.51` is a name, too; what `use_ipvlan` can have in its place is an address.
    const isAddress = parseIp(first.replace(/\/\d+$/, "")) !== undefined || isMac(first);
    const isName = !LINK_WORDS.has(first) && !isAddress && isInterfaceName(first);
    const options = statement.args.map(({ text }) => text);
    const stranger = statement.args.find(({ text }, at) => (at > 0 || !isName) && !isLinkOption(text, options[at - 1]));
    if (stranger !== undefined) {
      report.add("invalid-value", stranger, `\`${stranger.text}\` is not an option of \`${statement.keyword.text}\``);
    }
    return isName ? { name: first, options: options.slice(1) } : { options };
  },
  print: ({ name, options }) => [...(name === undefined ? [] : [name]), ...options],
};

function isLinkOption(text: string, before: string | undefined): boolean {
  if (before === "group" || before === "name" || LINK_WORDS.has(text)) return true;
  return parseIp(text.replace(/\/\d+$/, "")) !== undefined || isMac(text);
}

function isMac(text: string): boolean {
  return /^([0-9a-f]{1,2}:){4,5}[0-9a-f]{1,2}$/i.test(text);
}

/** `[VALUE] [overwrite]`. */
export const initialFile: ValueType<{ readonly value: number; readonly overwrite: boolean }> = {
  form: "[NUMBER] [overwrite]",
  schema: { type: ["boolean", "integer", "string"] },
  splits: true,
  read: (statement, report) => {
    const overwrite = statement.args.some(({ text }) => text === "overwrite");
    const at = statement.args.findIndex(({ text }) => text !== "overwrite");
    const stranger = statement.args.findIndex(({ text }, index) => text !== "overwrite" && index !== at);
    if (stranger !== -1) reject(statement, "takes a number and `overwrite`", report, { at: stranger });
    if (at === -1) return { value: 0, overwrite };
    const rule = "must be a whole number";
    const limits = { min: -2_147_483_648, max: 2_147_483_647, rule, pattern: /^[+-]?\d{1,15}/, at };
    const value = readNumber(statement, statement.args[at]?.text ?? "", limits, report);
    return value === undefined ? undefined : { value, overwrite };
  },
  print: ({ value, overwrite }) => [String(value), ...(overwrite ? ["overwrite"] : [])],
};

/** A mask of permissions, as `umask` takes it. */
export const umask: ValueType<string> = {
  form: "NUMBER",
  schema: { type: ["string", "integer"] },
  read: (statement, report) => {
    const { args } = statement;
    if (args.length === 0) return rejectMissing(statement, "a number or names joined with `|`", report);
    const text = args.map((word) => word.text).join("");
    if (umaskOf(text) !== undefined) return text;
    return reject(statement, "must be a number up to 0777 or names joined with `|`, such as `IWGRP|IWOTH`", report);
  },
  print: (value) => [value],
};

/** Hexadecimal digits in pairs; `x` stands for any digit. */
export const hexadecimal: ValueType<string> = {
  form: "HEX",
  schema: { type: "string", pattern: "^([0-9a-fA-FxX\\s]*)$" },
  read: (statement, report) => {
    if (statement.args.length === 0) return rejectMissing(statement, "hexadecimal digits", report);
    const digits = statement.args.map(({ text }) => text).join("");
    if (/^([0-9a-fx]{2})+$/i.test(digits)) return digits.toLowerCase();
    return reject(statement, "must have hexadecimal digits in pairs", report);
  },
  print: (value) => value === "" ? [] : [value],
};
