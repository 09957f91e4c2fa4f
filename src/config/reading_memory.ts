// Reads a configuration again that was read before: virtual servers whose lines are the same as then are not read again, since of
// thousands a reload changes few. What comes of it is what reading all of it would give; where that is in doubt, all of it is read.
import { lineStarts } from "../base/line_starts.ts";
import type { VirtualServer } from "./config.ts";
import type { Diagnostic } from "./diagnostic.ts";
import { loadConfig, type LoadInput, type LoadResult } from "./load.ts";
import { isYaml } from "./yaml_shape.ts";

/** A virtual server as it was read, and the lines that it stands in, from 1. */
export interface PlacedServer {
  readonly server: VirtualServer;
  readonly from: number;
  readonly to: number;
}

/** Lines that need not be read, and what they say. */
export interface KnownLines {
  /** The first of them, from 1. */
  readonly from: number;
  readonly servers: readonly PlacedServer[];
}

/** A text of which a part is known. */
export interface PartlyKnown {
  /** The rest of it. */
  readonly text: string;
  readonly known: readonly KnownLines[];
}

interface Read {
  readonly path: string;
  readonly text: string;
  readonly servers: readonly PlacedServer[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Conditions, definitions, repetitions and other files: what a line says may depend on others. */
const DEPENDS = /[@$~\uFEFF]|^[ \t{]*include/m;
/** What is looked for on this machine may have come or gone (`check_scripts.ts`). */
const HAS_COMMANDS = /script|misc_path|notify|quorum_(?:up|down)|\buser\b/;

/** Remembers what was read last. Use: `load()` in place of `loadConfig()`. */
export class ReadingMemory {
  #last: Read | undefined;

  /** As `loadConfig()`; of virtual servers that were read before, the places may be those of then. */
  load(input: LoadInput): LoadResult {
    const isPlain = !isYaml(input.path) && !DEPENDS.test(input.text);
    const part = isPlain && this.#last?.path === input.path ? partOf(this.#last, input.text) : undefined;
    const quick = part && loadConfig({ ...input, part });
    const result = quick !== undefined && isCertain(quick) ? quick : loadConfig(input);
    const { config, servers, diagnostics } = result;
    if (config !== undefined) {
      this.#last = isPlain ? { path: input.path, text: input.text, servers, diagnostics } : undefined;
    }
    return result;
  }
}

/** What is said of places is right: nothing is said, or all virtual servers stand where they were read. */
function isCertain({ config, diagnostics, servers }: LoadResult): boolean {
  if (config === undefined) return false;
  return diagnostics.length === 0 || servers.every(({ server, from }) => server.location.line === from);
}

/** What another text has of one that was read; undefined: nothing. */
export function partOf({ text: before, servers, diagnostics, path }: Read, after: string): PartlyKnown | undefined {
  const same = Math.min(before.length, after.length);
  const shift = after.length - before.length;
  const head = commonLength(same, (from, to) => before.slice(from, to) === after.slice(from, to));
  const tail = commonLength(same - head, (from, to) => {
    return before.slice(before.length - to, before.length - from) ===
      after.slice(after.length - to, after.length - from);
  });
  const starts = lineStarts(before);
  const pieces: string[] = [];
  const known: { from: number; servers: PlacedServer[] }[] = [];
  const judged = new Set(
    diagnostics.filter(({ location }) => location.file === path).map(({ location }) => location.line),
  );
  let done = 0; // of `after`
  let line = 1; // the one that begins there
  for (const place of servers) {
    const [start, end] = [starts[place.from - 1] ?? Infinity, starts[place.to] ?? Infinity];
    const offset = end <= head ? 0 : start > before.length - tail ? shift : undefined;
    if (offset === undefined || end === Infinity || !isAlone(before.slice(start, end))) continue;
    if (judged.size > 0 && isJudged(place, judged)) continue;
    const gap = after.slice(done, start + offset);
    if (gap !== "") {
      pieces.push(gap);
      line += lineStarts(gap).length - 1;
    }
    const last = known.at(-1);
    const moved = { server: place.server, from: line, to: line + place.to - place.from };
    if (gap === "" && last !== undefined) last.servers.push(moved);
    else known.push({ from: line, servers: [moved] });
    line = moved.to + 1;
    done = end + offset;
  }
  if (known.length === 0) return undefined;
  pieces.push(after.slice(done));
  return { text: pieces.join(""), known };
}

/** How long two texts are the same. @param isSame whether they are between two places, of which all before is the same */
function commonLength(most: number, isSame: (from: number, to: number) => boolean): number {
  let [known, end] = [0, most];
  while (known < end) {
    const middle = Math.ceil((known + end) / 2);
    if (isSame(known, middle)) known = middle;
    else end = middle - 1;
  }
  return known;
}

/** Nothing else stands in its lines, nor does it ask for anything of this machine. */
function isAlone(lines: string): boolean {
  return lines.startsWith("virtual_server ") && /\n\}[ \t\r]*\n$/.test(lines.slice(-8)) && !HAS_COMMANDS.test(lines);
}

function isJudged({ from, to }: PlacedServer, lines: ReadonlySet<number>): boolean {
  for (const line of lines) if (line >= from && line <= to) return true;
  return false;
}
