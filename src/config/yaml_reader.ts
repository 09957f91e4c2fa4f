// holdfast.yaml to the same statements that a keepalived.conf gives, so that one set of readers makes the configuration.
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  type Scalar,
} from "yaml";
import { lineStarts } from "../base/line_starts.ts";
import type { SourceLocation } from "./config.ts";
import type { Report } from "./diagnostic.ts";
import { FORMAT_KEYWORD, FORMAT_STEPS, formatOf, type FormatStep, migrate, newestFormat } from "./format/formats.ts";
import { newerFormat } from "./format/migrate_text.ts";
import type { OwnSection, Path } from "./own_section.ts";
import { keywordIn } from "./keywords.ts";
import type { Token } from "./lexer.ts";
import { ownBlock, ownKeyword } from "./own_keywords.ts";
import type { BlockName } from "./section.ts";
import type { Block, Comments, Statement } from "./statement.ts";
import { typeOf } from "./types.ts";
import type { JsonSchema } from "./value_type.ts";
import { LINE_HEADS, OWN_SECTIONS, POSITIONAL, READ_SECTIONS, shapeOf } from "./yaml_shape.ts";

/** Nodes looked at, aliases followed: a small file may stand for very much. */
const MAX_NODES = 5_000_000;

/** Reads a file. What is wrong with it is reported, and the rest read on. */
export function readYaml(
  { file, text, formats }: { file: string; text: string; formats?: readonly FormatStep[] | undefined },
  report: Report,
): { root: Statement; sources: ReadonlyMap<string, string>; own: ReadonlyMap<string, OwnSection> } {
  const lines = linesOf(text);
  const reader = new YamlReader({ file, lines, report });
  const keyword: Token = { kind: "word", text: "", quoted: false, file, line: 1, column: 1, length: 1 };
  const root: Statement & { block: Block } = {
    keyword,
    args: [],
    section: "root",
    block: { section: "root", statements: [] },
  };
  try {
    const document = parseDocument(text, {
      prettyErrors: false,
      keepSourceTokens: false,
    });
    for (const error of document.errors.filter(isNoEcho)) reader.syntaxError(error);
    if (document.errors.length === 0) root.block = reader.root(document, formats ?? FORMAT_STEPS);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    report.add("nesting-too-deep", keyword, "this file is nested too deep");
  }
  return { root, sources: new Map([[file, text]]), own: reader.own };
}

/** The parser's own counter misses lines of what it cannot parse. */
function linesOf(text: string): LineCounter {
  const lines = new LineCounter();
  for (const start of lineStarts(text)) lines.addNewLine(start);
  return lines;
}

/** After the first error the parser is surprised by all that follows: that helps nobody. */
function isNoEcho({ message }: { readonly message: string }, index: number): boolean {
  return index === 0 || !/token in YAML stream|at node end/.test(message);
}

type Entry = Pair<Node, Node | null>;

class YamlReader {
  readonly #file: string;
  readonly #lines: LineCounter;
  readonly #report: Report;
  /** Sections that keepalived has no words for. */
  readonly own = new Map<string, OwnSection>();
  #document: Document | undefined;
  #nodes = 0;

  constructor({ file, lines, report }: { file: string; lines: LineCounter; report: Report }) {
    this.#file = file;
    this.#lines = lines;
    this.#report = report;
  }

  syntaxError({ message, pos }: { message: string; pos: [number, number] }): void {
    const sentence = (message.split("\n")[0] ?? "").replace(/[.:]?\s*$/, "");
    const place = this.#place(pos[0], Math.max(pos[1], pos[0] + 1));
    this.#report.add("yaml-syntax", place, `this is not YAML: ${sentence.charAt(0).toLowerCase()}${sentence.slice(1)}`);
  }

  root(document: Document, formats: readonly FormatStep[]): Block {
    this.#document = document;
    if (!this.#toNewest(document, formats)) return { section: "root", statements: [] };
    const contents = document.contents as Node | null;
    const header = document.commentBefore?.split("\n").filter((line) => !line.includes("yaml-language-server")).join(
      "\n",
    );
    if (isMap(contents)) giveComment((contents.items as Entry[])[0], header);
    if (contents === null || (isScalar(contents) && contents.value === null)) {
      return { section: "root", statements: [] };
    }
    return this.#block(contents, "root", "a configuration");
  }

  /** A file of an earlier format is read as if it had been brought to the newest. @returns false: it cannot be */
  #toNewest(document: Document, formats: readonly FormatStep[]): boolean {
    const newest = newestFormat(formats);
    const from = formatOf(document);
    if (from !== undefined && from <= newest) {
      migrate(document, { from, to: newest }, formats);
      if (isMap(document.contents)) document.delete(FORMAT_KEYWORD);
      return true;
    }
    const node = document.get(FORMAT_KEYWORD, true) as Node | undefined;
    const place = node?.range ? this.#placeOf(node) : this.#place(0, 1);
    if (from === undefined) this.#report.add("yaml-structure", place, "`version` is a whole number, from 1");
    else {
      this.#report.add("newer-format", place, newerFormat(from, newest), {
        help: "the version of Holdfast that wrote it brings it back with `holdfast migrate --to`",
      });
    }
    return false;
  }

  // --- blocks ---

  #block(node: Node | null, section: BlockName, subject: string): Block {
    const statements: Statement[] = [];
    for (const entry of this.#entries(node, subject)) statements.push(...this.#statements(entry, section));
    return { section, statements };
  }

  #entries(node: Node | null, subject: string): Entry[] {
    const target = this.#resolve(node);
    if (target === undefined || (isScalar(target) && target.value === null)) return [];
    if (isMap(target)) {
      const entries = target.items as Entry[];
      giveComment(entries[0], target.commentBefore); // a comment before the first key belongs to the mapping
      return this.#withMerged(entries, subject);
    }
    this.#report.add("yaml-structure", this.#placeOf(target), `${subject} must be a mapping of keywords to values`);
    return [];
  }

  /** `<<: *other` stands for the entries of another mapping that are not written here (YAML 1.1, merge). */
  #withMerged(entries: readonly Entry[], subject: string): Entry[] {
    const isMerge = ({ key }: Entry): boolean => isScalar(key) && key.value === "<<";
    if (!entries.some(isMerge)) return [...entries];
    const own = entries.filter((entry) => !isMerge(entry));
    const known = new Set(own.map(({ key }) => isScalar(key) ? textOf(key) : ""));
    for (const { value } of entries.filter(isMerge)) {
      for (const entry of this.#several(value).flatMap((node) => this.#entries(node, subject))) {
        const name = isScalar(entry.key) ? textOf(entry.key) : "";
        if (!known.has(name)) own.push(entry);
        known.add(name);
      }
    }
    return own;
  }

  #statements(entry: Entry, section: BlockName): Statement[] {
    const keyword = this.#word(entry.key);
    if (keyword === undefined) return [];
    if (section === "root" && Object.hasOwn(OWN_SECTIONS, keyword.text)) {
      this.#report.notCarriedOut(keyword, `\`${keyword.text}\` (${OWN_SECTIONS[keyword.text]})`);
      return [];
    }
    if (section === "root" && READ_SECTIONS.has(keyword.text)) {
      this.own.set(keyword.text, {
        value: this.#plainData(entry.value, keyword),
        location: keyword,
        placeOf: (path, which) => this.#placeIn(entry.value, path, which ?? "value", keyword),
      });
      return [];
    }
    const comments = commentsOf(entry);
    const statements = this.#opened(keyword, entry.value, section);
    const [first] = statements;
    if (first !== undefined && comments !== undefined) {
      first.comments = { ...comments, ...first.comments, above: [...comments.above, ...first.comments?.above ?? []] };
    }
    return statements;
  }

  /** @param place of what the way begins at */
  #placeIn(from: Node | null, path: Path, which: "value" | "name", place: SourceLocation): SourceLocation {
    let node = this.#resolve(from);
    let nearest = place;
    for (const [depth, step] of path.entries()) {
      const pair = isMap(node)
        ? (node.items as Entry[]).find(({ key }) => isScalar(key) && textOf(key) === step)
        : undefined;
      const next = pair === undefined && isSeq(node) && typeof step === "number" ? node.items[step] : pair?.value;
      if (pair !== undefined) nearest = this.#placeOf(pair.key);
      if (which === "name" && depth === path.length - 1) return nearest;
      node = this.#resolve((next ?? null) as Node | null);
      if (isScalar(node) && node.range) nearest = this.#placeOf(node);
      else if (pair === undefined && isMap(node)) nearest = this.#placeOf((node.items as Entry[])[0]?.key ?? node);
    }
    return nearest;
  }

  /** A node as plain data. Aliases that stand for very much are refused. */
  #plainData(node: Node | null, keyword: Token): unknown {
    if (node === null || this.#document === undefined) return undefined;
    try {
      return node.toJS(this.#document, { maxAliasCount: 100 });
    } catch {
      this.#report.add("yaml-structure", keyword, `\`${keyword.text}\` holds aliases that cannot be followed`);
      return undefined;
    }
  }

  #opened(keyword: Token, value: Node | null, section: BlockName): Statement[] {
    const opens = keywordIn(section, keyword.text)?.opens ?? ownBlock(section, keyword.text);
    if (opens === undefined) return this.#plain(keyword, value, section);
    const statement = (args: readonly Token[], block: Block): Statement => ({ keyword, args, section, block });
    switch (shapeOf(section, keyword.text, opens)) {
      case "block":
        return this.#several(value).map((node) => statement([], this.#block(node, opens, `\`${keyword.text}\``)));
      case "lines":
        return [statement([], this.#lineBlock(value, opens, keyword))];
      case "named":
        return this.#entries(value, `\`${keyword.text}\``).flatMap((entry) => {
          const name = this.#word(entry.key);
          if (name === undefined) return [];
          const named = {
            ...statement([name], this.#block(entry.value, opens, `\`${keyword.text} ${name.text}\``)),
            keyword: at(keyword, name),
          };
          return [withComments(named, commentsOf(entry))];
        });
      case "named-lines":
        return this.#entries(value, `\`${keyword.text}\``).flatMap((entry) => {
          const name = this.#word(entry.key);
          if (name === undefined) return [];
          return [{ ...statement([name], this.#lineBlock(entry.value, opens, name)), keyword: at(keyword, name) }];
        });
      case "services":
        return this.#items(value, keyword).flatMap((node) => this.#service(keyword, node, { section, opens }));
    }
  }

  /** One mapping, or a list of them. */
  #several(value: Node | null): (Node | null)[] {
    const target = this.#resolve(value);
    return isSeq(target) ? target.items as Node[] : [value];
  }

  #items(value: Node | null, keyword: Token): Node[] {
    const target = this.#resolve(value);
    if (isSeq(target)) {
      const [first] = target.items as Node[];
      if (first !== undefined && target.commentBefore) first.commentBefore ??= target.commentBefore;
      return target.items as Node[];
    }
    if (target !== undefined && !(isScalar(target) && target.value === null)) {
      this.#report.add("yaml-structure", this.#placeOf(target), `\`${keyword.text}\` must be a list`, {
        help: "begin each entry with `-`",
      });
    }
    return [];
  }

  /** `address` and `port`, `fwmark` or `group` are the words in front of the block. */
  #service(keyword: Token, node: Node, { section, opens }: { section: BlockName; opens: BlockName }): Statement[] {
    const head: Partial<Record<"address" | "port" | "fwmark" | "group", Token>> = {};
    const statements: Statement[] = [];
    for (const entry of this.#entries(node, `an entry of \`${keyword.text}\``)) {
      const key = this.#word(entry.key);
      if (key === undefined) continue;
      const isHead = key.text === "address" || key.text === "port" ||
        (keyword.text === "virtual_server" && (key.text === "fwmark" || key.text === "group"));
      const word = isHead ? this.#word(entry.value) : undefined;
      if (word !== undefined) head[key.text as "address"] = word;
      else if (!isHead) statements.push(...this.#statements(entry, opens));
    }
    const place: Token = { ...keyword, ...this.#placeOf(node), length: 1 };
    const kind = (word: Token | undefined, text: string): Token[] =>
      word === undefined ? [] : [{ ...word, text }, word];
    const words = [head.address, head.port].filter((word) => word !== undefined);
    const args = [...kind(head.fwmark, "fwmark"), ...kind(head.group, "group"), ...words];
    if (args.length === 0) {
      this.#report.add("missing-argument", place, `this entry of \`${keyword.text}\` has no \`address\``);
      return [];
    }
    const first = args[0] ?? place;
    const comments = commentsOfNode(node);
    const statement = { keyword: at(keyword, first), args, section, block: { section: opens, statements } };
    return [withComments(statement, comments)];
  }

  // --- lines ---

  #lineBlock(value: Node | null, section: BlockName, keyword: Token): Block {
    const statements = this.#items(value, keyword).map((node) => this.#line(node, section))
      .filter((statement) => statement !== undefined);
    return { section, statements };
  }

  #line(node: Node, section: BlockName): Statement | undefined {
    const target = this.#resolve(node);
    const words = isMap(target) ? this.#lineOfMapping(target.items as Entry[], section) : this.#words(node, true);
    const [keyword, ...args] = words ?? [];
    if (keyword === undefined) {
      if (words !== undefined) this.#report.add("yaml-structure", this.#placeOf(node), "this line is empty");
      return undefined;
    }
    return withComments({ keyword, args, section }, commentsOfNode(node));
  }

  #lineOfMapping(entries: readonly Entry[], section: BlockName): Token[] {
    const head: Token[] = [];
    const rest: Token[] = [];
    for (const entry of entries) {
      const key = this.#word(entry.key);
      if (key === undefined) continue;
      const target = this.#resolve(entry.value);
      if (isScalar(target) && target.value === false) continue;
      const isAlone = target === undefined || (isScalar(target) && (target.value === true || target.value === null));
      const words = isAlone ? [] : this.#words(entry.value, true) ?? [];
      if (key.text === LINE_HEADS[section]) head.push(...words);
      else if (POSITIONAL.has(key.text)) rest.push(...words);
      else rest.push(key, ...words);
    }
    return [...head, ...rest];
  }

  // --- values ---

  #plain(keyword: Token, value: Node | null, section: BlockName): Statement[] {
    const type = typeOf(section, keyword.text);
    const target = this.#resolve(value);
    if (section === "auth_hmac" && keyword.text === "key" && isMap(target)) {
      return (target.items as Entry[]).map((entry) => ({
        keyword,
        args: [this.#word(entry.key), this.#word(entry.value)].filter((word) => word !== undefined),
        section,
      }));
    }
    if (keywordIn(section, keyword.text) === undefined && ownKeyword(section, keyword.text) === undefined) {
      const block: Block | undefined = isMap(target) ? { section: "unknown", statements: [] } : undefined;
      return [{ keyword, args: [], section, ...(block === undefined ? {} : { block }) }];
    }
    if (isScalar(target) && typeof target.value === "boolean" && acceptsBoolean(type?.schema)) {
      if (type?.schema.type === "boolean" && type.form !== "") {
        return [{ keyword, args: [this.#token(target, target.value ? "on" : "off")], section }];
      }
      return target.value ? [{ keyword, args: [], section }] : [];
    }
    if (isMap(target)) {
      this.#report.add("yaml-structure", this.#placeOf(target), `\`${keyword.text}\` takes a value, not a mapping`);
      return [];
    }
    const args = this.#words(value, type?.splits === true);
    return args === undefined ? [] : [{ keyword, args, section }];
  }

  /** The words of a scalar or a list of scalars; undefined when it is something else, which is reported then. */
  #words(node: Node | null, splits: boolean): Token[] | undefined {
    const target = this.#resolve(node);
    if (target === undefined) return [];
    if (isSeq(target)) {
      const words = (target.items as Node[]).map((item) => this.#word(item));
      return words.some((word) => word === undefined) ? undefined : words as Token[];
    }
    if (isScalar(target)) {
      if (target.value === null) return [];
      const whole = this.#token(target, textOf(target));
      return splits ? splitWords(whole) : [whole];
    }
    this.#report.add("yaml-structure", this.#placeOf(target), "a value must be a text, a number or a list of them");
    return undefined;
  }

  #word(node: Node | null): Token | undefined {
    const target = this.#resolve(node);
    if (isScalar(target) && target.value !== null) return this.#token(target, textOf(target));
    if (target !== undefined) {
      this.#report.add("yaml-structure", this.#placeOf(target), "this must be a text or a number");
    }
    return undefined;
  }

  #resolve(node: Node | null): Node | undefined {
    if (++this.#nodes > MAX_NODES) throw new RangeError("too many nodes");
    if (!isAlias(node)) return node ?? undefined;
    return this.#document === undefined ? undefined : node.resolve(this.#document) ?? undefined;
  }

  #token(node: Scalar, text: string): Token {
    const quoted = node.type === "QUOTE_DOUBLE" || node.type === "QUOTE_SINGLE";
    return { kind: "word", text, quoted, ...this.#placeOf(node) };
  }

  #placeOf(node: Node): SourceLocation {
    const [start = 0, end = start] = node.range ?? [];
    return this.#place(start, end);
  }

  #place(start: number, end: number): SourceLocation {
    const from = this.#lines.linePos(start);
    const to = this.#lines.linePos(end);
    const length = from.line === to.line ? Math.max(1, end - start) : 1;
    return { file: this.#file, line: Math.max(1, from.line), column: Math.max(1, from.col), length };
  }
}

/** `1.0` stays `1.0`: what is written counts, not the number that it stands for. */
function textOf(node: Scalar): string {
  const isText = typeof node.value === "string";
  return isText ? node.value as string : node.source ?? String(node.value);
}

/** The words of a text, each with its place in it; double quotes keep words together. */
function splitWords(token: Token): Token[] {
  const offset = token.quoted ? 1 : 0;
  return [...token.text.matchAll(/"([^"]*)"|\S+/g)].map((match) => {
    const [from, length] = [offset + match.index, match[0].length];
    const word = { ...token, text: match[1] ?? match[0] };
    // In a text of several lines nobody knows where: it is the text's place.
    return from + length > token.length ? word : { ...word, column: token.column + from, length };
  });
}

function acceptsBoolean(schema: JsonSchema | undefined): boolean {
  if (schema === undefined) return false;
  const { type, anyOf, oneOf } = schema as { type?: unknown; anyOf?: JsonSchema[]; oneOf?: JsonSchema[] };
  const own = Array.isArray(type) ? type.includes("boolean") : type === "boolean";
  return own || [...anyOf ?? [], ...oneOf ?? []].some(acceptsBoolean);
}

/** The keyword of a block, at the place where its own name stands. */
function at(keyword: Token, { file, line, column, length }: Token): Token {
  return { ...keyword, file, line, column, length };
}

function withComments(statement: Statement, comments: Comments | undefined): Statement {
  return comments === undefined ? statement : { ...statement, comments };
}

function giveComment(entry: Entry | undefined, ...comments: readonly (string | null | undefined)[]): void {
  const text = [...comments, entry?.key.commentBefore].filter((comment) => comment).join("\n");
  if (entry !== undefined && text !== "") entry.key.commentBefore = text;
}

function commentsOf({ key, value }: Entry): Comments | undefined {
  const above = key?.commentBefore;
  const beside = isScalar(value) ? value.comment : undefined;
  return commentsFrom(above, beside);
}

function commentsOfNode(node: Node): Comments | undefined {
  return commentsFrom(node.commentBefore, isScalar(node) ? node.comment : undefined);
}

function commentsFrom(above: string | null | undefined, beside: string | null | undefined): Comments | undefined {
  if (!above && !beside) return undefined;
  return {
    above: above ? above.split("\n").map((line) => line.trim()) : [],
    ...(beside ? { beside: beside.trim() } : {}),
  };
}
