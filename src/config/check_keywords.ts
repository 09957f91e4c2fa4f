// Judges every keyword of a tree by the tables: unknown, not carried out, refused. Looks at no values.
import type { Report } from "./diagnostic.ts";
import { blocksWith, keywordIn, SECTIONS } from "./keywords.ts";
import { nearMiss } from "./near_miss.ts";
import type { Block, Statement } from "./statement.ts";
import type { Keyword } from "./section.ts";

/** Reports what will not happen, once for each place. The inside of a skipped block is searched for unknown words only. */
export function checkKeywords(block: Block, report: Report, isSkipped = false): void {
  if (SECTIONS[block.section].values !== undefined) return rejectBlocks(block, report);
  for (const statement of block.statements) {
    const keyword = keywordIn(statement.section, statement.keyword.text);
    if (keyword === undefined) reportUnknown(statement, report);
    else if (!isSkipped) checkEffect(statement, keyword, report);
    if (statement.block === undefined) continue;
    const skipsBlock = keyword?.effect.type !== "carried-out";
    if (keyword !== undefined) checkKeywords(statement.block, report, isSkipped || skipsBlock);
  }
}

/** The lines of a list open no blocks. */
function rejectBlocks({ section, statements }: Block, report: Report): void {
  if (section === "unknown") return;
  for (const { keyword, block } of statements) {
    if (block === undefined) continue;
    report.add("unexpected-block", keyword, `\`${keyword.text}\` can't open a block inside ${SECTIONS[section].title}`);
  }
}

function checkEffect(statement: Statement, { effect, harmless }: Keyword, report: Report): void {
  const name = statement.keyword.text;
  if (harmless.includes(statement.args[0]?.text ?? "") || isEmptyList(statement)) return;
  switch (effect.type) {
    case "carried-out":
      return;
    case "not-carried-out":
      return report.add("not-carried-out", statement.keyword, `\`${name}\` is not carried out yet`);
    case "deprecated":
      return report.add("deprecated-keyword", statement.keyword, `\`${name}\` is an old name of \`${effect.use}\``, {
        help: `write \`${effect.use}\``,
      });
    case "refused":
      return report.add(
        "not-supported-yet",
        statement.keyword,
        `\`${name}\` is not supported yet: without it, ${effect.consequence}`,
      );
    default:
      return effect satisfies never;
  }
}

/** `unicast_peer { }` says nothing. */
function isEmptyList({ block }: Statement): boolean {
  return block !== undefined && SECTIONS[block.section].values !== undefined && block.statements.length === 0;
}

function reportUnknown(statement: Statement, report: Report): void {
  const name = statement.keyword.text;
  if (/\$\{?[A-Za-z_]/.test(name)) {
    return report.add("not-supported-yet", statement.keyword, `variables such as \`${name}\` are not supported yet`, {
      help: "write the value itself",
    });
  }
  const section = SECTIONS[statement.section];
  const where = statement.section === "root" ? "at the top level" : `in \`${section.title}\``;
  report.add("unknown-keyword", statement.keyword, `\`${name}\` is not a keyword ${where}`, {
    help: helpFor(name, statement),
  });
}

function helpFor(name: string, statement: Statement): string | undefined {
  const near = nearMiss(name, SECTIONS[statement.section].keywords.keys());
  if (near !== undefined) return `did you mean \`${near}\`?`;
  const holders = blocksWith(name).slice(0, 3).map((title) => title === SECTIONS.root.title ? title : `\`${title}\``);
  if (holders.length > 0) return `\`${name}\` belongs in ${holders.join(" or ")}`;
  return undefined;
}
