// Brings the comments of a file over to the statements that are written in its place.
import type { Printed } from "./fields.ts";
import type { Comments, Statement } from "./statement.ts";

/** A statement to be written, with its comments. */
export interface Commented {
  readonly keyword: string;
  readonly words: readonly string[];
  readonly block?: readonly Commented[];
  readonly comments?: Comments;
}

/** Keywords with several spellings: a comment stays with what it is about. */
const SAME: Readonly<Record<string, string>> = {
  lb_algo: "lvs_sched",
  lb_kind: "lvs_method",
  nb_get_retry: "retry",
  unicast_src_ip: "mcast_src_ip",
  vrrp_track_file: "track_file",
  neighbour_ip: "neighbor_ip",
};

/**
 * Each comment goes to the statement of the same keyword and first word, in order; one whose statement is not written goes
 * to the next that is.
 */
export function withComments(printed: readonly Printed[], original: readonly Statement[]): Commented[] {
  const waiting = new Map<string, Statement[]>();
  for (const statement of original) {
    const key = keyOf(statement.keyword.text, statement.args.map(({ text }) => text));
    waiting.set(key, [...waiting.get(key) ?? [], statement]);
  }
  const matches = new Map(
    printed.map((statement) => [statement, waiting.get(keyOf(statement.keyword, statement.words))?.shift()]),
  );
  const written = new Set(matches.values());
  const orphans = orphansByNext(original, written);
  return printed.map((statement) => {
    const match = matches.get(statement);
    const comments = match && joined(orphans.get(match) ?? [], match.comments);
    const block = statement.block && withComments(statement.block, match?.block?.statements ?? []);
    return {
      keyword: statement.keyword,
      words: statement.words,
      ...(block === undefined ? {} : { block }),
      ...(comments === undefined ? {} : { comments }),
    };
  });
}

function keyOf(keyword: string, words: readonly string[]): string {
  const name = SAME[keyword] ?? keyword;
  const isNamed = /^(vrrp_|virtual_server|real_server|bfd_|track_)/.test(name);
  return isNamed ? `${name} ${words.slice(0, 2).join(" ")}` : name;
}

/** Comments of statements that are not written, by the next one that is. */
function orphansByNext(
  original: readonly Statement[],
  written: ReadonlySet<Statement | undefined>,
): Map<Statement, string[]> {
  const orphans = new Map<Statement, string[]>();
  let lines: string[] = [];
  for (const statement of original) {
    if (written.has(statement)) {
      if (lines.length > 0) orphans.set(statement, lines);
      lines = [];
    } else {lines.push(
        ...statement.comments?.above ?? [],
        ...(statement.comments?.beside ? [statement.comments.beside] : []),
      );}
  }
  return orphans;
}

function joined(above: readonly string[], own: Comments | undefined): Comments | undefined {
  if (above.length === 0) return own;
  return { ...own, above: [...above, ...own?.above ?? []] };
}
