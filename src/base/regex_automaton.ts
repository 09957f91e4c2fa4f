// A pattern as an automaton: its single steps, and the sets of them that a text leads to, kept once computed.
import { type CodeSet, contains, NEWLINE, rangesOf, WORD } from "./code_set.ts";
import type { Place, RegexNode } from "./regex_syntax.ts";

/** A pattern written out in single steps may have so many. */
export const MAX_INSTRUCTIONS = 2000;

/** One step of a pattern, by its number. `choice` goes on at both. */
type Instruction =
  | { readonly type: "set"; readonly set: CodeSet; next: number }
  | { readonly type: "place"; readonly place: Place; next: number }
  | { readonly type: "choice"; next: number; other: number }
  | { readonly type: "match" };

/** A pattern as steps (Thompson's construction). The first is `start`, the last made; 0 is the match. */
export class Program {
  readonly instructions: Instruction[] = [{ type: "match" }];
  readonly altCircumflex: boolean;
  start = 0;

  /** Has no steps yet but the match. @param altCircumflex `^` matches after a newline that is the end */
  constructor(altCircumflex: boolean) {
    this.altCircumflex = altCircumflex;
  }

  /** Writes the steps of a pattern. @returns false when it is too large */
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
export interface State {
  readonly threads: readonly number[];
  readonly before: Neighbour;
  /** By twice the class of the next character, plus 1 when a match may begin before it. */
  readonly next: (State | "matched" | undefined)[];
}

/** Kept at once; a text that needs more starts afresh. */
const MAX_STATES = 500;

/** The states of a pattern, made as texts need them; shared by all searches. */
export class Automaton {
  readonly #program: Program;
  /** First code of each class: codes of one class are alike to the pattern. */
  readonly #bounds: readonly number[];
  readonly #classOfByte = new Uint16Array(256);
  #states = new Map<string, State>();
  readonly #visited: Uint8Array;

  /** Makes no state yet. */
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

  /** Before the first character. */
  get start(): State {
    return this.#state([], EDGE);
  }

  /** The class of a character. */
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
