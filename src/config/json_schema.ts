// The JSON Schema of holdfast.yaml, made from the tables of keywords and their types.
import { FORMAT_KEYWORD, newestFormat } from "./format/formats.ts";
import { IPVS_SCHEMA } from "./ipvs_config.ts";
import { HTTP_SCHEMAS } from "./http_config.ts";
import { sectionOf, SECTIONS } from "./keywords.ts";
import { OWN_BLOCKS } from "./own_blocks.ts";
import { ownBlock, ownKeyword, ownKeywordsOf } from "./own_keywords.ts";
import type { BlockName, SectionName } from "./section.ts";
import { typeOf } from "./types.ts";
import type { JsonSchema } from "./value_type.ts";
import { HAPROXY_SCHEMA } from "./haproxy_config.ts";
import { FENCING_SCHEMA, WITNESS_SCHEMA } from "./witness_config.ts";
import { LINE_HEADS, OWN_SECTIONS, shapeOf } from "./yaml_shape.ts";

/** What the schema says beside the grammar. */
export interface SchemaOptions {
  /** A sentence about a keyword, for the editor to show. */
  readonly describe: (section: BlockName, keyword: string) => string | undefined;
}

const DRAFT = "https://json-schema.org/draft/2020-12/schema";

/** The whole schema, the same for the same tables. */
export function jsonSchema(options: SchemaOptions): JsonSchema {
  const definitions: Record<string, JsonSchema> = {};
  for (const [name, section] of Object.entries(SECTIONS)) {
    if (name === "root" || name === "unknown" || section.values !== undefined) continue;
    definitions[definitionName(name)] = blockSchema(name as SectionName, options);
  }
  for (const name of Object.keys(OWN_BLOCKS)) definitions[name] = blockSchema(name as BlockName, options);
  return {
    $schema: DRAFT,
    title: "holdfast.yaml",
    description: "Configuration of Holdfast: the words of keepalived.conf(5), in YAML.",
    ...blockSchema("root", options),
    $defs: definitions,
  };
}

function blockSchema(section: BlockName, options: SchemaOptions): JsonSchema {
  const properties: Record<string, JsonSchema> = section === "root" ? ownSections() : {};
  for (const [keyword, { opens, use }] of sectionOf(section).keywords) {
    if (use !== undefined) continue; // old names are refused in YAML
    const description = options.describe(section, keyword);
    const schema = opens === undefined ? typeOf(section, keyword)?.schema ?? {} : openedSchema(section, keyword, opens);
    properties[keyword] = description === undefined ? schema : { description, ...schema };
  }
  for (const keyword of ownKeywordsOf(section)) {
    const block = ownBlock(section, keyword);
    const schema = block === undefined ? typeOf(section, keyword)?.schema : openedSchema(section, keyword, block);
    properties[keyword] = { description: ownKeyword(section, keyword), ...schema };
  }
  return { type: "object", additionalProperties: false, properties };
}

/** They have their place; until they are carried out, nothing may stand in them. */
function ownSections(): Record<string, JsonSchema> {
  const missing = Object.fromEntries(
    Object.entries(OWN_SECTIONS).map((
      [name, purpose],
    ) => [name, { description: `${purpose}; not carried out yet`, not: {} }]),
  );
  return {
    [FORMAT_KEYWORD]: {
      description: "format of the file, for `holdfast migrate`; default 1",
      type: "integer",
      minimum: 1,
      maximum: newestFormat(),
    },
    ...HTTP_SCHEMAS,
    witness: WITNESS_SCHEMA,
    fencing: FENCING_SCHEMA,
    ipvs: IPVS_SCHEMA,
    haproxy: HAPROXY_SCHEMA,
    ...missing,
  };
}

function openedSchema(section: BlockName, keyword: string, opens: BlockName): JsonSchema {
  const block = { $ref: `#/$defs/${definitionName(opens)}` };
  switch (shapeOf(section, keyword, opens)) {
    case "block":
      return { anyOf: [block, { type: "null" }, { type: "array", items: block }] };
    case "named":
      return { type: "object", additionalProperties: block };
    case "lines":
      return linesSchema(opens);
    case "named-lines":
      return { type: "object", additionalProperties: linesSchema(opens) };
    case "services":
      return { type: "array", items: serviceSchema(keyword, opens) };
  }
}

function linesSchema(section: BlockName): JsonSchema {
  const head = LINE_HEADS[section];
  const mapping = head === undefined ? [] : [{ type: "object", required: section === "services" ? [] : [head] }];
  return { type: "array", items: { anyOf: [{ type: ["string", "number"] }, ...mapping] } };
}

/** `address` and `port` stand among the keywords. */
function serviceSchema(keyword: string, opens: BlockName): JsonSchema {
  const port = { type: "integer", minimum: 0, maximum: 65_535 };
  const address = { type: "string", description: "IPv4 or IPv6 address" };
  const own = keyword === "virtual_server"
    ? { address, port, fwmark: { type: "integer", minimum: 1, maximum: 4_294_967_295 }, group: { type: "string" } }
    : { address, port };
  const block = `#/$defs/${definitionName(opens)}`;
  const usual = [...sectionOf(opens).keywords].filter(([, { use }]) => use === undefined).map(([name]) => name);
  const properties = Object.fromEntries(
    [...usual, ...ownKeywordsOf(opens)].map((name) => [name, { $ref: `${block}/properties/${name}` }]),
  );
  return { type: "object", additionalProperties: false, properties: { ...own, ...properties } };
}

function definitionName(section: string): string {
  return section.replace(/\W+/g, "_");
}
