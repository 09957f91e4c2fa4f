// Judges every keyword of a tree by the tables: unknown, old, without effect yet. Looks at no values.
import type { Report } from "./diagnostic.ts";
import { blocksWith, keywordIn, sectionOf, SECTIONS } from "./keywords.ts";
import { nearMiss } from "./near_miss.ts";
import { hasOwnKeywords, ownKeyword, ownKeywordsOf } from "./own_keywords.ts";
import type { Keyword } from "./section.ts";
import type { Block, Statement } from "./statement.ts";

/** Reports what will not happen. Inside a block that has no effect, only what keepalived would complain about. */
export function checkKeywords(block: Block, report: Report, isSkipped = false): void {
  for (const statement of block.statements) checkStatement(statement, report, isSkipped);
}

/** The same for one statement with its block. */
export function checkStatement(statement: Statement, report: Report, isSkipped = false): void {
  if (sectionOf(statement.section).values !== undefined) return rejectBlock(statement, report);
  const keyword = keywordIn(statement.section, statement.keyword.text);
  if (keyword === undefined) {
    const isOwn = ownKeyword(statement.section, statement.keyword.text) !== undefined && hasOwnKeywords(statement);
    if (!isOwn) return reportUnknown(statement, report);
    return statement.block === undefined ? undefined : checkKeywords(statement.block, report, isSkipped);
  }
  if (keyword.use !== undefined) reportOld(statement, keyword.use, report);
  if (!isSkipped) checkEffect(statement, keyword, report);
  if (statement.block === undefined) return;
  if (keyword.opens === undefined) {
    const name = statement.keyword.text;
    return report.add("unexpected-block", statement.keyword, `\`${name}\` has no block, but a \`{\` follows it`);
  }
  checkKeywords(statement.block, report, isSkipped || keyword.effect.type !== "carried-out");
}

/** The lines of a list open no blocks. */
function rejectBlock({ keyword, block, section }: Statement, report: Report): void {
  if (block === undefined || section === "unknown") return;
  report.add("unexpected-block", keyword, `\`${keyword.text}\` can't open a block inside ${sectionOf(section).title}`);
}

/** Whether a statement says only what happens anyway. */
function isHarmless(statement: Statement, { harmless }: Keyword): boolean {
  return harmless.includes(statement.args[0]?.text ?? "") || isEmptyList(statement);
}

function checkEffect(statement: Statement, keyword: Keyword, report: Report): void {
  const { effect } = keyword;
  if (effect.type === "carried-out" || isHarmless(statement, keyword)) return;
  report.notCarriedOut(statement.keyword, subjectOf(statement), effect.consequence);
}

function subjectOf({ keyword, section }: Statement): string {
  const title = sectionOf(section).title;
  return section === "root" ? `\`${keyword.text}\`` : `\`${keyword.text}\` of \`${title}\``;
}

/** Old names that keepalived complains about; it takes the others without a word, and strict readers none. */
const COMPLAINED = new Set(["nb_get_retry", "thread_timer_expired"]);

function reportOld({ keyword }: Statement, use: string, report: Report): void {
  if (!COMPLAINED.has(keyword.text) && !report.isStrict) return;
  report.add("deprecated-keyword", keyword, `\`${keyword.text}\` is an old name of \`${use}\``, {
    help: `write \`${use}\``,
  });
}

/** `unicast_peer { }` says nothing. */
function isEmptyList({ block }: Statement): boolean {
  return block !== undefined && sectionOf(block.section).values !== undefined && block.statements.length === 0;
}

/**
 * keepalived skips an unknown word, but takes the `}` of an unknown block for that of the block around it, so that what
 * follows is lost: that is an error, and what stands inside needs no message of its own.
 */
function reportUnknown(statement: Statement, report: Report): void {
  const name = statement.keyword.text;
  const section = sectionOf(statement.section);
  const where = statement.section === "root" ? "at the top level" : `in \`${section.title}\``;
  const code = statement.block === undefined ? "unknown-keyword" : "unknown-block";
  report.add(code, statement.keyword, `\`${name}\` is not a keyword ${where}`, { help: helpFor(name, statement) });
}

function helpFor(name: string, statement: Statement): string | undefined {
  if (ownKeyword(statement.section, name) !== undefined) {
    return "keepalived has no such word: it works in holdfast.yaml";
  }
  const reference = /\$\{?(\w+)/.exec(name)?.[1];
  if (reference !== undefined) return `no \`$${reference}=\` comes before this line`;
  const own = hasOwnKeywords(statement) ? ownKeywordsOf(statement.section) : [];
  const near = nearMiss(name, [...sectionOf(statement.section).keywords.keys(), ...own]);
  if (near !== undefined) return `did you mean \`${near}\`?`;
  const holders = blocksWith(name).slice(0, 3).map((title) => title === SECTIONS.root.title ? title : `\`${title}\``);
  if (holders.length > 0) return `\`${name}\` belongs in ${holders.join(" or ")}`;
  return GONE.get(name);
}

/** Words of old guides and other products. */
const GONE: ReadonlyMap<string, string> = new Map([
  ["nat_mask", "keepalived has not had it since 2001: remove it"],
  ["lvs_id", "it is called `router_id` today"],
  ["nb_get_retry", "write `retry`; only `HTTP_GET` and `SSL_GET` know the old name"],
  ["ahth_pass", "did you mean `auth_pass`?"],
  ["lbs_sched", "did you mean `lvs_sched`?"],
  ["lbs_method", "did you mean `lvs_method`?"],
]);
