// The console's menu as a state machine: keys in, orders out. Knows no terminal and carries nothing out.
import type { FirstFiles } from "./first_files.ts";
import { FIRST, type FirstState, firstStep } from "./first_start.ts";
import type { Key } from "./keys.ts";
import {
  isAsked,
  type NetworkField,
  networkFile,
  type NetworkSettings,
  problemOf,
  QUESTIONS,
} from "./network_settings.ts";

/** What the menu shows the output of. */
export type Diagnosis = "status" | "doctor" | "journal" | "network" | "update";

/** What is to be done. */
export type Order =
  | { readonly type: "diagnose"; readonly what: Diagnosis }
  | { readonly type: "set-network"; readonly settings: NetworkSettings }
  | { readonly type: "first-start"; readonly files: FirstFiles; readonly state: FirstState }
  | { readonly type: "restart" | "power-off" | "factory-reset" | "shell" };

/** What a person at the console sees and may do. */
export type View =
  | { readonly name: "summary" }
  | { readonly name: "menu" }
  | { readonly name: "diagnostics" }
  | {
    readonly name: "network";
    readonly answers: Partial<NetworkSettings>;
    readonly typed: string;
    readonly problem?: string;
  }
  /** The questions of a machine that finds no configuration. */
  | { readonly name: "first"; readonly state: FirstState; readonly typed: string }
  | {
    readonly name: "confirm";
    readonly order: Order;
    readonly word: string;
    readonly text: string;
    readonly typed: string;
  }
  | { readonly name: "text"; readonly title: string; readonly lines: readonly string[]; readonly top: number };

/** What the menu has to know of the machine. */
export interface Machine {
  /** Names of network cards. */
  readonly cards: readonly string[];
  /** The file `console_shell` is on HOLDFAST. */
  readonly mayShell: boolean;
  /** A configuration was found. */
  readonly isConfigured: boolean;
  /** Lines of text that fit on the screen. */
  readonly rows: number;
}

/** A key's consequence. */
export interface Step {
  readonly view: View;
  readonly order?: Order;
}

/** Width of a serial terminal, less the last column, where some begin a new line. */
export const COLUMNS = 79;
/** Longest answer: an IPv6 address with its prefix length is shorter. */
const MAX_TYPED = 64;
/** On the first start: a public key of ssh. */
const MAX_LINE = 1024;
const SUMMARY: View = { name: "summary" };
const MENU: View = { name: "menu" };
const FIRST_VIEW: View = { name: "first", state: FIRST, typed: "" };

/** The main menu: key, what it says. */
export const MENU_ENTRIES: readonly (readonly [key: Key, text: string])[] = [
  ["1", "Network settings"],
  ["2", "Diagnostics"],
  ["3", "Restart"],
  ["4", "Power off"],
  ["5", "Factory reset"],
  ["6", "Shell"],
  ["0", "Back"],
];

/** In the main menu as well, while nothing is configured. */
export const FIRST_ENTRY: readonly [key: Key, text: string] = ["7", "First start: questions that make a configuration"];

/** What a terminal shows first. */
export function firstView({ isConfigured }: Machine): View {
  return isConfigured ? SUMMARY : FIRST_VIEW;
}

/** The menu of diagnostics. */
export const DIAGNOSTICS: readonly (readonly [key: Key, text: string, what: Diagnosis])[] = [
  ["1", "Status: instances, virtual servers, warnings", "status"],
  ["2", "Doctor: what keeps the configuration from working", "doctor"],
  ["3", "Journal: the last lines, newest first", "journal"],
  ["4", "Network: links, addresses, routes", "network"],
  ["5", "Slots: which runs, which was healthy", "update"],
];

const NO_SHELL = [
  "There is no shell on the console unless the owner of the machine wants one:",
  "put a file console_shell, with anything in it, on the partition HOLDFAST.",
  "",
  "Over the network there is ssh, with a key in authorized_keys on HOLDFAST.",
];

/** The answer to a key. */
export function press(view: View, key: Key, machine: Machine): Step {
  switch (view.name) {
    case "summary":
      return { view: key === "enter" ? MENU : SUMMARY };
    case "menu":
      return choose(key, machine);
    case "diagnostics": {
      const entry = DIAGNOSTICS.find(([wanted]) => wanted === key);
      if (entry !== undefined) return { view, order: { type: "diagnose", what: entry[2] } };
      return { view: isBack(key) ? MENU : view };
    }
    case "network":
      return answer(view, key, machine);
    case "first":
      return line(view, key, machine);
    case "confirm":
      return confirm(view, key);
    case "text":
      return { view: page(view, key, machine.rows) };
    default:
      return view satisfies never;
  }
}

/** What an order had to say, its long lines broken. */
export function shown(title: string, text: string): View {
  const lines = text.trimEnd().split("\n").flatMap((line) => {
    const parts: string[] = [];
    for (let at = 0; at === 0 || at < line.length; at += COLUMNS) parts.push(line.slice(at, at + COLUMNS));
    return parts;
  });
  return { name: "text", title, lines, top: 0 };
}

/** The question that is open; undefined when all are answered. */
export function openQuestion(answers: Partial<NetworkSettings>): typeof QUESTIONS[number] | undefined {
  return QUESTIONS.find(({ field }) => answers[field] === undefined && isAsked(field, answers));
}

function choose(key: Key, { mayShell, isConfigured }: Machine): Step {
  switch (key) {
    case "1":
      return { view: { name: "network", answers: {}, typed: "" } };
    case "2":
      return { view: { name: "diagnostics" } };
    case "3":
      return {
        view: asking({ type: "restart" }, "yes", "The machine starts again; its addresses go to a peer first."),
      };
    case "4":
      return {
        view: asking({ type: "power-off" }, "yes", "The machine is switched off; its addresses go to a peer first."),
      };
    case "5":
      return {
        view: asking(
          { type: "factory-reset" },
          "erase",
          "Erases the last good configuration, the ssh host key and all logs, and starts again. HOLDFAST stays.",
        ),
      };
    case "6":
      return mayShell ? { view: MENU, order: { type: "shell" } } : { view: shown("Shell", NO_SHELL.join("\n")) };
    case "7":
      return { view: isConfigured ? MENU : FIRST_VIEW };
    default:
      return { view: isBack(key) ? SUMMARY : MENU };
  }
}

function asking(order: Order, word: string, text: string): View {
  return { name: "confirm", order, word, text, typed: "" };
}

function confirm(view: View & { name: "confirm" }, key: Key): Step {
  if (key === "cancel") return { view: MENU };
  if (key !== "enter") return { view: { ...view, typed: edit(view.typed, key) } };
  // Whatever else was typed means no.
  return view.typed === view.word ? { view: MENU, order: view.order } : { view: MENU };
}

function answer(view: View & { name: "network" }, key: Key, { cards }: Machine): Step {
  if (key === "cancel") return { view: MENU };
  const { problem: _, ...rest } = view;
  if (key !== "enter") return { view: { ...rest, typed: edit(view.typed, key) } };
  const question = openQuestion(view.answers);
  if (question === undefined) return { view: MENU };
  const typed = question.field === "card" ? cardOf(view.typed, cards) : view.typed.trim();
  const problem = problemOf(question.field, typed, cards);
  if (problem !== undefined) return { view: { ...view, problem } };
  const answers = { ...view.answers, [question.field]: typed };
  if (openQuestion(answers) !== undefined) return { view: { name: "network", answers, typed: "" } };
  const settings = complete(answers);
  const text = `${networkFile(settings)}\nThis is written to HOLDFAST and used at once.`;
  return { view: asking({ type: "set-network", settings }, "yes", text) };
}

/** Keys make lines, and lines make the dialogue go on. */
function line(view: View & { name: "first" }, key: Key, machine: Machine): Step {
  if (key === "cancel") return { view: MENU };
  if (key !== "enter") return { view: { ...view, typed: edit(view.typed, key, MAX_LINE) } };
  const { state, write } = firstStep(view.state, view.typed, machine, machine.rows);
  const next: View = { name: "first", state, typed: "" };
  return write === undefined ? { view: next } : { view: next, order: { type: "first-start", files: write, state } };
}

/** A card may be chosen by its number in the list. */
function cardOf(typed: string, cards: readonly string[]): string {
  return /^\d$/.test(typed.trim()) ? cards[Number(typed) - 1] ?? typed : typed.trim();
}

function complete(answers: Partial<NetworkSettings>): NetworkSettings {
  const value = (field: NetworkField): string => answers[field] ?? "";
  return { card: value("card"), address: value("address"), gateway: value("gateway"), dns: value("dns") };
}

function page(view: View & { name: "text" }, key: Key, rows: number): View {
  const last = Math.max(0, view.lines.length - rows);
  if (key === " " || key === "enter") {
    return view.top >= last ? MENU : { ...view, top: Math.min(last, view.top + rows) };
  }
  if (key === "b") return { ...view, top: Math.max(0, view.top - rows) };
  return isBack(key) ? MENU : view;
}

function isBack(key: Key): boolean {
  return key === "0" || key === "q" || key === "cancel";
}

function edit(typed: string, key: Key, limit = MAX_TYPED): string {
  if (key === "backspace") return typed.slice(0, -1);
  return key.length === 1 && typed.length < limit ? typed + key : typed;
}
