// A `VirtualServer` to the statements that say it: what all its checkers have in common stands once, in the virtual server.
import {
  BFD_CHECK_FIELDS,
  DNS_FIELDS,
  FILE_CHECK_FIELDS,
  MISC_FIELDS,
  REPEATED_FIELDS,
  SERVER_TIMING_FIELDS,
  SMTP_FIELDS,
  SOURCE_FIELDS,
  UDP_FIELDS,
  usualTiming,
} from "./checkers.ts";
import type { Checker, CheckerCommon, RealServer, VirtualServer } from "./config.ts";
import { definedOnly, type Fields, type Printed, printFields } from "./fields.ts";
import { HTTP_FIELDS, printUrl } from "./http_checker.ts";
import { OWN_CHECKER_KEYWORDS, printOwnChecker } from "./own_checkers.ts";
import { OWN_REAL_SERVER_FIELDS, OWN_VIRTUAL_SERVER_FIELDS } from "./own_keywords.ts";
import { REAL_SERVER_FIELDS } from "./real_server.ts";
import { flagWords, SERVER_FIELDS, serviceWords } from "./virtual_server.ts";

type Timing = Required<Pick<CheckerCommon, TimingName>>;
type TimingName = "delayLoopMs" | "connectTimeoutMs" | "retry" | "delayBeforeRetryMs" | "warmupMs";
const TIMING_NAMES: readonly TimingName[] = [
  "delayLoopMs",
  "connectTimeoutMs",
  "retry",
  "delayBeforeRetryMs",
  "warmupMs",
];

/** Writes a virtual server. */
export function printVirtualServer(server: VirtualServer): Printed {
  const shared = sharedTiming(server);
  const sorry = server.sorryServer;
  const { tunnel, forwardingMethod } = server;
  const isForMark = server.fwmark !== undefined;
  const hasPersistence = server.persistenceTimeoutSeconds > 0;
  const isVersion6 = server.address.includes(":") || server.family === 6;
  const values = {
    ...server,
    ...shared,
    forwarding: { forwardingMethod, ...definedOnly({ tunnel }) },
    ...(isForMark ? { protocol: undefined } : {}),
    ...(hasPersistence ? {} : { persistenceTimeoutSeconds: undefined }),
    ...(sorry === undefined ? {} : {
      sorry: { address: sorry.address, ...(sorry.port === 0 ? {} : { port: sorry.port }) },
      sorryInhibit: sorry.inhibit,
      sorryForwarding: { forwardingMethod: sorry.forwardingMethod, ...definedOnly({ tunnel: sorry.tunnel }) },
    }),
  };
  const defaults = {
    quorum: 1,
    hysteresis: 0,
    alpha: false,
    omega: false,
    suspendsWithAddress: false,
    sorryInhibit: false,
    sorryForwarding: values.forwarding,
    persistencePrefixLength: isVersion6 ? 128 : 32,
  };
  return {
    keyword: "virtual_server",
    words: serviceWords(server),
    block: [
      ...printFields(values as never, defaults as never, SERVER_FIELDS as Fields),
      ...printFields(server, {}, OWN_VIRTUAL_SERVER_FIELDS),
      ...flagWords(server).map((keyword) => ({ keyword, words: [] })),
      ...server.realServers.map((real) => printRealServer(real, { server, shared })),
    ],
  };
}

interface Surroundings {
  readonly server: VirtualServer;
  readonly shared: Partial<Timing>;
}

function printRealServer(real: RealServer, { server, shared }: Surroundings): Printed {
  const own = { forwardingMethod: real.forwardingMethod, ...definedOnly({ tunnel: real.tunnel }) };
  const inherited = { forwardingMethod: server.forwardingMethod, ...definedOnly({ tunnel: server.tunnel }) };
  const defaults = {
    weight: 1,
    forwarding: inherited,
    inhibitOnFailure: false,
    upperThreshold: 0,
    lowerThreshold: 0,
  };
  return {
    keyword: "real_server",
    words: real.port === 0 ? [real.address] : [real.address, String(real.port)],
    block: [
      ...printFields({ ...real, forwarding: own } as never, defaults as never, REAL_SERVER_FIELDS as Fields),
      ...printFields(real, {}, OWN_REAL_SERVER_FIELDS),
      ...real.checkers.map((checker) => printChecker(checker, { real, shared })),
    ],
  };
}

/** The keyword of each kind of checker. */
export const CHECKER_KEYWORDS: Readonly<Record<Checker["type"], string>> = {
  tcp: "TCP_CHECK",
  http: "HTTP_GET",
  https: "SSL_GET",
  udp: "UDP_CHECK",
  ping: "PING_CHECK",
  smtp: "SMTP_CHECK",
  dns: "DNS_CHECK",
  misc: "MISC_CHECK",
  bfd: "BFD_CHECK",
  file: "FILE_CHECK",
  ...OWN_CHECKER_KEYWORDS,
};

function printChecker(checker: Checker, { real, shared }: { real: RealServer; shared: Partial<Timing> }): Printed {
  const keyword = CHECKER_KEYWORDS[checker.type];
  const hasTarget = checker.type !== "bfd" && checker.type !== "file" && checker.type !== "misc";
  const common = checker.type === "bfd"
    ? printFields(checker, {}, { alpha: BFD_CHECK_FIELDS.alpha })
    : checker.type === "file"
    ? []
    : printCommon(checker, { keyword: checker.type, target: real, shared, hasTarget });
  return { keyword, words: [], block: [...common, ...printOwn(checker, shared)] };
}

/** Target, timing and source of a checker, as far as they are not what counts anyway. */
function printCommon(
  checker: CheckerCommon,
  { keyword, target, shared, hasTarget }: {
    keyword: Checker["type"];
    target: { readonly address: string; readonly port: number };
    shared: Partial<Timing>;
    hasTarget: boolean;
  },
): Printed[] {
  const usual = {
    ...usualTiming(keyword, checker.delayLoopMs),
    delayLoopMs: usualTiming(keyword).delayLoopMs,
    ...shared,
  };
  const { connect_timeout: connectTimeout, ...repeated } = SERVER_TIMING_FIELDS;
  const timing = hasTarget ? { connect_timeout: connectTimeout, ...repeated } : repeated;
  const isElsewhere = hasTarget && checker.address !== target.address;
  const saysPort = keyword === "agent" || checker.port !== target.port;
  const hasOtherPort = hasTarget && saysPort && checker.port !== 0;
  return [
    ...(isElsewhere ? [{ keyword: "connect_ip", words: [checker.address] }] : []),
    ...(hasOtherPort ? [{ keyword: "connect_port", words: [String(checker.port)] }] : []),
    ...printFields(checker as never, usual as never, timing as Fields),
    ...printFields(checker, {}, { alpha: REPEATED_FIELDS.alpha, log_all_failures: REPEATED_FIELDS.log_all_failures }),
    ...(hasTarget ? printFields(checker.source ?? {}, {}, SOURCE_FIELDS) : []),
  ];
}

function printOwn(checker: Checker, shared: Partial<Timing>): Printed[] {
  switch (checker.type) {
    case "tcp":
    case "ping":
      return [];
    case "http":
    case "https": {
      const protocol = checker.closesConnection ? "1.0C" : checker.httpVersion;
      const { nb_get_retry: _, ...fields } = HTTP_FIELDS;
      return [
        ...printFields({ ...checker, protocol } as never, { protocol: "1.0" } as never, fields as Fields),
        ...checker.urls.map(printUrl),
      ];
    }
    case "udp": {
      const { expectedReply: given, requiresReply, ...rest } = checker;
      const expectedReply = requiresReply ? given ?? "" : undefined;
      const values = definedOnly({ ...rest, expectedReply });
      return printFields(values as never, { minReplyLength: 0, maxReplyLength: 255 } as never, UDP_FIELDS as Fields);
    }
    case "dns":
      return printFields(checker, { queryType: "SOA", queryName: "." }, DNS_FIELDS);
    case "smtp":
      return [
        ...printFields(checker as never, {}, SMTP_FIELDS as Fields),
        ...checker.hosts.map((host) => ({
          keyword: "host",
          words: [],
          block: printCommon(host, {
            keyword: "smtp",
            target: checker,
            shared: { ...shared, ...timingOf(checker) },
            hasTarget: true,
          }),
        })),
      ];
    case "misc": {
      const { user, group, command } = checker.script;
      const values = {
        ...checker,
        script: { command },
        ...(user === undefined ? {} : { user: definedOnly({ user, group }) }),
      };
      return printFields(values as never, { timeoutMs: 0, dynamicWeight: false } as never, MISC_FIELDS as Fields);
    }
    case "bfd":
      return [{ keyword: "name", words: [checker.instance] }];
    case "file":
      return printFields(checker as never, {}, FILE_CHECK_FIELDS as Fields);
    case "agent":
    case "tls":
    case "grpc":
    case "mysql":
    case "postgresql":
    case "redis":
      return printOwnChecker(checker);
    default:
      return checker satisfies never;
  }
}

function timingOf(checker: CheckerCommon): Timing {
  return Object.fromEntries(TIMING_NAMES.map((name) => [name, checker[name]])) as unknown as Timing;
}

/** Timing that all checkers share and that is not usual: it is said once. */
function sharedTiming({ realServers }: VirtualServer): Partial<Timing> {
  const checkers = realServers.flatMap((server) => server.checkers);
  const shared: Partial<Record<TimingName, number>> = {};
  for (const name of TIMING_NAMES) {
    const [first] = checkers;
    if (first === undefined || !checkers.every((checker) => checker[name] === first[name])) continue;
    const isUsual = checkers.every((checker) => usualTiming(checker.type, checker.delayLoopMs)[name] === checker[name]);
    const isDelay = name === "delayLoopMs" && first.delayLoopMs !== usualTiming(first.type).delayLoopMs;
    const isAllowed = name !== "retry" || first.retry >= 1;
    if ((isDelay || (name !== "delayLoopMs" && !isUsual)) && isAllowed) shared[name] = first[name];
  }
  return shared;
}
