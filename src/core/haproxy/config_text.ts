// What Holdfast makes of a user's haproxy.cfg before HAProxy reads it: binds on virtual addresses work while the address is
// elsewhere, and servers come back from a reload as an operator left them. All else stays as it is written.
import { formatIp, parseIp } from "../../base/ip.ts";
import { type ConfigWord, configWords } from "./lines.ts";

/** The text for HAProxy, and what was found in the user's. */
export interface PreparedConfig {
  readonly text: string;
  /** By line of `text`, from 0: the line of the user's text that it comes from, from 1. */
  readonly origins: readonly number[];
  /** Addresses with ports on which it listens, where they can be told. */
  readonly binds: readonly Bind[];
  /** Keywords of its `global` sections. */
  readonly globals: ReadonlySet<string>;
  /** Lines that were left out, with the reason. */
  readonly leftOut: readonly { readonly line: number; readonly why: string }[];
}

/** One address of a `bind`. */
export interface Bind {
  readonly line: number;
  readonly address: string;
  /** Ports. */
  readonly first: number;
  readonly last: number;
  readonly udp: boolean;
}

/** Keywords that begin a section (HAProxy's configuration manual, chapters 2 to 4 and 8). */
const SECTIONS: ReadonlySet<string> = new Set(
  ("global defaults frontend backend listen peers resolvers mailers userlist cache program http-errors ring " +
    "fcgi-app log-forward log-profile traces acme crt-store").split(" "),
);
/** Sections with `bind`. */
const LISTENING: ReadonlySet<string> = new Set(["frontend", "listen"]);
/** Sections with `server`. */
const SERVING: ReadonlySet<string> = new Set(["backend", "listen"]);
/** Longer texts are HAProxy's to judge, not ours to rewrite. */
export const MAX_CONFIG_CHARACTERS = 16 << 20;

/**
 * Prepares a configuration.
 *
 * @param virtual addresses that VRRP moves, as `formatIp` writes them
 * @param folder where the user's file is: HAProxy reads a copy elsewhere
 */
export function prepareConfig(text: string, virtual: ReadonlySet<string>, folder: string): PreparedConfig {
  const lines: string[] = [];
  const origins: number[] = [];
  const binds: Bind[] = [];
  const globals = new Set<string>();
  const leftOut: { line: number; why: string }[] = [];
  let section = "";
  for (const [index, line] of text.split("\n").entries()) {
    const number = index + 1;
    const put = (changed: string): void => {
      lines.push(changed);
      origins.push(number);
    };
    const words = configWords(line);
    const [first, second] = words;
    const keyword = first?.text ?? "";
    if (SECTIONS.has(keyword)) {
      section = keyword;
      put(line);
      // First in the section, so that a line of the user's own has the last word.
      if (SERVING.has(section)) put("    load-server-state-from-file global");
      continue;
    }
    if (section === "global") {
      globals.add(keyword);
      if (keyword === "server-state-file") {
        leftOut.push({ line: number, why: "Holdfast keeps the file of the servers' states itself" });
        put("");
        continue;
      }
      if (keyword === "default-path" && (second?.text === "config" || second?.text === "parent")) {
        const origin = second.text === "config" ? folder : folder.slice(0, folder.lastIndexOf("/"));
        put(`${line.slice(0, second.start)}origin ${quoted(origin || "/")}${line.slice(second.end)}`);
        continue;
      }
    }
    if (keyword !== "bind" || second === undefined || !LISTENING.has(section)) {
      put(line);
      continue;
    }
    const found = addressesOf(second, number);
    binds.push(...found);
    put(
      needsTransparent(found, words, virtual)
        ? `${line.slice(0, second.end)} transparent${line.slice(second.end)}`
        : line,
    );
  }
  return { text: lines.join("\n"), origins, binds, globals, leftOut };
}

/** On `*` it would take traffic that is for others; where it is said already, twice would be too much. */
function needsTransparent(found: readonly Bind[], words: readonly ConfigWord[], virtual: ReadonlySet<string>): boolean {
  if (words.some(({ text }) => text === "transparent")) return false;
  if (found.some(({ address }) => address === "*")) return false;
  return found.some(({ address }) => virtual.has(address));
}

/** A text as one word. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'"'"'`)}'`;
}

/** The addresses of a bind: `ADDRESS:PORT`, separated by commas, with or without a family before `@`. */
function addressesOf({ text }: ConfigWord, line: number): Bind[] {
  return text.split(",").flatMap((entry): Bind[] => {
    const [, family = "", rest = ""] = entry.match(/^(?:([a-z0-9+]+)@)?(.*)$/s) ?? [];
    if (/unix|abns|fd|sockpair/.test(family) || rest.startsWith("/")) return [];
    const at = rest.lastIndexOf(":");
    if (at < 0) return [];
    const [first = NaN, last = first] = rest.slice(at + 1).split("-").map(Number);
    const address = plainAddress(rest.slice(0, at));
    if (address === undefined || !Number.isInteger(first) || !Number.isInteger(last)) return [];
    return [{ line, address, first, last, udp: /quic|udp/.test(family) }];
  });
}

/** As `formatIp` writes it; `*` for every address; undefined for names and variables. */
function plainAddress(text: string): string | undefined {
  const bare = text.replace(/^\[(.*)\]$/, "$1");
  if (bare === "" || bare === "*" || bare === "0.0.0.0" || bare === "::") return "*";
  const ip = parseIp(bare);
  return ip === undefined ? undefined : formatIp(ip);
}
