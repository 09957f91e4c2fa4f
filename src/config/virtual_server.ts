// `virtual_server`: its keywords to a `VirtualServer`, with keepalived's defaults and corrections.
import { formatKey, type Protocol } from "../core/ipvs/table.ts";
import { SERVER_TIMING_FIELDS } from "./checkers.ts";
import type { RealServer, SorryServer, VirtualServer } from "./config.ts";
import { placeOf, type Report } from "./diagnostic.ts";
import { type Endpoint, endpoint, forcePort, type Forwarding, lvsMethod, withoutPort } from "./endpoint.ts";
import { definedOnly, field, type Fields, firstField, type Given, readFields } from "./fields.ts";
import { hasOwnKeywords, OWN_VIRTUAL_SERVER_FIELDS } from "./own_keywords.ts";
import { readRealServer } from "./real_server.ts";
import { childrenNamed, headOf, lastNamed, type Statement } from "./statement.ts";
import { reject, rejectMissing, valuePlace, type ValueType } from "./value_type.ts";
import { flag, integer, oneOf, oneWord, readNumber, requestWord, word } from "./values.ts";
import { optional, script } from "./values_composite.ts";

/** Seconds of persistence when none are given (keepalived: IPVS_SVC_PERSISTENT_TIMEOUT). */
export const DEFAULT_PERSISTENCE_SECONDS = 360;
const SCHEDULERS = ["rr", "wrr", "lc", "wlc", "lblc", "lblcr", "sh", "mh", "dh", "fo", "ovf", "sed", "nq", "twos"];
const MAX_INT = 2_147_483_647;

const scheduler = oneOf(Object.fromEntries(SCHEDULERS.map((name) => [name, name])));

/** A mask or a prefix length, as prefix length. */
const granularity: ValueType<number> = {
  form: "MASK|LENGTH",
  schema: { type: ["string", "integer"] },
  read: (statement, report) => {
    const text = oneWord(statement, "a mask or a prefix length", report);
    if (text === undefined) return undefined;
    const length = /^\d{1,3}$/.test(text) ? Number(text) : prefixOfMask(text);
    if (length !== undefined && length >= 1 && length <= 128) return length;
    return reject(statement, "must be a mask such as `255.255.255.0`, or 1 to 128", report);
  },
  print: (value) => [String(value)],
};

/** Flags of the kernel's services (linux/ip_vs.h); `hashed` is the kernel's own and changes nothing. */
const FLAGS = {
  hashed: 0,
  ops: 4,
  "flag-1": 8,
  "sh-fallback": 8,
  "mh-fallback": 8,
  "flag-2": 16,
  "sh-port": 16,
  "mh-port": 16,
  "flag-3": 32,
};

/** Keywords that set a flag. */
export const FLAG_FIELDS = {
  hashed: field("hashed", flag),
  ops: field("ops", flag),
  "flag-1": field("flag-1", flag),
  "sh-fallback": field("sh-fallback", flag),
  "mh-fallback": field("mh-fallback", flag),
  "flag-2": field("flag-2", flag),
  "sh-port": field("sh-port", flag),
  "mh-port": field("mh-port", flag),
  "flag-3": field("flag-3", flag),
} satisfies Fields;

/** Keywords of `virtual_server` beside flags and real servers. */
export const SERVER_FIELDS = {
  ...SERVER_TIMING_FIELDS,
  retry: field("retry", integer({ min: 1, max: 4_294_967_295 })),
  ip_family: field("family", oneOf<4 | 6>({ inet: 4, inet6: 6 })),
  lvs_sched: field("scheduler", scheduler),
  lb_algo: field("scheduler", scheduler),
  lvs_method: field("forwarding", lvsMethod),
  lb_kind: field("forwarding", lvsMethod),
  protocol: field("protocol", oneOf<Protocol>({ TCP: "tcp", UDP: "udp", SCTP: "sctp" }, { anyCase: true })),
  persistence_timeout: field(
    "persistenceTimeoutSeconds",
    optional(integer({ min: 1, max: 2_678_400 }, "SECONDS"), DEFAULT_PERSISTENCE_SECONDS),
  ),
  persistence_granularity: field("persistencePrefixLength", granularity),
  persistence_engine: field("persistenceEngine", word("NAME")),
  alpha: field("alpha", flag),
  omega: field("omega", flag),
  ha_suspend: field("suspendsWithAddress", flag),
  quorum: field("quorum", integer({ min: 1, max: 4_294_967_295 })),
  hysteresis: field("hysteresis", integer({ min: 0, max: 4_294_967_295 })),
  quorum_up: firstField("quorumUp", script),
  quorum_down: firstField("quorumDown", script),
  sorry_server: field("sorry", endpoint),
  sorry_server_lvs_method: field("sorryForwarding", lvsMethod),
  sorry_server_inhibit: field("sorryInhibit", flag),
  virtualhost: field("virtualHost", requestWord),
  snmp_name: field("label", word("NAME")),
  smtp_alert: field(
    "mails",
    optional(oneOf({ on: true, off: false, true: true, false: false, yes: true, no: false }), true),
  ),
  inhibit_on_failure: field("inhibitOnFailure", flag),
  weight: field("weight", integer({ min: 1, max: MAX_INT })),
} satisfies Fields;

type Values = Given<typeof SERVER_FIELDS>;
const NAT: Forwarding = { forwardingMethod: "nat" };

/** What a virtual server is for. */
interface Service {
  readonly address: string;
  readonly port: number;
  readonly fwmark?: number;
  readonly group?: string;
}

/** Reads one virtual server; undefined when it can't be one, which it has reported then. */
export function readVirtualServer(statement: Statement, report: Report): VirtualServer | undefined {
  const values = readFields(statement, SERVER_FIELDS, report);
  const given = readService(statement, report);
  if (given === undefined || statement.block === undefined) return undefined;
  const { location, ...service } = given;
  const forwarding = values.forwarding ?? NAT;
  const basics = basicsOf(statement, { values, service }, report);
  const realServers = childrenNamed(statement, "real_server").map((child) =>
    readRealServer(child, {
      ...forwarding,
      port: service.group === undefined ? service.port : undefined,
      isMark: service.fwmark !== undefined,
      timing: values,
      weight: values.weight ?? 1,
      inhibitOnFailure: values.inhibitOnFailure ?? false,
      virtualHost: values.virtualHost,
    }, report)
  ).filter((server) => server !== undefined);
  const distinct = withoutTwins(realServers, report);
  const sorryServer = values.sorry && sorryServerOf(values.sorry, { values, service, forwarding }, report);
  if (distinct.length === 0) {
    const hasWrongOnes = childrenNamed(statement, "real_server").length > 0;
    const which = hasWrongOnes ? "`real_server` that can be used" : "`real_server`";
    // What is wrong with each has been said: where that refuses the file, it is enough.
    if (!hasWrongOnes || !report.isStrict) {
      report.add("no-real-server", headOf(statement), `this virtual server has no ${which}, so it is left out`);
    }
    return undefined;
  }
  const { label, mails, quorumUp, quorumDown, persistenceEngine, family } = values;
  return {
    name: nameOfService(service, basics.protocol),
    ...service,
    ...basics,
    ...definedOnly({ family, label, quorumUp, quorumDown, persistenceEngine }),
    flags: flagsOf(statement, report),
    ...persistenceOf({ ...service, location }, values, report),
    ...quorumOf(statement, { values, realServers: distinct }, report),
    alpha: values.alpha ?? false,
    omega: values.omega ?? false,
    suspendsWithAddress: values.suspendsWithAddress ?? false,
    ...(mails === undefined ? {} : { mails }),
    ...(sorryServer === undefined ? {} : { sorryServer }),
    realServers: distinct,
    ...(hasOwnKeywords(statement) ? readFields(statement, OWN_VIRTUAL_SERVER_FIELDS, report) : {}),
    location: placeOf(headOf(statement)),
  };
}

function readService(statement: Statement, report: Report): (Service & Pick<Endpoint, "location">) | undefined {
  const [kind, value] = statement.args;
  if (kind?.text === "fwmark") {
    const rule = "needs a firewall mark from 1 to 4294967295";
    if (value === undefined) return rejectMissing(statement, "a number behind `fwmark`", report);
    const limits = { min: 1, max: 4_294_967_295, rule, pattern: /^\d{1,10}/, at: 1 };
    const fwmark = readNumber(statement, value.text, limits, report);
    return fwmark === undefined ? undefined : { address: "", port: 0, fwmark, location: value };
  }
  if (kind?.text === "group") {
    if (value === undefined) return rejectMissing(statement, "a name behind `group`", report);
    return { address: "", port: 0, group: value.text, location: value };
  }
  const address = endpoint.read(statement, report);
  return address && { address: address.address, port: address.port ?? 0, location: address.location };
}

function nameOfService({ address, port, fwmark, group }: Service, protocol: Protocol): string {
  if (fwmark !== undefined) return `fwmark ${fwmark}`;
  if (group !== undefined) return `${protocol} group ${group}`;
  return formatKey({ kind: "address", protocol, address, port });
}

/** The words of a virtual server behind its keyword. */
export function serviceWords({ address, port, fwmark, group }: Service): string[] {
  if (fwmark !== undefined) return ["fwmark", String(fwmark)];
  if (group !== undefined) return ["group", group];
  return port === 0 ? [address] : [address, String(port)];
}

type Basics = Pick<VirtualServer, "protocol" | "scheduler" | "forwardingMethod" | "tunnel">;

/** What keepalived warns of when it is not said. */
function basicsOf(
  statement: Statement,
  { values, service }: { values: Values; service: Service },
  report: Report,
): Basics {
  const missing = (keyword: string, value: unknown, fallback: string): void => {
    if (value !== undefined) return;
    report.add("default-used", headOf(statement), `\`${keyword}\` is missing, so \`${fallback}\` is used`);
  };
  if (service.fwmark === undefined) missing("protocol", values.protocol, "UDP");
  else if (values.protocol !== undefined) {
    const place = lastNamed(statement, "protocol") ?? statement;
    report.add("value-ignored", valuePlace(place), "`protocol` is ignored: a firewall mark stands for all of them");
  }
  missing("lvs_sched", values.scheduler, "wlc");
  missing("lvs_method", values.forwarding, "NAT");
  return {
    protocol: service.fwmark === undefined ? values.protocol ?? "udp" : "tcp",
    scheduler: values.scheduler ?? "wlc",
    ...values.forwarding ?? NAT,
  };
}

function flagsOf(statement: Statement, report: Report): number {
  const given = readFields(statement, FLAG_FIELDS, report);
  const names = Object.keys(FLAGS) as (keyof typeof FLAGS)[];
  return names.filter((name) => given[name] !== undefined).reduce((flags, name) => flags | FLAGS[name], 0);
}

/** The keywords of flags: those of the scheduler where it has its own. */
export function flagWords({ flags, scheduler }: Pick<VirtualServer, "flags" | "scheduler">): string[] {
  const own = scheduler === "sh" || scheduler === "mh";
  const first = own ? `${scheduler}-fallback` : "flag-1";
  const second = own ? `${scheduler}-port` : "flag-2";
  const pairs: [number, string][] = [[4, "ops"], [8, first], [16, second], [32, "flag-3"]];
  return pairs.filter(([bit]) => (flags & bit) !== 0).map(([, name]) => name);
}

type Persistence = Pick<VirtualServer, "persistenceTimeoutSeconds" | "persistencePrefixLength">;

/** A granularity implies persistence, and so does port 0: the kernel has services for all ports only with it. */
function persistenceOf(
  service: Service & Pick<Endpoint, "location">,
  values: Values,
  report: Report,
): Persistence {
  const isVersion6 = service.address.includes(":") || values.family === 6;
  const persistencePrefixLength = values.persistencePrefixLength ?? (isVersion6 ? 128 : 32);
  const given = values.persistenceTimeoutSeconds;
  if (given !== undefined) return { persistenceTimeoutSeconds: given, persistencePrefixLength };
  const isForAllPorts = service.port === 0 && service.fwmark === undefined && service.group === undefined;
  const isImplied = isForAllPorts || values.persistencePrefixLength !== undefined;
  if (isForAllPorts) {
    const message =
      `a virtual server without a port has persistence, ${DEFAULT_PERSISTENCE_SECONDS} seconds if not said`;
    report.add("default-used", service.location, message);
  }
  return { persistenceTimeoutSeconds: isImplied ? DEFAULT_PERSISTENCE_SECONDS : 0, persistencePrefixLength };
}

/** Quorum above the total weight is reduced to it, hysteresis to less than the quorum. */
function quorumOf(
  statement: Statement,
  { values, realServers }: { values: Values; realServers: readonly RealServer[] },
  report: Report,
): Pick<VirtualServer, "quorum" | "hysteresis"> {
  const total = realServers.reduce((sum, server) => sum + server.weight, 0);
  const place = (keyword: string): Statement => lastNamed(statement, keyword) ?? statement;
  let quorum = values.quorum ?? 1;
  if (values.quorum !== undefined && quorum > total) {
    const message = `\`quorum\` ${quorum} can't be reached: all weights together are ${total}`;
    quorum = Math.max(1, total);
    report.add("quorum-unreachable", valuePlace(place("quorum")), `${message}, so ${quorum} is used`);
  }
  let hysteresis = values.hysteresis ?? 0;
  if (values.hysteresis !== undefined && hysteresis >= quorum) {
    const message = `\`hysteresis\` ${hysteresis} must be less than the quorum of ${quorum}, so ${quorum - 1} is used`;
    if (hysteresis > 0) report.add("hysteresis-too-large", valuePlace(place("hysteresis")), message);
    hysteresis = quorum - 1;
  }
  return { quorum, hysteresis };
}

function sorryServerOf(
  sorry: Endpoint,
  { values, service, forwarding }: { values: Values; service: Service; forwarding: Forwarding },
  report: Report,
): SorryServer {
  const { forwardingMethod, tunnel } = values.sorryForwarding ?? forwarding;
  const port = service.fwmark !== undefined
    ? withoutPort(sorry, "sorry server", report)
    : service.group === undefined
    ? forcePort(sorry, { port: service.port, forwardingMethod }, report)
    : sorry.port ?? 0;
  return {
    address: sorry.address,
    port,
    forwardingMethod,
    ...definedOnly({ tunnel }),
    inhibit: values.sorryInhibit ?? false,
  };
}

/** So few servers are compared with one another faster than they are put into a table. */
const FEW = 24;

function hasTwinBefore(servers: readonly RealServer[], { address, port }: RealServer, at: number): boolean {
  for (let before = 0; before < at; before++) {
    const other = servers[before];
    if (other !== undefined && other.port === port && other.address === address) return true;
  }
  return false;
}

/** keepalived drops the second of two real servers with the same address and port. */
function withoutTwins(realServers: readonly RealServer[], report: Report): RealServer[] {
  if (realServers.length <= FEW && !realServers.some((server, at) => hasTwinBefore(realServers, server, at))) {
    return [...realServers];
  }
  const seen = new Map<string, RealServer>();
  for (const server of realServers) {
    const key = `${server.address} ${server.port}`;
    const first = seen.get(key);
    if (first === undefined) {
      seen.set(key, server);
      continue;
    }
    const message = `real server \`${key}\` is listed twice, this one is ignored`;
    report.add("duplicate-real-server", server.location, message, {
      related: [{ message: "first listed here", location: first.location }],
    });
  }
  return [...seen.values()];
}

/** Length of the run of ones of a netmask. */
function prefixOfMask(text: string): number | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (match === null) return undefined;
  const bits = match.slice(1).map((byte) => Number(byte).toString(2).padStart(8, "0")).join("");
  return /^1*0*$/.test(bits) && bits.length === 32 ? bits.lastIndexOf("1") + 1 : undefined;
}
