// Statements as the text of a holdfast.yaml.
import { Document, Pair, parseDocument, Scalar, YAMLMap, YAMLSeq } from "yaml";
import type { Commented } from "./comments.ts";
import { FORMAT_KEYWORD, newestFormat } from "./format/formats.ts";
import { keywordIn } from "./keywords.ts";
import { ownBlock } from "./own_keywords.ts";
import type { BlockName } from "./section.ts";
import type { Comments } from "./statement.ts";
import { typeOf } from "./types.ts";
import type { JsonSchema } from "./value_type.ts";
import { shapeOf } from "./yaml_shape.ts";

/** First line of every file: editors complete and check by it. */
const SCHEMA_LINE = " yaml-language-server: $schema=https://holdfast.invalid/holdfast.schema.json";

/** How the file begins. */
export interface YamlOptions {
  /** Address or path of the JSON Schema, for editors. */
  readonly schema?: string;
}

/** The text. */
export function writeYaml(statements: readonly Commented[], { schema }: YamlOptions = {}): string {
  const root = mapOf(statements, "root");
  // A file that does not say so is of the first format.
  if (newestFormat() > 1) root.items.unshift(new Pair(new Scalar(FORMAT_KEYWORD), new Scalar(newestFormat())));
  const document = new Document(root);
  const line = schema === undefined ? undefined : SCHEMA_LINE.replace(/=.*/, `=${schema}`);
  if (line !== undefined) document.commentBefore = line;
  if (statements.length === 0) return line === undefined ? "{}\n" : `#${line}\n{}\n`;
  return document.toString({ lineWidth: 0, indentSeq: true });
}

function mapOf(statements: readonly Commented[], section: BlockName): YAMLMap {
  const map = new YAMLMap();
  for (const [keyword, group] of grouped(statements)) {
    const pair = new Pair(new Scalar(keyword), valueOf(keyword, group, section));
    const [first] = group;
    // Comments of named things stand at their names.
    if (first?.comments !== undefined && !hasOwnPlaces(keyword, section)) attach(pair, first.comments);
    map.items.push(pair);
  }
  return map;
}

function grouped(statements: readonly Commented[]): Map<string, Commented[]> {
  const groups = new Map<string, Commented[]>();
  for (const statement of statements) {
    const group = groups.get(statement.keyword);
    if (group === undefined) groups.set(statement.keyword, [statement]);
    else group.push(statement);
  }
  return groups;
}

function hasOwnPlaces(keyword: string, section: BlockName): boolean {
  const opens = keywordIn(section, keyword)?.opens ?? ownBlock(section, keyword);
  const shape = opens && shapeOf(section, keyword, opens);
  return shape === "named" || shape === "services" || shape === "named-lines";
}

function valueOf(keyword: string, group: readonly Commented[], section: BlockName): unknown {
  const opens = keywordIn(section, keyword)?.opens ?? ownBlock(section, keyword);
  if (opens === undefined) return plainValue(keyword, group, section);
  const bodies = group.map(({ block = [] }) => mapOf(block, opens));
  switch (shapeOf(section, keyword, opens)) {
    case "block":
      return bodies.length === 1 ? bodies[0] : sequence(bodies);
    case "lines":
      return linesOf(group.flatMap(({ block = [] }) => block));
    case "named":
      return namedMap(group, bodies);
    case "named-lines":
      return namedMap(group, group.map(({ block = [] }) => linesOf(block)));
    case "services":
      return sequence(group.map((statement, index) => service(statement, bodies[index] ?? new YAMLMap())));
  }
}

function namedMap(group: readonly Commented[], values: readonly unknown[]): YAMLMap {
  const map = new YAMLMap();
  group.forEach(({ words, comments }, index) => {
    const pair = new Pair(new Scalar(words[0] ?? ""), values[index]);
    if (comments !== undefined) attach(pair, comments);
    map.items.push(pair);
  });
  return map;
}

function service({ words, comments }: Commented, body: YAMLMap): YAMLMap {
  const [first = "", second] = words;
  const head = first === "fwmark" || first === "group"
    ? [new Pair(new Scalar(first), scalar(second ?? "", first === "fwmark"))]
    : [
      new Pair(new Scalar("address"), scalar(first)),
      ...(second === undefined ? [] : [new Pair(new Scalar("port"), scalar(second, true))]),
    ];
  const map = new YAMLMap();
  map.items.push(...head, ...body.items);
  if (comments !== undefined && comments.above.length > 0) map.commentBefore = commentText(comments.above);
  if (comments?.beside !== undefined && head[0]?.value instanceof Scalar) head[0].value.comment = ` ${comments.beside}`;
  return map;
}

function linesOf(block: readonly Commented[]): YAMLSeq {
  return sequence(block.map(({ keyword, words, comments }) => {
    const line = scalar([keyword, ...words].map((word) => /\s/.test(word) ? `"${word}"` : word).join(" "));
    if (comments !== undefined && comments.above.length > 0) line.commentBefore = commentText(comments.above);
    if (comments?.beside !== undefined) line.comment = ` ${comments.beside}`;
    return line;
  }));
}

function plainValue(keyword: string, group: readonly Commented[], section: BlockName): unknown {
  if (section === "auth_hmac" && keyword === "key") {
    const map = new YAMLMap();
    for (const { words } of group) map.items.push(new Pair(scalar(words[0] ?? "", true), scalar(words[1] ?? "")));
    return map;
  }
  const words = group.at(-1)?.words ?? [];
  const type = typeOf(section, keyword);
  if (type?.schema.type === "boolean") return new Scalar(words.length === 0 || words[0] === "on");
  if (words.length === 0) return new Scalar(true);
  if (words.length === 1) return scalar(words[0] ?? "", allowsNumber(type?.schema));
  return type?.splits === true ? scalar(words.join(" ")) : sequence(words.map((word) => scalar(word)));
}

function scalar(text: string, isNumber = false): Scalar {
  return new Scalar(isNumber && /^-?(0|[1-9]\d*)(\.\d+)?$/.test(text) ? Number(text) : text);
}

function sequence(items: readonly unknown[]): YAMLSeq {
  const seq = new YAMLSeq();
  seq.items.push(...items);
  return seq;
}

function allowsNumber(schema: JsonSchema | undefined): boolean {
  if (schema === undefined) return false;
  const { type, enum: names, anyOf, oneOf } = schema as {
    type?: string | string[];
    enum?: unknown[];
    anyOf?: JsonSchema[];
    oneOf?: JsonSchema[];
  };
  const types = [type].flat();
  if (types.includes("integer") || types.includes("number")) return true;
  if (names?.every((name) => typeof name === "number")) return true;
  return [...anyOf ?? [], ...oneOf ?? []].some(allowsNumber);
}

function attach(pair: Pair, { above, beside }: Comments): void {
  const { key, value } = pair;
  if (key instanceof Scalar && above.length > 0) key.commentBefore = commentText(above);
  if (beside === undefined) return;
  if (value instanceof Scalar) value.comment = ` ${beside}`;
  else if (key instanceof Scalar) {
    key.commentBefore = [key.commentBefore, ` ${beside}`].filter((text) => text).join("\n");
  }
}

function commentText(lines: readonly string[]): string {
  return lines.map((line) => ` ${line}`).join("\n");
}

/** The same YAML with two blanks for each level; undefined when it is not YAML. */
export function formatYaml(text: string): string | undefined {
  const document = parseDocument(text);
  if (document.errors.length > 0) return undefined;
  try {
    return document.toString({ lineWidth: 0, indentSeq: true });
  } catch {
    return undefined; // an alias without its anchor
  }
}
