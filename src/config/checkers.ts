// The checkers of a real server: their keywords to a `Checker`, with what real server and virtual server hand down.
import type { Checker, CheckerCommon, CheckSource } from "./config.ts";
import type { Report } from "./diagnostic.ts";
import { definedOnly, field, type Fields, firstField, type Given, readFields } from "./fields.ts";
import { HTTP_FIELDS, readUrl } from "./http_checker.ts";
import { childrenNamed, headOf, type Statement } from "./statement.ts";
import { isOwnBlock } from "./own_blocks.ts";
import { ownCheckerType, readOwnChecker } from "./own_checkers.ts";
import { hasOwnKeywords } from "./own_keywords.ts";
import { boolean, integer, interfaceName, ip, oneOf, seconds, word } from "./values.ts";
import { flag } from "./values.ts";
import { hexadecimal, port, script, userAndGroup, weight } from "./values_composite.ts";

const MAX_SECONDS = 4294;
const MAX_U32 = 4_294_967_295;
const positive = seconds({ min: 0.000001, max: MAX_SECONDS, as: "ms" });
const duration = seconds({ min: 0, max: MAX_SECONDS, as: "ms" });

/** Timing that a checker, its real server and its virtual server may all set. */
const TIMING_FIELDS = {
  delay_loop: field("delayLoopMs", positive),
  retry: field("retry", integer({ min: 0, max: MAX_U32 })),
  delay_before_retry: field("delayBeforeRetryMs", duration),
  warmup: field("warmupMs", duration),
} satisfies Fields;

/** Timing of a virtual or real server. */
export const SERVER_TIMING_FIELDS = {
  connect_timeout: field("connectTimeoutMs", positive),
  ...TIMING_FIELDS,
} satisfies Fields;

/** Timing as one block says it. */
export type Timing = Given<typeof SERVER_TIMING_FIELDS>;

/** Keywords that every checker has which repeats itself. */
export const REPEATED_FIELDS = {
  ...TIMING_FIELDS,
  alpha: field("alpha", boolean),
  log_all_failures: field("logsAllFailures", boolean),
} satisfies Fields;

/** Where a checker connects to. */
const TARGET_FIELDS = {
  connect_ip: field("address", ip),
  connect_port: field("port", port),
  connect_timeout: field("connectTimeoutMs", positive),
} satisfies Fields;

/** Where its packets come from. */
export const SOURCE_FIELDS = {
  bindto: field("address", ip),
  bind_port: field("port", port),
  bind_if: field("interface", interfaceName),
  fwmark: field("fwmark", integer({ min: 0, max: MAX_U32 })),
} satisfies Fields;

/** Keywords of `TCP_CHECK` and `PING_CHECK`, without those of the source. */
export const CONNECTION_FIELDS = { ...TARGET_FIELDS, ...REPEATED_FIELDS } satisfies Fields;

/** Keywords of `UDP_CHECK` of its own. */
export const UDP_FIELDS = {
  payload: field("payload", hexadecimal),
  require_reply: field("expectedReply", {
    ...hexadecimal,
    form: "[HEX]",
    schema: { oneOf: [{ type: "boolean" }, hexadecimal.schema] },
    read: readExpectedReply,
  }),
  min_reply_length: field("minReplyLength", integer({ min: 0, max: 65_535 }, "BYTES")),
  max_reply_length: field("maxReplyLength", integer({ min: 0, max: 65_535 }, "BYTES")),
} satisfies Fields;

/** Keywords of `DNS_CHECK` of its own. */
export const DNS_FIELDS = {
  type: field(
    "queryType",
    oneOf(Object.fromEntries(
      ["A", "NS", "CNAME", "SOA", "MX", "TXT", "AAAA", "RRSIG", "DNSKEY"].map((name) => [name, name]),
    )),
  ),
  name: firstField("queryName", word("NAME")),
} satisfies Fields;

/** Keywords of `SMTP_CHECK` of its own. */
export const SMTP_FIELDS = { helo_name: field("heloName", word("NAME")) } satisfies Fields;

/** Keywords of `MISC_CHECK` of its own. */
export const MISC_FIELDS = {
  misc_path: field("script", script),
  misc_timeout: field("timeoutMs", seconds({ min: 0, max: MAX_SECONDS, as: "ms", whole: true })),
  misc_dynamic: field("dynamicWeight", flag),
  user: field("user", userAndGroup),
} satisfies Fields;

/** Keywords of `BFD_CHECK`. */
export const BFD_CHECK_FIELDS = {
  name: field("instance", word("NAME")),
  alpha: field("alpha", boolean),
} satisfies Fields;

/** Keywords of `FILE_CHECK`. */
export const FILE_CHECK_FIELDS = {
  track_file: field("file", word("NAME")),
  weight: field("weight", weight(2_147_483_647)),
} satisfies Fields;

function readExpectedReply(statement: Statement, report: Report): string | undefined {
  return statement.args.length === 0 ? "" : hexadecimal.read(statement, report);
}

/** Tries and pauses where they differ from one kind of checker to the other (keepalived.conf(5)). */
interface Usual {
  readonly retry: number;
  /** Undefined: as long as from one check to the next. */
  readonly delayBeforeRetryMs?: number;
}

const USUAL: Usual = { retry: 1, delayBeforeRetryMs: 1000 };
const USUALS: Readonly<Partial<Record<Checker["type"], Usual>>> = {
  http: { retry: 1, delayBeforeRetryMs: 3000 },
  https: { retry: 1, delayBeforeRetryMs: 3000 },
  dns: { retry: 3 },
  misc: { retry: 0, delayBeforeRetryMs: 1000 },
};

/** What a checker takes from the blocks around it. */
export interface CheckerDefaults {
  readonly address: string;
  /** The real server's port as written. */
  readonly port: number;
  readonly virtualHost?: string | undefined;
  /** Nearest first: real server, virtual server. */
  readonly timings: readonly Timing[];
}

/** Timing of a checker of that kind when nobody says anything. */
export function usualTiming(type: Checker["type"], delayLoopMs = 60_000): Required<Timing> {
  const { retry, delayBeforeRetryMs = delayLoopMs } = USUALS[type] ?? USUAL;
  return { connectTimeoutMs: 5000, delayLoopMs, retry, delayBeforeRetryMs, warmupMs: delayLoopMs };
}

/** Stands for the weight of the `track_file`, which is known when everything has been read. */
export const NO_WEIGHT = { weight: NaN, reverse: false };

/** Checkers that connect to nothing. */
const CONNECTLESS: ReadonlySet<Checker["type"]> = new Set(["misc", "bfd", "file"]);

type Reader = (statement: Statement, defaults: CheckerDefaults, report: Report) => Checker | undefined;

const READERS: Readonly<Record<string, Reader>> = {
  TCP_CHECK: (statement, defaults, report) => ({ type: "tcp", ...common("tcp", statement, defaults, report) }),
  PING_CHECK: (statement, defaults, report) => ({ type: "ping", ...common("ping", statement, defaults, report) }),
  UDP_CHECK: readUdp,
  DNS_CHECK: readDns,
  SMTP_CHECK: readSmtp,
  HTTP_GET: (statement, defaults, report) => readHttp("http", statement, defaults, report),
  SSL_GET: (statement, defaults, report) => readHttp("https", statement, defaults, report),
  MISC_CHECK: readMisc,
  BFD_CHECK: readBfdCheck,
  FILE_CHECK: readFileCheck,
};

/** Reads all checkers of a real server, in order. */
export function readCheckers(realServer: Statement, defaults: CheckerDefaults, report: Report): Checker[] {
  const checkers: Checker[] = [];
  for (const child of realServer.block?.statements ?? []) {
    const name = child.keyword.text;
    if (child.block === undefined) continue;
    const checker = Object.hasOwn(READERS, name)
      ? READERS[name]?.(child, defaults, report)
      : isOwnBlock(name) && hasOwnKeywords(child)
      ? readOwnChecker(name, child, common(ownCheckerType(name), child, defaults, report), report)
      : undefined;
    if (checker !== undefined) checkers.push(checker);
  }
  return checkers;
}

/** The first of checker, real server, virtual server that says it; else keepalived's default. */
function common(
  type: Checker["type"],
  statement: Statement,
  defaults: CheckerDefaults,
  report: Report,
): CheckerCommon {
  const own = readFields(statement, CONNECTION_FIELDS, report);
  const { address, port, alpha, logsAllFailures } = own;
  const source: CheckSource = readFields(statement, SOURCE_FIELDS, report);
  const timings = [own, ...defaults.timings];
  const say = <K extends keyof Timing>(name: K): Timing[K] | undefined =>
    timings.find((timing) => timing[name] !== undefined)?.[name];
  const usual = usualTiming(type, say("delayLoopMs"));
  return {
    address: address ?? defaults.address,
    port: port ?? defaults.port,
    connectTimeoutMs: CONNECTLESS.has(type)
      ? usual.connectTimeoutMs
      : say("connectTimeoutMs") ?? usual.connectTimeoutMs,
    delayLoopMs: usual.delayLoopMs,
    retry: say("retry") ?? usual.retry,
    delayBeforeRetryMs: say("delayBeforeRetryMs") ?? usual.delayBeforeRetryMs,
    warmupMs: say("warmupMs") ?? usual.warmupMs,
    ...(alpha === undefined ? {} : { alpha }),
    ...(logsAllFailures === undefined ? {} : { logsAllFailures }),
    ...(Object.keys(source).length === 0 ? {} : { source }),
  };
}

function readHttp(
  type: "http" | "https",
  statement: Statement,
  defaults: CheckerDefaults,
  report: Report,
): Checker | undefined {
  const { protocol, virtualHost = defaults.virtualHost, ...given } = readFields(statement, HTTP_FIELDS, report);
  const urls = childrenNamed(statement, "url").map((url) => readUrl(url, report)).filter((url) => url !== undefined);
  const retries = childrenNamed(statement, "retry", "nb_get_retry").at(-1);
  const timing = retries?.keyword.text === "nb_get_retry" ? { retry: given.oldRetry } : {};
  const { oldRetry: _, ...settings } = given;
  if (urls.length === 0) {
    const name = statement.keyword.text;
    report.add("missing-url", headOf(statement), `\`${name}\` has no \`url\`, so it is left out`, {
      help: "add `url { path / }`",
    });
    return undefined;
  }
  return {
    type,
    ...common(type, statement, defaults, report),
    ...definedOnly(timing),
    urls,
    ...definedOnly({ virtualHost }),
    httpVersion: protocol === "1.1" ? "1.1" : "1.0",
    ...(protocol === "1.0C" ? { closesConnection: true } : {}),
    ...settings,
  };
}

function readUdp(statement: Statement, defaults: CheckerDefaults, report: Report): Checker {
  const { expectedReply, ...given } = readFields(statement, UDP_FIELDS, report);
  return {
    type: "udp",
    ...common("udp", statement, defaults, report),
    minReplyLength: 0,
    maxReplyLength: 255,
    ...given,
    requiresReply: expectedReply !== undefined,
    ...(expectedReply ? { expectedReply } : {}),
  };
}

function readDns(statement: Statement, defaults: CheckerDefaults, report: Report): Checker {
  const { queryType = "SOA", queryName = "." } = readFields(statement, DNS_FIELDS, report);
  return { type: "dns", ...common("dns", statement, defaults, report), queryType, queryName };
}

function readSmtp(statement: Statement, defaults: CheckerDefaults, report: Report): Checker {
  const own = common("smtp", statement, defaults, report);
  const inherited = { ...defaults, timings: [own, ...defaults.timings] };
  const hosts = childrenNamed(statement, "host").map((host) => common("smtp", host, inherited, report));
  return { type: "smtp", ...own, ...readFields(statement, SMTP_FIELDS, report), hosts };
}

function readMisc(statement: Statement, defaults: CheckerDefaults, report: Report): Checker | undefined {
  const { script: given, user, timeoutMs = 0, dynamicWeight = false } = readFields(statement, MISC_FIELDS, report);
  const own = common("misc", statement, defaults, report);
  if (given === undefined) {
    report.add("value-ignored", statement.keyword, "`MISC_CHECK` has no `misc_path`, so it is left out");
    return undefined;
  }
  return { type: "misc", ...own, script: { ...user, ...given }, timeoutMs, dynamicWeight };
}

function readBfdCheck(statement: Statement, defaults: CheckerDefaults, report: Report): Checker | undefined {
  const { instance } = readFields(statement, BFD_CHECK_FIELDS, report);
  if (instance !== undefined) return { type: "bfd", ...common("bfd", statement, defaults, report), instance };
  report.add("value-ignored", statement.keyword, "`BFD_CHECK` has no `name`, so it is left out");
  return undefined;
}

function readFileCheck(statement: Statement, defaults: CheckerDefaults, report: Report): Checker | undefined {
  const { file, weight: given } = readFields(statement, FILE_CHECK_FIELDS, report);
  if (file === undefined) {
    report.add("value-ignored", statement.keyword, "`FILE_CHECK` has no `track_file`, so it is left out");
    return undefined;
  }
  const own = common("file", { ...statement, block: { section: "FILE_CHECK", statements: [] } }, defaults, report);
  return { type: "file", ...own, file, path: "", weight: given ?? NO_WEIGHT };
}
