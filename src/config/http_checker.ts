// What `HTTP_GET` and `SSL_GET` have of their own, and their `url` blocks.
import { compileRegex } from "../base/regex.ts";
import type { HttpUrl } from "../ports/probes.ts";
import type { CheckedUrl, UrlPattern } from "./config.ts";
import type { Report } from "./diagnostic.ts";
import { definedOnly, field, type Fields, type Given, type Printed, printFields, readFields } from "./fields.ts";
import { childrenNamed, lastNamed, type Statement } from "./statement.ts";
import { reject, rejectMissing, valuePlace, type ValueType } from "./value_type.ts";
import { boolean, flag, integer, oneOf, oneWord, requestWord, word } from "./values.ts";
import { integers, words } from "./values_composite.ts";

/** Keywords of `HTTP_GET` and `SSL_GET` beside those of all checkers. */
export const HTTP_FIELDS = {
  virtualhost: field("virtualHost", requestWord),
  http_protocol: field("protocol", oneOf<"1.0" | "1.0C" | "1.1">({ "1.0": "1.0", "1.0C": "1.0C", "1.1": "1.1" })),
  fast_recovery: field("fastRecovery", boolean),
  enable_sni: field("sendsServerName", boolean),
  sni_name: field("serverName", word("NAME")),
  nb_get_retry: field("oldRetry", integer({ min: 0, max: 4_294_967_295 })),
  tls_compliant: field("tlsCompliant", boolean),
} satisfies Fields;

const MAX_OFFSET = 4_294_967_295;

/** Codes and ranges, `200 301-302`. */
export const statusCodes: ValueType<HttpUrl["statusCodes"]> = {
  form: "CODE[-CODE]...",
  schema: {
    oneOf: [
      { type: "integer", minimum: 100, maximum: 599 },
      { type: "string" },
      { type: "array", items: { type: ["integer", "string"] } },
    ],
  },
  splits: true,
  read: (statement, report) => {
    if (statement.args.length === 0) return rejectMissing(statement, "codes from 100 to 599", report);
    const ranges: HttpUrl["statusCodes"][number][] = [];
    for (const [at, arg] of statement.args.entries()) {
      const [, from = "", to = from] = /^(\d{3})(?:-(\d{3}))?$/.exec(arg.text) ?? [];
      const range = { from: Number(from), to: Number(to) };
      if (from === "" || range.from < 100 || range.to > 599 || range.from > range.to) {
        return reject(statement, "must be codes or ranges from 100 to 599", report, { at });
      }
      ranges.push(range);
    }
    return ranges;
  },
  print: (ranges) => ranges.map(({ from, to }) => from === to ? String(from) : `${from}-${to}`),
};

/** An MD5 sum in hexadecimal digits. */
const digest: ValueType<string> = {
  form: "MD5",
  schema: { type: "string", pattern: "^[0-9a-fA-F]{32}$" },
  read: (statement, report) => {
    const text = oneWord(statement, "an MD5 sum", report);
    if (text === undefined || /^[0-9a-f]{32}$/i.test(text)) return text?.toLowerCase();
    return reject(statement, "must have 32 hexadecimal digits", report);
  },
  print: (value) => [value],
};

/** Keywords of `url`. */
export const URL_FIELDS = {
  path: field("path", requestWord),
  digest: field("digest", digest),
  status_code: field("statusCodes", statusCodes),
  virtualhost: field("virtualHost", requestWord),
  regex: field("pattern", word("PATTERN")),
  regex_no_match: field("negated", flag),
  regex_options: field("options", words("OPTION...")),
  regex_min_offset: field("minOffset", integer({ min: 0, max: MAX_OFFSET }, "BYTES")),
  regex_max_offset: field("maxOffset", integer({ min: 0, max: MAX_OFFSET }, "BYTES")),
  regex_stack: field("stack", integers({ min: 1, max: MAX_OFFSET }, "START MAX")),
  tls_compliant: field("tlsCompliant", boolean),
} satisfies Fields;

const ANY_SUCCESS: HttpUrl["statusCodes"] = [{ from: 200, to: 299 }];

/** Reads a url; undefined when it has no path, which it has reported then. */
export function readUrl(statement: Statement, report: Report): CheckedUrl | undefined {
  const { path, statusCodes = ANY_SUCCESS, virtualHost, digest, tlsCompliant, ...regex } = readFields(
    statement,
    URL_FIELDS,
    report,
  );
  if (path === undefined) {
    if (childrenNamed(statement, "path").length > 0) return undefined;
    report.add("value-ignored", statement.keyword, "this `url` has no `path`, so it is left out", {
      help: "add `path /`",
    });
    return undefined;
  }
  const pattern = patternOf(regex);
  const isSearched = pattern === undefined || checkPattern(statement, pattern, report);
  return {
    path,
    statusCodes,
    ...definedOnly({ virtualHost, digest, regex: isSearched ? pattern : undefined, tlsCompliant }),
  };
}

type PatternWords = Pick<
  Given<typeof URL_FIELDS>,
  "pattern" | "negated" | "options" | "minOffset" | "maxOffset" | "stack"
>;

function patternOf(
  { pattern, negated = false, options = [], stack, ...offsets }: PatternWords,
): UrlPattern | undefined {
  if (pattern === undefined) return undefined;
  const [start, max] = stack ?? [];
  const sizes = start === undefined || max === undefined ? {} : { stack: [start, max] as const };
  return { pattern, negated, options, ...offsets, ...sizes };
}

/** A pattern that can't be searched for would take every server out, so it is left out. */
function checkPattern(statement: Statement, { pattern, options }: UrlPattern, report: Report): boolean {
  const compiled = compileRegex(pattern, options);
  if (compiled.ok) return true;
  const place = lastNamed(statement, "regex") ?? statement;
  report.add("invalid-value", valuePlace(place), `\`regex\` is left out: the pattern ${compiled.reason}`);
  return false;
}

/** Writes a url. */
export function printUrl({ regex, ...url }: CheckedUrl): Printed {
  const flat = { ...url, ...regex, ...(regex?.options.length === 0 ? { options: undefined as never } : {}) };
  return {
    keyword: "url",
    words: [],
    block: printFields(flat, { statusCodes: ANY_SUCCESS, negated: false }, URL_FIELDS),
  };
}
