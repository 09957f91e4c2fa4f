// `include` and its stricter relatives: from a pattern to the files that it means. Reads folders by a given function.

/** What an include needs of the file system. */
export interface Files {
  /** Text of a file; undefined when it can't be read. */
  readonly read: (path: string) => string | undefined;
  /** Names in a folder; undefined when it can't be read. */
  readonly list: (path: string) => readonly string[] | undefined;
}

/** What counts as a failure of an include (keepalived.conf(5), include_check). */
export interface IncludeRules {
  /** A file that matches can't be read. */
  readonly readable: boolean;
  /** Nothing matches at all. */
  readonly match: boolean;
  /** A wildcard matches nothing. */
  readonly wildcardMatch: boolean;
  /** One of the alternatives in braces matches nothing. */
  readonly braceMatch: boolean;
}

const LENIENT: IncludeRules = { readable: false, match: false, wildcardMatch: false, braceMatch: false };
const STRICT: IncludeRules = { readable: true, match: true, wildcardMatch: true, braceMatch: true };

/** Each word of the family with its rules; plain `include` has those of `include_check`. */
export const INCLUDE_WORDS: ReadonlyMap<string, IncludeRules | "include_check"> = new Map<
  string,
  IncludeRules | "include_check"
>([
  ["include", "include_check"],
  ["includer", { ...LENIENT, readable: true }],
  ["includem", { ...LENIENT, match: true }],
  ["includew", { ...LENIENT, match: true, wildcardMatch: true }],
  ["includeb", { ...LENIENT, braceMatch: true }],
  ["includea", STRICT],
]);

/** What plain `include` does as long as no `include_check` says otherwise. */
export const DEFAULT_RULES = LENIENT;

/** Rules after `include_check [+|-]NAME...`: without a sign the names are all that holds, without names everything is. */
export function checkedRules(words: readonly string[], before: IncludeRules): IncludeRules {
  if (words.length === 0) return STRICT;
  const keeps = /^[+-]/.test(words[0] ?? "");
  const rules: Record<string, boolean> = { ...(keeps ? before : LENIENT) };
  for (const word of words) {
    const [, sign, name = ""] = /^([+-]?)(\w+)$/.exec(word) ?? [];
    const rule =
      { readable: "readable", match: "match", wildcard_match: "wildcardMatch", brace_match: "braceMatch" }[name];
    if (rule !== undefined) rules[rule] = sign !== "-";
  }
  return rules as unknown as IncludeRules;
}

/** What a pattern came to. */
export interface Matches {
  readonly files: readonly string[];
  /** Alternatives that match nothing. */
  readonly missing: readonly { readonly pattern: string; readonly isWildcard: boolean; readonly isBrace: boolean }[];
}

/** More alternatives than this are not looked at. */
const MAX_ALTERNATIVES = 1000;

/** The files that a pattern means: braces first, then `*`, `?` and `[...]`, sorted by name, as glob(7) does. */
export function matchFiles(pattern: string, folder: string, files: Files): Matches {
  const alternatives = expandBraces(pattern).slice(0, MAX_ALTERNATIVES);
  const found: string[] = [];
  const missing: Matches["missing"][number][] = [];
  for (const alternative of alternatives) {
    const path = resolveBeside(folder, alternative);
    const isWildcard = /[*?[]/.test(alternative);
    const matches = isWildcard ? walk(path, files) : files.read(path) === undefined ? [] : [path];
    found.push(...matches);
    if (matches.length === 0) missing.push({ pattern: alternative, isWildcard, isBrace: alternatives.length > 1 });
  }
  return { files: [...new Set(found)], missing };
}

/** A file name as the including file means it: relative to that file's folder. */
export function resolveBeside(folder: string, file: string): string {
  return file.startsWith("/") || folder === "" ? file : `${folder.replace(/\/$/, "")}/${file}`;
}

/** The folder of a file; empty when it has none in its name. */
export function folderOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash === -1 ? "" : path.slice(0, slash) || "/";
}

function expandBraces(pattern: string): string[] {
  const open = pattern.indexOf("{");
  const close = open === -1 ? -1 : matchingBrace(pattern, open);
  if (close === -1) return [pattern];
  const before = pattern.slice(0, open);
  const rest = pattern.slice(close + 1);
  const options = splitTopLevel(pattern.slice(open + 1, close));
  const all: string[] = [];
  for (const option of options) {
    for (const expanded of expandBraces(`${option}${rest}`)) {
      if (all.push(before + expanded) > MAX_ALTERNATIVES) return all;
    }
  }
  return all;
}

function matchingBrace(text: string, open: number): number {
  let depth = 0;
  for (let at = open; at < text.length; at++) {
    if (text[at] === "{") depth++;
    else if (text[at] === "}" && --depth === 0) return at;
  }
  return -1;
}

function splitTopLevel(text: string): string[] {
  const parts = [""];
  let depth = 0;
  for (const char of text) {
    if (char === "{") depth++;
    if (char === "}") depth--;
    if (char === "," && depth === 0) parts.push("");
    else parts[parts.length - 1] += char;
  }
  return parts;
}

/** Follows a path with wildcards folder by folder. */
function walk(path: string, files: Files): string[] {
  const segments = path.split("/");
  let found = [segments[0] === "" ? "/" : ""];
  for (const [index, segment] of segments.entries()) {
    if (segment === "") continue;
    const isLast = index === segments.length - 1;
    const join = (folder: string, name: string): string => resolveBeside(folder, name);
    if (!/[*?[]/.test(segment)) found = found.map((folder) => join(folder, segment));
    else {
      const expression = toExpression(segment);
      found = found.flatMap((folder) =>
        (files.list(folder === "" ? "." : folder) ?? []).filter((name) => expression.test(name)).toSorted()
          .map((name) => join(folder, name))
      );
    }
    if (isLast) found = found.filter((name) => files.read(name) !== undefined);
  }
  return found;
}

function toExpression(segment: string): RegExp {
  let source = segment.startsWith(".") ? "" : "(?!\\.)";
  for (let at = 0; at < segment.length; at++) {
    const char = segment.charAt(at);
    const set = char === "[" ? /^\[(!?)(\]?[^\]]*)\]/.exec(segment.slice(at)) : null;
    if (set !== null) {
      source += `[${set[1] === "!" ? "^" : ""}${(set[2] ?? "").replace(/[\\\]^]/g, "\\$&")}]`;
      at += set[0].length - 1;
    } else if (char === "*") source += source.endsWith("[^/]*") ? "" : "[^/]*";
    else if (char === "?") source += "[^/]";
    else source += char.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  }
  try {
    return new RegExp(`^${source}$`);
  } catch {
    return /^$/;
  }
}
