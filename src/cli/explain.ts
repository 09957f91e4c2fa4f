// `holdfast explain`: what a keyword means, at each of its places.
import { ipvsSetting } from "../config/ipvs_config.ts";
import { keywordIn, SECTIONS } from "../config/keywords.ts";
import { manualEntry } from "../config/manual/manual.ts";
import { isOwnBlock, meaningInBlock, OWN_BLOCKS } from "../config/own_blocks.ts";
import { ownKeyword, ownPlacesOf } from "../config/own_keywords.ts";
import { nearMiss } from "../config/near_miss.ts";
import type { SectionName } from "../config/section.ts";
import { typeOf } from "../config/types.ts";
import type { JsonSchema } from "../config/value_type.ts";
import { EXIT_FAILURE, EXIT_OK } from "./exit_status.ts";

/** @returns the exit status: failure when there is no such keyword */
export function explain(word: string): number {
  const places = placesOf(word);
  const ownBlocks = ownBlocksOf(word);
  if (ownBlocks.length > 0) console.log(ownBlocks.join("\n\n"));
  if (ownBlocks.length > 0 && places.length === 0) return EXIT_OK;
  if (ownBlocks.length > 0) console.log("");
  const ownPlaces = ownPlacesOf(word);
  const [first] = ownPlaces;
  if (first !== undefined && places.length === 0) {
    const form = typeOf(first, word)?.form ?? "";
    const head = form === "" ? word : `${word} ${form}`;
    console.log(`${head}    (in ${ownPlaces.join(", ")} of holdfast.yaml only)\n  ${ownKeyword(first, word)}`);
    return EXIT_OK;
  }
  const setting = ipvsSetting(word);
  if (setting !== undefined) {
    console.log(`${word}    (in ipvs of holdfast.yaml only)\n  ${setting}`);
    return EXIT_OK;
  }
  if (places.length === 0) {
    const near = nearMiss(word, new Set(Object.values(SECTIONS).flatMap(({ keywords }) => [...keywords.keys()])));
    console.error(
      `error: keepalived.conf has no keyword \`${word}\`${near === undefined ? "" : `: did you mean \`${near}\`?`}`,
    );
    return EXIT_FAILURE;
  }
  const texts = places.map((section) => describe(section, word));
  const merged = new Map<string, SectionName[]>();
  places.forEach((section, index) => {
    const text = texts[index] ?? "";
    merged.set(text, [...merged.get(text) ?? [], section]);
  });
  console.log([...merged].map(([text, sections]) => `${headline(word, sections)}\n${text}`).join("\n\n"));
  return EXIT_OK;
}

/** What a word means as a checker of our own, or within one. */
function ownBlocksOf(word: string): string[] {
  if (isOwnBlock(word)) {
    const words = [...OWN_BLOCKS[word].keywords.keys()].filter((name) => meaningInBlock(word, name) !== undefined);
    const own = words.map((name) => `    ${name} ${typeOf(word, name)?.form ?? ""}: ${meaningInBlock(word, name)}`);
    const text = `${word} { ... }    (in real_server of holdfast.yaml only)\n  ${meaningInBlock(word)}`;
    return [[text, ...own].join("\n")];
  }
  return Object.keys(OWN_BLOCKS).filter(isOwnBlock).flatMap((block) => {
    const meaning = meaningInBlock(block, word);
    const form = typeOf(block, word)?.form ?? "";
    return meaning === undefined ? [] : [`${word} ${form}    (in ${block} of holdfast.yaml only)\n  ${meaning}`];
  });
}

/** The kinds of blocks in which a word is a keyword. */
function placesOf(word: string): SectionName[] {
  return (Object.keys(SECTIONS) as SectionName[]).filter((section) => keywordIn(section, word) !== undefined);
}

function headline(word: string, sections: readonly SectionName[]): string {
  const [section = "root"] = sections;
  const form = typeOf(section, word)?.form ?? "";
  const block = keywordIn(section, word)?.opens === undefined ? "" : " { ... }";
  const places = [...new Set(sections.map((name) => SECTIONS[name].title))].join(", ");
  return `${word}${form === "" ? "" : ` ${form}`}${block}    (${sections[0] === "root" ? "" : "in "}${places})`;
}

function describe(section: SectionName, word: string): string {
  const keyword = keywordIn(section, word);
  const entry = manualEntry(section, word);
  const range = rangeOf(typeOf(section, word)?.schema);
  const effect = keyword?.effect;
  const lines: (readonly [string, string | undefined])[] = [
    ["range", range],
    ["default", entry?.fallback],
    ["old name of", keyword?.use],
    ["example", entry?.example.replaceAll("\n", `\n${" ".repeat(13)}`)],
    ["source", entry?.source],
    [
      "not yet",
      effect?.type === "not-carried-out"
        ? effect.consequence ?? "it is read and checked, but has no effect"
        : undefined,
    ],
  ];
  const details = lines.filter(([, text]) => text !== undefined).map(([name, text]) =>
    `  ${`${name}:`.padEnd(11)}${text}`
  );
  return [...(entry === undefined ? [] : [`  ${entry.meaning}`]), ...details].join("\n");
}

/** `1 to 255`, from the bounds of the first number in a schema. */
function rangeOf(schema: JsonSchema | undefined): string | undefined {
  if (schema === undefined) return undefined;
  const { minimum, maximum, anyOf, oneOf } = schema as {
    minimum?: number;
    maximum?: number;
    anyOf?: JsonSchema[];
    oneOf?: JsonSchema[];
  };
  if (minimum !== undefined && maximum !== undefined) return `${minimum} to ${maximum}`;
  return [...anyOf ?? [], ...oneOf ?? []].map(rangeOf).find((range) => range !== undefined);
}
