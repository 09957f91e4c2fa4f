// `encap` of a route, in the words of ip-route(8): which words belong to it, and what they say.
import { parseIp } from "../../base/ip.ts";
import type { RouteEncapsulation } from "../../wire/route.ts";
import { numberOf, WordProblem } from "./words.ts";

/** Options with a value, by the kind of tunnel. */
const OPTIONS: Readonly<Record<string, readonly string[]>> = {
  ip: ["id", "dst", "src", "tos", "ttl"],
  ip6: ["id", "dst", "src", "tc", "hoplimit"],
  mpls: ["ttl"],
  ila: ["csum-mode", "ident-type", "hook-type"],
};
const MAX_LABEL = 0xfffff;
const MAX_LABELS = 30;

/** How many words after `encap` belong to it: its kind, what stands right behind that, and its options. */
export function encapsulationLength(words: readonly string[]): number {
  const kind = words[0] ?? "";
  const options = Object.hasOwn(OPTIONS, kind) ? OPTIONS[kind] ?? [] : [];
  let length = Math.min(kind === "mpls" || kind === "ila" ? 2 : 1, words.length);
  while (options.includes(words[length] ?? "") && length + 1 < words.length) length += 2;
  return length;
}

/** Reads the words after `encap`. @throws WordProblem */
export function readEncapsulation([kind = "", ...words]: readonly string[]): RouteEncapsulation {
  if (kind === "mpls") return readMpls(words);
  if (kind === "ila") throw new WordProblem("`encap ila` is not carried out yet", "encap ila");
  if (kind !== "ip" && kind !== "ip6") {
    throw new WordProblem(`\`encap\` must be \`ip\`, \`ip6\`, \`mpls\` or \`ila\`, not \`${kind}\``);
  }
  const options = pairsOf(words);
  const address = (name: string): string | undefined => {
    const text = options.get(name);
    if (text === undefined || parseIp(text)?.length === (kind === "ip" ? 4 : 16)) return text;
    throw new WordProblem(`\`${name}\` of \`encap ${kind}\` must be an address of its family, not \`${text}\``);
  };
  const number = (name: string, max: number): number | undefined => {
    const text = options.get(name);
    return text === undefined ? undefined : numberOf(`encap ${kind} ${name}`, text, 0, max);
  };
  const [id, destination, source] = [number("id", Number.MAX_SAFE_INTEGER), address("dst"), address("src")];
  const ttl = number(kind === "ip" ? "ttl" : "hoplimit", 255);
  const tos = number(kind === "ip" ? "tos" : "tc", 255);
  return {
    type: kind,
    ...(id === undefined ? {} : { id }),
    ...(destination === undefined ? {} : { destination }),
    ...(source === undefined ? {} : { source }),
    ...(ttl === undefined ? {} : { ttl }),
    ...(tos === undefined ? {} : { tos }),
  };
}

function readMpls([stack = "", ...words]: readonly string[]): RouteEncapsulation {
  const labels = stack.split("/").map((label) => numberOf("encap mpls", label, 0, MAX_LABEL));
  if (labels.length > MAX_LABELS) throw new WordProblem(`\`encap mpls\` takes at most ${MAX_LABELS} labels`);
  const ttl = pairsOf(words).get("ttl");
  return { type: "mpls", labels, ...(ttl === undefined ? {} : { ttl: numberOf("encap mpls ttl", ttl, 0, 255) }) };
}

function pairsOf(words: readonly string[]): Map<string, string> {
  const pairs = new Map<string, string>();
  for (let at = 0; at + 1 < words.length; at += 2) pairs.set(words[at] ?? "", words[at + 1] ?? "");
  return pairs;
}
