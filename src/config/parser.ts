// Tokens to a tree of blocks, with repair of missing and extra braces. Knows which keyword opens which block, no values.
import type { Report } from "./diagnostic.ts";
import { INCLUDE_WORDS } from "./include.ts";
import { keywordIn, sectionOf } from "./keywords.ts";
import type { Token } from "./lexer.ts";
import type { LineReader } from "./line_reader.ts";
import type { BlockName } from "./section.ts";
import type { Block, Statement } from "./statement.ts";

/** What one file is parsed with. */
export interface ParserInput {
  readonly lines: LineReader;
  /** Opening minus closing braces of the file, as far as one can see without reading it properly. */
  readonly balance: () => number;
  /** Statements are added to this block: the top level, or where an `include` stands. */
  readonly into: Block;
  readonly report: Report;
  /** Called for each statement of the top level when it is complete. */
  readonly finished?: ((statement: Statement) => void) | undefined;
}

/** A block that is open. */
interface Frame {
  readonly block: Block;
  /** Undefined for the block that the file itself stands in. */
  readonly opener?: Statement;
  /** The last statement that was closed in this block. */
  lastClosed?: { readonly statement: Statement; readonly brace: Token };
}

const MAX_DEPTH = 64;

function isWord({ kind }: Token): boolean {
  return kind === "word";
}

/**
 * Parses one file. Braces are counted first; only when they don't match, keywords that can't stand where they are tell
 * where one is missing or too many, so that each wrong brace gives one message and what follows is read as it was meant.
 */
export function parse(input: ParserInput): void {
  new Parser(input).run();
}

class Parser {
  readonly #input: ParserInput;
  readonly #report: Report;
  readonly #frames: Frame[];
  /** Opening minus closing braces of the file that are not yet explained; counted when somebody asks. */
  #counted: number | undefined;
  /** A statement at the end of a line, whose `{` may stand on the next. */
  #pending: Statement | undefined;
  #tooDeep = false;
  #comments: string[] = [];

  constructor(input: ParserInput) {
    this.#input = input;
    this.#report = input.report;
    this.#frames = [{ block: input.into }];
  }

  run(): void {
    for (let batch = this.#input.lines.next(); batch !== undefined; batch = this.#input.lines.next()) {
      if (this.#tooDeep) continue; // to the end, so that the reader closes its files
      if (batch.type === "include") this.#includeFile(batch.file);
      else this.#line(batch.tokens);
    }
    if (this.#tooDeep) return;
    this.#settlePending();
    this.#reportUnclosed();
  }

  #line(tokens: readonly Token[]): void {
    const last = tokens.at(-1);
    // Most lines are one statement, some with a brace behind it: their tokens need not be sorted out.
    if (last?.kind === "word" && tokens.every(isWord)) return this.#statement(tokens, false);
    let words: Token[] = [];
    for (const token of tokens) {
      if (token.kind === "word") {
        words.push(token);
        continue;
      }
      if (words.length > 0) this.#statement(words, token.kind === "open");
      words = [];
      if (token.kind === "open") this.#open(token);
      else if (token.kind === "close") this.#close(token);
      else this.#comment(token, tokens[0] !== token);
      if (this.#tooDeep) return;
    }
    if (words.length > 0) this.#statement(words, false);
  }

  #comment(token: Token, standsBeside: boolean): void {
    const text = token.text.replace(/^[!#]+\s?/, "");
    const last = this.#pending ?? this.#top.block.statements.at(-1);
    if (standsBeside && last !== undefined) (last.comments ??= { above: [] }).beside = text;
    else if (standsBeside && this.#top.opener !== undefined) {
      (this.#top.opener.comments ??= { above: [] }).beside = text;
    } else this.#comments.push(text);
  }

  get #surplus(): number {
    return this.#counted ??= this.#input.balance();
  }

  #explain(braces: number): void {
    this.#counted = this.#surplus + braces;
  }

  get #top(): Frame {
    return this.#frames.at(-1) ?? { block: { section: "unknown", statements: [] } };
  }

  #statement(words: readonly Token[], braceFollows: boolean): void {
    const [keyword, ...args] = words;
    if (keyword === undefined) return;
    this.#settlePending();
    if (args.length === 0 && !keyword.quoted && INCLUDE_WORDS.has(keyword.text)) {
      return this.#report.add("missing-argument", keyword, `\`${keyword.text}\` needs the name of a file`);
    }
    this.#repairBefore(keyword, braceFollows);
    const statement: Statement = { keyword, args, section: this.#top.block.section };
    if (this.#comments.length > 0) statement.comments = { above: this.#comments };
    this.#comments = [];
    this.#top.block.statements.push(statement);
    this.#pending = statement;
  }

  #includeFile(lines: LineReader): void {
    this.#settlePending();
    const { report, finished } = this.#input;
    new Parser({
      lines,
      balance: () => lines.balance(),
      into: this.#top.block,
      report,
      finished: this.#isRoot ? finished : undefined,
    })
      .run();
  }

  get #isRoot(): boolean {
    return this.#top.block === this.#input.into && this.#input.into.section === "root";
  }

  #finish(statement: Statement): void {
    if (this.#isRoot && !this.#counted) this.#input.finished?.(statement);
  }

  #open(brace: Token): void {
    const opener = this.#pending;
    this.#pending = undefined;
    if (opener === undefined) {
      this.#report.add("extra-brace", brace, "this `{` has no keyword before it", { help: "remove it" });
    }
    this.#push(opener);
    if (this.#frames.length <= MAX_DEPTH) return;
    this.#tooDeep = true;
    this.#report.add("nesting-too-deep", brace, `blocks are nested more than ${MAX_DEPTH} deep`);
  }

  #push(opener: Statement | undefined): void {
    const opens = opener && keywordIn(opener.section, opener.keyword.text)?.opens;
    const block: Block = { section: opens ?? "unknown", statements: [] };
    if (opens !== undefined && opener !== undefined) this.#checkNameless(opener, opens);
    if (opener === undefined) this.#frames.push({ block });
    else this.#frames.push({ block: opener.block = block, opener });
  }

  /** Lists have no name, but for groups of services. */
  #checkNameless({ keyword, args: [extra] }: Statement, opens: BlockName): void {
    if (extra === undefined || opens === "services" || sectionOf(opens).values === undefined) return;
    this.#report.add("extra-argument", extra, `\`${extra.text}\` is ignored: \`${keyword.text}\` has no name`);
  }

  #close(brace: Token): void {
    this.#settlePending();
    this.#repairByIndent(brace);
    const frame = this.#frames.length > 1 ? this.#frames.pop() : undefined;
    if (frame?.opener !== undefined) {
      frame.block.end = brace;
      this.#top.lastClosed = { statement: frame.opener, brace };
      this.#finish(frame.opener);
    }
    if (frame !== undefined) return;
    this.#explain(1);
    this.#report.add("extra-brace", brace, "this `}` closes nothing: no block is open here", { help: "remove it" });
  }

  /** Judges the last line once it is clear that no `{` follows it. */
  #settlePending(): void {
    const statement = this.#pending;
    this.#pending = undefined;
    if (statement === undefined || !keywordIn(statement.section, statement.keyword.text)?.opens) return;
    const text = [statement.keyword, ...statement.args].map((word) => word.text).join(" ");
    const last = statement.args.at(-1) ?? statement.keyword;
    const after = { ...last, column: last.column + last.length, length: 1 };
    this.#report.add("missing-brace", after, `\`{\` is missing after \`${text}\``, { help: `write \`${text} {\`` });
    if (this.#surplus >= 0) return;
    this.#explain(1);
    this.#push(statement);
  }

  /** A keyword that can't stand here, but could before the last `}` or behind a further one. */
  #repairBefore(keyword: Token, braceFollows: boolean): void {
    if (this.#fits(this.#top, keyword, braceFollows)) return;
    if (this.#surplus > 0) this.#closeForgotten(keyword);
    else if (this.#surplus < 0) this.#reopenClosedTooEarly(keyword);
  }

  #fits({ block }: Frame, keyword: Token, braceFollows: boolean): boolean {
    const { values, keywords } = sectionOf(block.section);
    if (values === undefined) return keywords.has(keyword.text);
    if (values === "addresses" && !/[.:\d]/.test(keyword.text)) return false;
    return !braceFollows;
  }

  #closeForgotten(keyword: Token): void {
    const depth = this.#frames.findLastIndex(({ block }) => keywordIn(block.section, keyword.text) !== undefined);
    if (depth === -1) return;
    while (this.#frames.length > depth + 1) this.#popUnclosed({ before: keyword });
  }

  #popUnclosed({ before }: { before?: Token }): void {
    const opener = this.#frames.pop()?.opener;
    this.#explain(-1);
    if (opener === undefined) return;
    const related = before === undefined ? [] : [{ message: "expected before this", location: before }];
    this.#report.add("missing-brace", opener.keyword, `the block of \`${opener.keyword.text}\` is not closed`, {
      related,
      help: "add the missing `}`",
    });
  }

  #reopenClosedTooEarly(keyword: Token): void {
    const closed = this.#top.lastClosed;
    const block = closed?.statement.block;
    if (closed === undefined || block === undefined || !keywordIn(block.section, keyword.text)) return;
    this.#explain(1);
    const name = closed.statement.keyword.text;
    this.#report.add("extra-brace", closed.brace, `this \`}\` closes \`${name}\` too early`, {
      related: [{ message: `belongs in \`${name}\``, location: keyword }],
      help: "remove it",
    });
    this.#frames.push({ block, opener: closed.statement });
  }

  /** A `}` that stands below an outer block's keyword, while braces are missing, closes that one. */
  #repairByIndent(brace: Token): void {
    const column = brace.column;
    const startsBelow = ({ opener }: Frame): boolean => opener?.keyword.column === column;
    if (startsBelow(this.#top) || this.#surplus <= 0) return;
    const innermost = this.#top.opener?.keyword;
    if (innermost === undefined || innermost.line === brace.line || innermost.column < column) return;
    const depth = this.#frames.findLastIndex(startsBelow);
    while (depth > 0 && this.#frames.length > depth + 1) this.#popUnclosed({ before: brace });
  }

  #reportUnclosed(): void {
    while (this.#frames.length > 1) this.#popUnclosed({});
  }
}
