// Searches a text that comes in pieces for a PCRE2 pattern: in one pass, in bounded time and memory, whatever the text.
//
// JavaScript's RegExp would be shorter and is not used: a text made for it (and the text comes from the servers that are
// checked) keeps it busy for hours, and nothing can interrupt it. This is a set of states that goes along the text, each
// set and its transitions kept once computed. It tells only whether something matches, which makes greedy or lazy, and
// what groups capture, without meaning.
import { type CodeSet, contains, NEWLINE, rangesOf, WORD } from "./code_set.ts";
import { parseRegex, type Place, type RegexFlags, type RegexNode } from "./regex_syntax.ts";
import type { Result } from "./result.ts";

/** Where a match may begin, offsets in bytes, both inclusive. */
export interface SearchWindow {
  readonly minOffset?: number;
  readonly maxOffset?: number;
}

/** A pattern that can be carried out. Texts are searched with `search`. */
export interface Regex {
  /** Starts to search one text. */
  search(window?: SearchWindow): RegexSearch;
}

/** Options that change what matches, and those that only change speed or captures, by keepalived's words. */
const FLAG_OPTIONS: Readonly<Record<string, keyof RegexFlags>> = {
  allow_empty_class: "allowEmptyClass",
  caseless: "caseless",
  dollar_endonly: "dollarEndOnly",
  dotall: "dotall",
  extended: "extended",
  multiline: "multiline",
  utf: "utf",
};
const IDLE_OPTIONS: ReadonlySet<string> = new Set([
  "alt_verbnames",
  "auto_callout",
  "dupnames",
  "match_unset_backref",
  "never_backslash_c",
  "never_ucp",
  "never_utf",
  "no_auto_capture",
  "no_auto_possess",
  "no_dotstar_anchor",
  "no_start_optimize",
  "ungreedy",
  "use_offset_limit",
]);

/**
 * Compiles a pattern.
 *
 * @param options keepalived's `regex_options`. Carried out: allow_empty_class, caseless (ASCII; with `utf` beyond),
 *   dollar_endonly, dotall, extended, firstline, multiline, alt_circumflex, utf. Without effect on whether something
 *   matches: ungreedy, no_auto_capture and the like. Refused: ucp, alt_bsux, words that are not known
 * @returns a reason that completes "the pattern ..."
 */
export function compileRegex(pattern: string, options: readonly string[] = []): Result<Regex, string> {
  const flags: Record<keyof RegexFlags, boolean> = {
    allowEmptyClass: false,
    caseless: false,
    dollarEndOnly: false,
    dotall: false,
    extended: false,
    multiline: false,
    utf: false,
  };
  let firstLine = false;
  let altCircumflex = false;
  for (const option of options) {
    const flag = Object.hasOwn(FLAG_OPTIONS, option) ? FLAG_OPTIONS[option] : undefined;
    if (flag !== undefined) flags[flag] = true;
    else if (option === "firstline") firstLine = true;
    else if (option === "alt_circumflex") altCircumflex = true;
    else if (!IDLE_OPTIONS.has(option)) {
      return { ok: false, reason: `has the option \`${option}\`, which is not supported` };
    }
  }
  const tree = parseRegex(pattern, flags);
  if (!tree.ok) return tree;
  const program = new Program(altCircumflex);
  if (!program.emit(tree.value)) return { ok: false, reason: `is too large: over ${MAX_INSTRUCTIONS} steps` };
  const automaton = new Automaton(program);
  return {
    ok: true,
    value: { search: (window = {}) => new RegexSearch(automaton, window, { firstLine, utf: flags.utf }) },
  };
}

/** A pattern written out in single steps may have so many. */
const MAX_INSTRUCTIONS = 2000;

/** One step of a pattern, by its number. `choice` goes on at both. */
type Instruction =
  | { readonly type: "set"; readonly set: CodeSet; next: number }
  | { readonly type: "place"; readonly place: Place; next: number }
  | { readonly type: "choice"; next: number; other: number }
  | { readonly type: "match" };

/** A pattern as steps (Thompson's construction). The first is `start`, the last made; 0 is the match. */
class Program {
  readonly instructions: Instruction[] = [{ type: "match" }];
  readonly altCircumflex: boolean;
  start = 0;

  constructor(altCircumflex: boolean) {
    this.altCircumflex = altCircumflex;
  }

  /** @returns false when the pattern is too large */
  emit(node: RegexNode): boolean {
    const start = this.#emit(node, 0);
    this.start = start ?? 0;
    return start !== undefined;
  }

  /** Writes the steps of a node that goes on at `next`. @returns the first of them */
  #emit(node: RegexNode, next: number): number | undefined {
    switch (node.type) {
      case "set":
        return this.#add({ type: "set", set: node.set, next });
      case "place":
        return this.#add({ type: "place", place: node.place, next });
      case "sequence": {
        let start: number | undefined = next;
        for (const part of node.nodes.toReversed()) start = start === undefined ? undefined : this.#emit(part, start);
        return start;
      }
      case "choice": {
        const starts = node.nodes.map((part) => this.#emit(part, next));
        return starts.reduce((other, first) => {
          return other === undefined || first === undefined
            ? undefined
            : this.#add({ type: "choice", next: first, other });
        });
      }
      case "repeat":
        return this.#repeat(node, next);
      default:
        return node satisfies never;
    }
  }

  #repeat({ node, min, max }: RegexNode & { type: "repeat" }, next: number): number | undefined {
    let start: number | undefined = next;
    if (max === Infinity) {
      const loop: Instruction & { type: "choice" } = { type: "choice", next, other: next };
      start = this.#add(loop);
      const body = start === undefined ? undefined : this.#emit(node, start);
      if (body === undefined) return undefined;
      loop.next = body;
    } else {
      for (let count = min; count < max && start !== undefined; count++) {
        const body = this.#emit(node, start);
        start = body === undefined ? undefined : this.#add({ type: "choice", next: body, other: next });
      }
    }
    for (let count = 0; count < min && start !== undefined; count++) start = this.#emit(node, start);
    return start;
  }

  #add(instruction: Instruction): number | undefined {
    if (this.instructions.length >= MAX_INSTRUCTIONS) return undefined;
    return this.instructions.push(instruction) - 1;
  }
}

/** What stands before or after a place. */
interface Neighbour {
  readonly edge: boolean;
  readonly newline: boolean;
  readonly word: boolean;
}

const EDGE: Neighbour = { edge: true, newline: false, word: false };

// A thread is a step with a stage. `$` may stand before a newline that must turn out to be the end: a thread that passed
// there is PENDING until that newline, then LAST, and any further character ends it.
const ORDINARY = 0;
const PENDING = 1;
const LAST = 2;

/** Threads after a character, and where they lead. */
interface State {
  readonly threads: readonly number[];
  readonly before: Neighbour;
  /** By twice the class of the next character, plus 1 when a match may begin before it. */
  readonly next: (State | "matched" | undefined)[];
}

/** Kept at once; a text that needs more starts afresh. */
const MAX_STATES = 500;

/** The states of a pattern, made as texts need them; shared by all searches. */
class Automaton {
  readonly #program: Program;
  /** First code of each class: codes of one class are alike to the pattern. */
  readonly #bounds: readonly number[];
  readonly #classOfByte = new Uint16Array(256);
  #states = new Map<string, State>();
  readonly #visited: Uint8Array;

  constructor(program: Program) {
    this.#program = program;
    const sets = program.instructions.flatMap((instruction) => instruction.type === "set" ? [instruction.set] : []);
    const bounds = new Set([0]);
    for (const set of [...sets, NEWLINE, WORD]) {
      for (const [first, last] of rangesOf(set)) bounds.add(first).add(last + 1);
    }
    this.#bounds = [...bounds].sort((a, b) => a - b);
    for (let code = 0; code < 256; code++) this.#classOfByte[code] = this.#findClass(code);
    this.#visited = new Uint8Array(3 * program.instructions.length);
  }

  get start(): State {
    return this.#state([], EDGE);
  }

  classOf(code: number): number {
    return code < 256 ? this.#classOfByte[code] as number : this.#findClass(code);
  }

  /** Goes on by a character of `characterClass`. @param begin a match may begin before it */
  step(state: State, characterClass: number, begin: boolean): State | "matched" {
    const code = this.#bounds[characterClass] as number;
    const after: Neighbour = { edge: false, newline: contains(NEWLINE, code), word: contains(WORD, code) };
    const threads = new Set<number>();
    const matched = this.#close(state, begin, after, (at, stage) => {
      const instruction = this.#program.instructions[at] as Instruction;
      if (stage === LAST) return false;
      if (instruction.type === "match") {
        if (stage === ORDINARY) return true;
        threads.add(this.#thread(at, LAST));
      } else if (instruction.type === "set" && contains(instruction.set, code)) {
        threads.add(this.#thread(instruction.next, stage === PENDING ? LAST : ORDINARY));
      }
      return false;
    });
    return matched ? "matched" : this.#state([...threads].sort((a, b) => a - b), after);
  }

  /** Whether the text, ending here, matches. */
  matchesAtEnd(state: State, begin: boolean): boolean {
    return this.#close(state, begin, EDGE, (at) => this.#program.instructions[at]?.type === "match");
  }

  /** How much work one step may be. */
  get size(): number {
    return this.#program.instructions.length;
  }

  /** Follows all threads to where they need a character, or match. @returns whether `arrive` said so of one */
  #close(state: State, begin: boolean, after: Neighbour, arrive: (at: number, stage: number) => boolean): boolean {
    const pending = [...state.threads];
    if (begin) pending.push(this.#thread(this.#program.start, ORDINARY));
    this.#visited.fill(0);
    for (let thread = pending.pop(); thread !== undefined; thread = pending.pop()) {
      if (this.#visited[thread] === 1) continue;
      this.#visited[thread] = 1;
      const stage = Math.floor(thread / this.#program.instructions.length);
      const at = thread % this.#program.instructions.length;
      const instruction = this.#program.instructions[at] as Instruction;
      if (instruction.type === "choice") {
        pending.push(this.#thread(instruction.next, stage), this.#thread(instruction.other, stage));
      } else if (instruction.type === "place") {
        const { place, next } = instruction;
        if (this.#holds(place, state.before, after)) pending.push(this.#thread(next, stage));
        else if (place === "final" && after.newline) pending.push(this.#thread(next, Math.max(stage, PENDING)));
      } else if (arrive(at, stage)) return true;
    }
    return false;
  }

  #holds(place: Place, before: Neighbour, after: Neighbour): boolean {
    switch (place) {
      case "start":
        return before.edge;
      case "end":
      case "final":
        return after.edge;
      case "line-start":
        return before.edge || (before.newline && (this.#program.altCircumflex || !after.edge));
      case "line-end":
        return after.edge || after.newline;
      case "boundary":
        return before.word !== after.word;
      case "no-boundary":
        return before.word === after.word;
      case "no-newline":
        return !after.newline;
      default:
        return place satisfies never;
    }
  }

  #thread(at: number, stage: number): number {
    return stage * this.#program.instructions.length + at;
  }

  #state(threads: readonly number[], before: Neighbour): State {
    const key = `${before.edge ? "e" : before.newline ? "n" : before.word ? "w" : ""}${threads.join()}`;
    const known = this.#states.get(key);
    if (known !== undefined) return known;
    // States that are dropped live on only in the searches that stand in them.
    if (this.#states.size >= MAX_STATES) this.#forget();
    const state: State = { threads, before, next: [] };
    this.#states.set(key, state);
    return state;
  }

  #forget(): void {
    for (const state of this.#states.values()) state.next.length = 0;
    this.#states = new Map();
  }

  #findClass(code: number): number {
    let low = 0;
    let high = this.#bounds.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#bounds[middle] as number) <= code) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

/** A search gives up after computing so many transitions times the size of the pattern: about a quarter of a second. */
const MAX_WORK = 5_000_000;

/** How a search of one text stands. `open`: more of the text is needed. `invalid`: not UTF-8, though it should be. */
export type SearchState = "open" | "matched" | "unmatched" | "invalid" | "too-much-work";

/** One text being searched. */
export class RegexSearch {
  readonly #automaton: Automaton;
  readonly #minOffset: number;
  readonly #maxOffset: number;
  readonly #firstLine: boolean;
  readonly #decoder: TextDecoder | undefined;
  #current: State;
  #offset = 0;
  #lineEnded = false;
  #work = 0;
  #state: SearchState = "open";

  /** Made by `Regex.search`. */
  constructor(automaton: Automaton, window: SearchWindow, options: { firstLine: boolean; utf: boolean }) {
    this.#automaton = automaton;
    this.#minOffset = window.minOffset ?? 0;
    this.#maxOffset = window.maxOffset ?? Infinity;
    this.#firstLine = options.firstLine;
    this.#decoder = options.utf ? new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }) : undefined;
    this.#current = automaton.start;
  }

  /** How it stands. Once it is not `open`, nothing changes it. */
  get state(): SearchState {
    return this.#state;
  }

  /** Takes the next bytes of the text. */
  push(bytes: Uint8Array): SearchState {
    if (this.#decoder === undefined) {
      for (let at = 0; at < bytes.length && this.#state === "open"; at++) this.#step(bytes[at] as number, 1);
    } else {
      this.#decode(bytes, true);
    }
    return this.#state;
  }

  /** The text ends here. Never `open`. */
  end(): SearchState {
    if (this.#decoder !== undefined) this.#decode(new Uint8Array(0), false);
    if (this.#state !== "open") return this.#state;
    return this.#state = this.#automaton.matchesAtEnd(this.#current, this.#mayBegin()) ? "matched" : "unmatched";
  }

  #decode(bytes: Uint8Array, stream: boolean): void {
    if (this.#state !== "open") return;
    let text: string;
    try {
      text = (this.#decoder as TextDecoder).decode(bytes, { stream });
    } catch {
      this.#state = "invalid";
      return;
    }
    for (const character of text) {
      const code = character.codePointAt(0) as number;
      this.#step(code, code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4);
      if (this.#state !== "open") return;
    }
  }

  #step(code: number, lengthBytes: number): void {
    const begin = this.#mayBegin();
    const current = this.#current;
    const characterClass = this.#automaton.classOf(code);
    const index = 2 * characterClass + (begin ? 1 : 0);
    const next = current.next[index] ?? this.#compute(current, characterClass, begin, index);
    this.#offset += lengthBytes;
    if (code === 0x0a) this.#lineEnded = true;
    if (next === "matched") {
      this.#state = "matched";
      return;
    }
    this.#current = next;
    const over = this.#offset > this.#maxOffset || (this.#firstLine && this.#lineEnded);
    if (over && next.threads.length === 0) this.#state = "unmatched";
    else if (this.#work > MAX_WORK) this.#state = "too-much-work";
  }

  #compute(current: State, characterClass: number, begin: boolean, index: number): State | "matched" {
    this.#work += this.#automaton.size;
    const next = this.#automaton.step(current, characterClass, begin);
    current.next[index] = next;
    return next;
  }

  #mayBegin(): boolean {
    return this.#offset >= this.#minOffset && this.#offset <= this.#maxOffset && !(this.#firstLine && this.#lineEnded);
  }
}
