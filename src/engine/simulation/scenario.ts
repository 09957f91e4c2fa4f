// The language of scenarios: text to steps, or to everything that is wrong with it. One step a line: when, who, what.
// docs/simulation.md is its manual.
import type { Diagnostic } from "../../config/diagnostic.ts";
import { nearMiss } from "../../config/near_miss.ts";

/** What a step does. Durations in microseconds. */
export type ScenarioAction =
  /** Power loss: nothing is said, nothing is left. */
  | { readonly type: "dies"; readonly node: string }
  /** The daemon ends in good order. */
  | { readonly type: "stops"; readonly node: string }
  | { readonly type: "returns"; readonly node: string }
  /** The vrrp role dies and is started again at once. */
  | { readonly type: "restarts"; readonly node: string }
  | { readonly type: "pauses"; readonly node: string; readonly durationUs: number }
  | { readonly type: "link"; readonly node: string; readonly device: string; readonly up: boolean }
  | { readonly type: "script"; readonly node: string; readonly name: string; readonly succeeds: boolean }
  /** Enough processes of a `vrrp_track_process` run, or too few. */
  | { readonly type: "process"; readonly node: string; readonly name: string; readonly runs: boolean }
  | { readonly type: "file"; readonly node: string; readonly name: string; readonly value: number }
  | { readonly type: "bfd"; readonly node: string; readonly name: string; readonly up: boolean }
  /** So many of its real servers are up, the first ones; undefined: all. */
  | { readonly type: "virtual_server"; readonly node: string; readonly name: string; readonly servers?: number }
  /** A gateway does not answer, another witness cannot be asked; or does, or can be, again. */
  | { readonly type: "witness"; readonly node: string; readonly name: string; readonly lost: boolean }
  /** What the script of `fencing` says each time that it runs. */
  | { readonly type: "fencing"; readonly node: string; readonly succeeds: boolean }
  /** Somebody else removes an address. */
  | { readonly type: "loses"; readonly node: string; readonly address: string }
  /** `holdfast failover`: the instance or sync group resigns, and is held. */
  | { readonly type: "failover"; readonly node: string; readonly name: string; readonly force: boolean }
  /** `holdfast hold`. */
  | { readonly type: "hold"; readonly node: string; readonly name: string }
  /** All that operators said is taken back. */
  | { readonly type: "release"; readonly node: string }
  /** `holdfast priority`. */
  | { readonly type: "priority"; readonly node: string; readonly name: string; readonly value: number }
  | { readonly type: "reload"; readonly node: string; readonly file: string }
  /** Nothing passes from one to the other; `device` as the first one calls it, undefined: on all links. */
  | { readonly type: "cut"; readonly from: string; readonly to: string; readonly device?: string }
  | { readonly type: "partition" }
  | { readonly type: "heal" }
  | { readonly type: "loss"; readonly probability: number }
  | { readonly type: "delay"; readonly durationUs: number }
  | { readonly type: "end" };

/** One step. */
export interface ScenarioStep {
  readonly atUs: number;
  readonly action: ScenarioAction;
  /** What was written, without the time. */
  readonly text: string;
  readonly line: number;
}

/** What may be named. */
export interface ScenarioNode {
  readonly name: string;
  readonly instances: readonly string[];
  readonly syncGroups: readonly string[];
  readonly interfaces: readonly string[];
  readonly scripts: readonly string[];
  readonly processes: readonly string[];
  readonly files: readonly string[];
  readonly bfd: readonly string[];
  readonly virtualServers: readonly string[];
  readonly witnesses: readonly string[];
  /** It has `fencing`. */
  readonly fences: boolean;
  readonly addresses: readonly string[];
}

/** A scenario, or what is wrong with it. */
export interface Scenario {
  readonly steps: readonly ScenarioStep[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Longest time in a scenario. */
const MAX_US = 24 * 3600 * 1_000_000;
const UNITS: Readonly<Record<string, number>> = { us: 1, ms: 1000, s: 1_000_000, m: 60_000_000, h: 3_600_000_000 };
const NODE_ACTIONS = [
  "dies",
  "stops",
  "returns",
  "restarts",
  "pauses",
  "link",
  "script",
  "process",
  "file",
  "bfd",
  "virtual_server",
  "witness",
  "fencing",
  "loses",
  "failover",
  "hold",
  "release",
  "priority",
  "reload",
] as const;
const OTHER_ACTIONS = ["cut", "partition", "heal", "loss", "delay", "end"] as const;

interface Word {
  readonly text: string;
  readonly column: number;
}

/** Reads a scenario. Reports everything, not the first; never throws. @param file its name, as messages show it */
export function readScenario(file: string, text: string, nodes: readonly ScenarioNode[]): Scenario {
  const steps: ScenarioStep[] = [];
  const diagnostics: Diagnostic[] = [];
  let lastUs = 0;
  for (const [index, whole] of text.split("\n").entries()) {
    const line = whole.replace(/#.*$/, "");
    for (const { text: part, column } of parts(line)) {
      try {
        const step = readStep(wordsOf(part, column), nodes, lastUs, index + 1);
        steps.push({ ...step, text: part.trim().replace(/^\S+\s+/, "").replace(/\s+/g, " "), line: index + 1 });
        lastUs = step.atUs;
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        const location = { file, line: index + 1, column: error.word.column, length: error.word.text.length || 1 };
        const help = error.help === undefined ? {} : { help: error.help };
        diagnostics.push({
          severity: "error",
          code: "wrong-scenario",
          message: error.message,
          location,
          related: [],
          ...help,
        });
      }
    }
  }
  return { steps, diagnostics };
}

/** Something that can't be read; thrown within this file only. */
class Problem extends Error {
  constructor(readonly word: Word, message: string, readonly help?: string) {
    super(message);
  }
}

/** The steps of a line; `;` stands between them. */
function* parts(line: string): Generator<Word> {
  for (const match of line.matchAll(/[^;]+/g)) {
    if (match[0].trim() !== "") yield { text: match[0], column: match.index + 1 };
  }
}

function wordsOf(text: string, column: number): Word[] {
  return [...text.matchAll(/\S+/g)].map((match) => ({ text: match[0], column: column + match.index }));
}

/** Takes words one after the other. */
class Words {
  readonly #words: readonly Word[];
  #at = 0;

  constructor(words: readonly Word[]) {
    this.#words = words;
  }

  /** @param what is expected, for who finds nothing */
  next(what: string): Word {
    const word = this.#words[this.#at];
    if (word !== undefined) {
      this.#at++;
      return word;
    }
    const last = this.#words.at(-1) ?? { text: "", column: 1 };
    throw new Problem({ text: "", column: last.column + last.text.length }, `${what} is missing here`);
  }

  peek(): string | undefined {
    return this.#words[this.#at]?.text;
  }

  end(): void {
    const word = this.#words[this.#at];
    if (word !== undefined) throw new Problem(word, `nothing may follow here, but there is \`${word.text}\``);
  }
}

function readStep(
  list: readonly Word[],
  nodes: readonly ScenarioNode[],
  lastUs: number,
  line: number,
): Omit<ScenarioStep, "text"> {
  const words = new Words(list);
  const time = words.next("a time such as `3s`");
  const isRelative = time.text.startsWith("+");
  const value = durationOf({ ...time, text: time.text.replace(/^\+/, "") }, "a step begins with its time");
  const atUs = isRelative ? lastUs + value : value;
  if (atUs < lastUs) throw new Problem(time, `\`${time.text}\` is before the step above, at ${lastUs / 1e6}s`);
  if (atUs > MAX_US) throw new Problem(time, "a scenario ends after 24h at the latest");
  const action = readAction(words, nodes);
  words.end();
  return { atUs, action, line };
}

function readAction(words: Words, nodes: readonly ScenarioNode[]): ScenarioAction {
  const word = words.next("what happens");
  const node = nodes.find(({ name }) => name === word.text);
  if (node !== undefined) return readNodeAction(words, node);
  switch (word.text) {
    case "partition":
    case "heal":
    case "end":
      return { type: word.text };
    case "cut":
      return readCut(words, nodes);
    case "loss":
      return { type: "loss", probability: percentOf(words.next("how much, such as `30%`")) };
    case "delay":
      return { type: "delay", durationUs: durationOf(words.next("how long, such as `20ms`"), "that is no duration") };
    default: {
      const names = nodes.map(({ name }) => `\`${name}\``).join(", ");
      const known = nearMiss(word.text, OTHER_ACTIONS);
      const help = known === undefined ? `nodes: ${names}; without a node: ${list(OTHER_ACTIONS)}` : meant(known);
      throw new Problem(word, `\`${word.text}\` is neither a node nor something that happens`, help);
    }
  }
}

function readNodeAction(words: Words, { name: node, ...known }: ScenarioNode): ScenarioAction {
  const word = words.next(`what happens to \`${node}\``);
  switch (word.text) {
    case "dies":
    case "stops":
    case "returns":
    case "restarts":
    case "release":
      return { type: word.text, node };
    case "pauses": {
      const duration = words.next("how long, such as `5s`");
      return { type: "pauses", node, durationUs: durationOf(duration, "that is no duration") };
    }
    case "link": {
      const device = oneOf(
        words.next("an interface"),
        known.interfaces,
        `an interface in the configuration of ${node}`,
      );
      return { type: "link", node, device, up: choice(words.next("`up` or `down`"), "up", "down") };
    }
    case "script": {
      const name = oneOf(words.next("a script"), known.scripts, `a tracked script of ${node}`);
      return { type: "script", node, name, succeeds: choice(words.next("`succeeds` or `fails`"), "succeeds", "fails") };
    }
    case "process": {
      const name = oneOf(words.next("a process"), known.processes, `a tracked process of ${node}`);
      return { type: "process", node, name, runs: choice(words.next("`runs` or `ends`"), "runs", "ends") };
    }
    case "file": {
      const name = oneOf(words.next("a file"), known.files, `a tracked file of ${node}`);
      return { type: "file", node, name, value: integerOf(words.next("a number")) };
    }
    case "bfd": {
      const name = oneOf(words.next("a BFD session"), known.bfd, `a tracked BFD session of ${node}`);
      return { type: "bfd", node, name, up: choice(words.next("`up` or `down`"), "up", "down") };
    }
    case "virtual_server": {
      const name = nameOf(words, known.virtualServers, "a virtual server", `a tracked virtual server of ${node}`);
      const state = words.next("`up`, `down` or how many of its servers are up");
      if (state.text === "up") return { type: "virtual_server", node, name };
      const servers = state.text === "down" ? 0 : integerOf(state, [0, 999_999]);
      return { type: "virtual_server", node, name, servers };
    }
    case "witness": {
      const name = nameOf(words, known.witnesses, "a witness", `a witness of ${node}`);
      return { type: "witness", node, name, lost: choice(words.next("`lost` or `back`"), "lost", "back") };
    }
    case "fencing":
      if (!known.fences) throw new Problem(word, `\`${node}\` has no \`fencing\` in its configuration`);
      return { type: "fencing", node, succeeds: choice(words.next("`succeeds` or `fails`"), "succeeds", "fails") };
    case "failover":
    case "hold": {
      const names = [...known.instances, ...known.syncGroups];
      const name = oneOf(words.next("an instance"), names, `an instance or sync group of ${node}`);
      if (word.text === "hold") return { type: "hold", node, name };
      const force = words.peek() === "--force";
      if (force) words.next("");
      return { type: "failover", node, name, force };
    }
    case "priority": {
      const name = oneOf(words.next("an instance"), known.instances, `an instance of ${node}`);
      return { type: "priority", node, name, value: integerOf(words.next("1 to 254"), [1, 254]) };
    }
    case "loses":
      return {
        type: "loses",
        node,
        address: oneOf(words.next("an address"), known.addresses, `an address of ${node}`),
      };
    case "reload":
      return { type: "reload", node, file: words.next("a configuration file").text };
    default: {
      const near = nearMiss(word.text, NODE_ACTIONS);
      const help = near === undefined ? `a node ${list(NODE_ACTIONS)}` : meant(near);
      throw new Problem(word, `\`${word.text}\` is nothing that happens to a node`, help);
    }
  }
}

function readCut(words: Words, nodes: readonly ScenarioNode[]): ScenarioAction {
  const names = nodes.map(({ name }) => name);
  const from = oneOf(words.next("who is not heard"), names, "a node");
  const other = words.next("who does not hear");
  const to = oneOf(other, names, "a node");
  if (from === to) throw new Problem(other, "a node always hears itself");
  if (words.peek() === undefined) return { type: "cut", from, to };
  const interfaces = nodes.find(({ name }) => name === from)?.interfaces ?? [];
  return { type: "cut", from, to, device: oneOf(words.next("an interface"), interfaces, `an interface of ${from}`) };
}

/** A name of as many words as the known one that begins like it, as `gateway 192.0.2.1`. */
function nameOf(words: Words, known: readonly string[], expected: string, what: string): string {
  const first = words.next(expected);
  const alike = known.find((name) => name.split(" ")[0] === first.text) ?? first.text;
  let { text } = first;
  for (let left = alike.split(" ").length - 1; left > 0 && words.peek() !== undefined; left--) {
    text += ` ${words.next("").text}`;
  }
  return oneOf({ ...first, text }, known, what);
}

function oneOf(word: Word, known: readonly string[], what: string): string {
  if (known.includes(word.text)) return word.text;
  const near = nearMiss(word.text, known);
  const help = near === undefined ? (known.length === 0 ? "there is none" : `known: ${known.join(", ")}`) : meant(near);
  throw new Problem(word, `\`${word.text}\` is not ${what}`, help);
}

function choice(word: Word, yes: string, no: string): boolean {
  if (word.text === yes || word.text === no) return word.text === yes;
  throw new Problem(word, `\`${word.text}\` is neither \`${yes}\` nor \`${no}\``);
}

function durationOf(word: Word, complaint: string): number {
  const match = word.text.match(/^(\d+(?:\.\d+)?)(us|ms|s|m|h)$/);
  const unit = UNITS[match?.[2] ?? ""];
  if (match === null || unit === undefined) {
    throw new Problem(word, `${complaint}: \`${word.text}\``, "write 250ms, 3s, 1.5s, 2m or 1h");
  }
  return Math.round(Number(match[1]) * unit);
}

function percentOf(word: Word): number {
  const match = word.text.match(/^(\d+(?:\.\d+)?)%$/);
  const value = Number(match?.[1]);
  if (match === null || value > 100) throw new Problem(word, `\`${word.text}\` is not a percentage from 0% to 100%`);
  return value / 100;
}

function integerOf(word: Word, [least, most] = [-999_999_999, 999_999_999]): number {
  const value = Number(word.text);
  if (/^-?\d{1,9}$/.test(word.text) && value >= least && value <= most) return value;
  const range = most === 254 ? ` from ${least} to ${most}` : "";
  throw new Problem(word, `\`${word.text}\` is not a whole number${range}`);
}

function meant(word: string): string {
  return `did you mean \`${word}\`?`;
}

function list(words: readonly string[]): string {
  return words.map((word) => `\`${word}\``).join(", ");
}
