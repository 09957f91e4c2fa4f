// `TCP_CHECK` and `HTTP_GET`: their keywords to a `Checker`, with what real server and virtual server hand down.
import type { HttpUrl } from "../ports/probes.ts";
import type { Checker, CheckerCommon } from "./config.ts";
import type { Report } from "./diagnostic.ts";
import { lastOf, readBlock, type Values } from "./read_block.ts";
import { childrenNamed, headOf, type Statement } from "./statement.ts";
import { integer, ipv4, type Located, oneOf, type Reader, reject, seconds, word } from "./values.ts";

const MAX_SECONDS = 4294;

/** Timing that a checker, its real server and its virtual server may all set. */
export const TIMING_ROWS = {
  connect_timeout: seconds({ min: 0.000001, max: MAX_SECONDS }),
  retry: integer({ min: 0, max: 4_294_967_295 }),
  delay_before_retry: seconds({ min: 0, max: MAX_SECONDS }),
  warmup: seconds({ min: 0, max: MAX_SECONDS }),
  delay_loop: seconds({ min: 0.000001, max: MAX_SECONDS }),
};

/** Keywords of `TCP_CHECK` that are carried out. */
export const TCP_ROWS = { ...TIMING_ROWS, connect_ip: ipv4, connect_port: integer({ min: 1, max: 65535 }) };

/** A word without blanks or control characters, as it may stand in a request. */
export const requestWord: Reader<string> = (statement, report) => {
  const text = word(statement, report);
  // deno-lint-ignore no-control-regex -- control characters are what has to be kept out of a request
  if (text === undefined || /^[^\x00-\x20\x7f]+$/.test(text.value)) return text;
  return reject(statement, text.location, "must have no blanks or control characters", report);
};

/** Keywords of `HTTP_GET` that are carried out. */
export const HTTP_ROWS = {
  ...TCP_ROWS,
  nb_get_retry: TIMING_ROWS.retry,
  virtualhost: requestWord,
  http_protocol: oneOf<"1.0" | "1.1">({ "1.0": "1.0", "1.0C": "1.0", "1.1": "1.1" }),
};

/** Keywords of `url` that are carried out. */
export const URL_ROWS = { path: requestWord, status_code: statusCodes, virtualhost: requestWord };

/** What a checker takes from the blocks around it. */
export interface CheckerDefaults {
  readonly address: string;
  /** The real server's port as written. */
  readonly port: number;
  readonly virtualHost?: string | undefined;
  /** Nearest first: real server, virtual server. */
  readonly timings: readonly Timing[];
}

/** What one block says of timing. */
export type Timing = Values<typeof TIMING_ROWS>;

/** Reads all checkers of a real server that are carried out, in order. */
export function readCheckers(realServer: Statement, defaults: CheckerDefaults, report: Report): Checker[] {
  return (realServer.block?.statements ?? []).flatMap((child): Checker[] => {
    if (child.block === undefined) return [];
    if (child.keyword.text === "TCP_CHECK") return [readTcpCheck(child, defaults, report)];
    if (child.keyword.text === "HTTP_GET") return [readHttpGet(child, defaults, report)];
    return [];
  });
}

function readTcpCheck(statement: Statement, defaults: CheckerDefaults, report: Report): Checker {
  const values = readBlock(statement, TCP_ROWS, report);
  return { type: "tcp", ...common(values, { ...defaults, delayBeforeRetryMs: 1000 }) };
}

function readHttpGet(statement: Statement, defaults: CheckerDefaults, report: Report): Checker {
  const { nb_get_retry, ...values } = readBlock(statement, HTTP_ROWS, report);
  const retry = lastOf(values.retry, nb_get_retry);
  const urls = childrenNamed(statement, "url").map((url) => readUrl(url, report));
  if (urls.length === 0) {
    report.add("missing-url", headOf(statement), "`HTTP_GET` has no `url`, so it would check nothing", {
      help: "add `url { path / }`",
    });
  }
  const virtualHost = values.virtualhost?.value ?? defaults.virtualHost;
  return {
    type: "http",
    ...common({ ...values, ...(retry === undefined ? {} : { retry }) }, { ...defaults, delayBeforeRetryMs: 3000 }),
    urls: urls.filter((url) => url !== undefined),
    ...(virtualHost === undefined ? {} : { virtualHost }),
    httpVersion: values.http_protocol?.value ?? "1.0",
  };
}

/** The first of checker, real server, virtual server that says it; else keepalived's default. */
function common(
  values: Values<typeof TCP_ROWS>,
  defaults: CheckerDefaults & { readonly delayBeforeRetryMs: number },
): CheckerCommon {
  const say = (name: keyof Timing): number | undefined =>
    [values, ...defaults.timings].find((timing) => timing[name] !== undefined)?.[name]?.value;
  const milliseconds = (name: keyof Timing): number | undefined => {
    const us = say(name);
    return us === undefined ? undefined : Math.ceil(us / 1000);
  };
  const delayLoopMs = milliseconds("delay_loop") ?? 60_000;
  return {
    address: values.connect_ip?.value ?? defaults.address,
    port: values.connect_port?.value ?? defaults.port,
    connectTimeoutMs: milliseconds("connect_timeout") ?? 5000,
    delayLoopMs,
    retry: say("retry") ?? 1,
    delayBeforeRetryMs: milliseconds("delay_before_retry") ?? defaults.delayBeforeRetryMs,
    warmupMs: milliseconds("warmup") ?? delayLoopMs,
  };
}

function readUrl(statement: Statement, report: Report): HttpUrl | undefined {
  const values = readBlock(statement, URL_ROWS, report);
  if (values.path === undefined) {
    if (childrenNamed(statement, "path").length > 0) return undefined;
    report.add("missing-argument", statement.keyword, "`url` needs a `path`", { help: "add `path /`" });
    return undefined;
  }
  return {
    path: values.path.value,
    statusCodes: values.status_code?.value ?? [{ from: 200, to: 299 }],
    ...(values.virtualhost === undefined ? {} : { virtualHost: values.virtualhost.value }),
  };
}

/** A list of codes and ranges, `200 301-302`. */
function statusCodes(statement: Statement, report: Report): Located<HttpUrl["statusCodes"]> | undefined {
  const [first] = statement.args;
  if (first === undefined) {
    report.add("missing-argument", statement.keyword, "`status_code` needs codes from 100 to 599");
    return undefined;
  }
  const ranges: HttpUrl["statusCodes"][number][] = [];
  for (const arg of statement.args) {
    const [, from = "", to = from] = /^(\d{3})(?:-(\d{3}))?$/.exec(arg.text) ?? [];
    const range = { from: Number(from), to: Number(to) };
    if (from === "" || range.from < 100 || range.to > 599 || range.from > range.to) {
      return reject(statement, arg, "must be codes or ranges from 100 to 599", report, arg.text);
    }
    ranges.push(range);
  }
  return { value: ranges, location: first };
}
