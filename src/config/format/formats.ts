// The formats of holdfast.yaml and the way from each to the next and back. A file says its own with `version:`; without, it is of
// the first one. So far there is one format, and there are no steps: the next one that changes the meaning of what is written
// adds a step here. New words need none.
import { type Document, isMap, isScalar, Pair, Scalar, type YAMLMap } from "yaml";

/** The way from one format to the next, and back. */
export interface FormatStep {
  /** The format that it leads to, from the one before. */
  readonly to: number;
  /** What is other in it, one sentence. */
  readonly what: string;
  readonly up: (document: Document) => void;
  /** @returns what the earlier format cannot say and is lost, a sentence each */
  readonly down: (document: Document) => readonly string[];
}

/** All of them, the first one first. */
export const FORMAT_STEPS: readonly FormatStep[] = [];

/** The keyword that tells it. */
export const FORMAT_KEYWORD = "version";

/** What was done on the way. */
export interface Migration {
  readonly done: readonly string[];
  readonly lost: readonly string[];
}

/** The newest format. */
export function newestFormat(steps: readonly FormatStep[] = FORMAT_STEPS): number {
  return 1 + steps.length;
}

/** The format that a file says it is of; undefined when what it says is no format. */
export function formatOf(document: Document): number | undefined {
  if (!isMap(document.contents) || !document.has(FORMAT_KEYWORD)) return 1;
  const value = document.get(FORMAT_KEYWORD);
  return Number.isSafeInteger(value) && Number(value) >= 1 ? Number(value) : undefined;
}

/**
 * Brings a document to another format, step by step.
 *
 * @param from that it is of; this and `to` are at most the newest
 */
export function migrate(
  document: Document,
  { from, to }: { readonly from: number; readonly to: number },
  steps: readonly FormatStep[] = FORMAT_STEPS,
): Migration {
  if (!isMap(document.contents)) return { done: [], lost: [] }; // empty, or what will be refused
  const up = steps.filter((step) => step.to > from && step.to <= to);
  const down = steps.filter((step) => step.to > to && step.to <= from).reverse();
  for (const step of up) step.up(document);
  const lost = down.flatMap((step) => [...step.down(document)]);
  setFormat(document, to);
  return { done: [...up.map(({ what }) => what), ...down.map(({ what }) => `back from: ${what}`)], lost };
}

/** The first format needs no word: files are older than it. */
function setFormat(document: Document, format: number): void {
  if (!isMap(document.contents)) return;
  const map = document.contents as YAMLMap;
  const known = map.items.find(({ key }) => isScalar(key) && key.value === FORMAT_KEYWORD);
  if (format === 1) map.delete(FORMAT_KEYWORD);
  else if (known === undefined) map.items.unshift(new Pair(new Scalar(FORMAT_KEYWORD), new Scalar(format)));
  else map.set(FORMAT_KEYWORD, format);
}
