// Searches a text that comes in pieces for a PCRE2 pattern: in one pass, in bounded time and memory, whatever the text.
//
// JavaScript's RegExp would be shorter and is not used: a text made for it (and the text comes from the servers that are
// checked) keeps it busy for hours, and nothing can interrupt it. This is a set of states that goes along the text, each
// set and its transitions kept once computed. It tells only whether something matches, which makes greedy or lazy, and
// what groups capture, without meaning.
import { Automaton, MAX_INSTRUCTIONS, Program, type State } from "./regex_automaton.ts";
import { parseRegex, type RegexFlags } from "./regex_syntax.ts";
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
