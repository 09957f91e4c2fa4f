// `virtual_server`: its keywords to a `VirtualServer`, with keepalived's defaults and corrections. IPv4 addresses only.
import { formatKey, type ForwardingMethod, type Protocol } from "../core/ipvs/table.ts";
import { requestWord, TIMING_ROWS } from "./checkers.ts";
import type { RealServer, SorryServer, VirtualServer } from "./config.ts";
import { placeOf, type Report } from "./diagnostic.ts";
import { type Endpoint, forcePort, lvsMethod, readEndpoint, readRealServer } from "./real_server.ts";
import { lastOf, readBlock, type Values } from "./read_block.ts";
import { childrenNamed, headOf, type Statement } from "./statement.ts";
import { flag, integer, type Located, oneOf, type Reader, reject, word } from "./values.ts";

/** Seconds of persistence when none are given (keepalived: IPVS_SVC_PERSISTENT_TIMEOUT). */
const DEFAULT_PERSISTENCE_SECONDS = 360;
const SCHEDULERS = ["rr", "wrr", "lc", "wlc", "lblc", "lblcr", "sh", "mh", "dh", "fo", "ovf", "sed", "nq", "twos"];

const scheduler = oneOf(Object.fromEntries(SCHEDULERS.map((name) => [name, name])));

const persistenceTimeout: Reader<number> = (statement, report) =>
  statement.args.length === 0
    ? { value: DEFAULT_PERSISTENCE_SECONDS, location: statement.keyword }
    : integer({ min: 1, max: 2_678_400 })(statement, report);

/** A mask or a prefix length, as prefix length. */
const granularity: Reader<number> = (statement, report) => {
  const text = word(statement, report);
  if (text === undefined) return undefined;
  const length = /^\d{1,2}$/.test(text.value) ? Number(text.value) : prefixOfMask(text.value);
  if (length !== undefined && length >= 1 && length <= 32) return { value: length, location: text.location };
  return reject(statement, text.location, "must be a mask such as `255.255.255.0`, or 1 to 32", report);
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

const FLAG_ROWS = {
  hashed: flag,
  ops: flag,
  "flag-1": flag,
  "sh-fallback": flag,
  "mh-fallback": flag,
  "flag-2": flag,
  "sh-port": flag,
  "mh-port": flag,
  "flag-3": flag,
};

/** Keywords of `virtual_server` that are carried out and hold one value. */
export const SERVER_ROWS = {
  ...TIMING_ROWS,
  ...FLAG_ROWS,
  retry: integer({ min: 1, max: 4_294_967_295 }),
  lvs_sched: scheduler,
  lb_algo: scheduler,
  lvs_method: lvsMethod,
  lb_kind: lvsMethod,
  protocol: oneOf<Protocol>({ TCP: "tcp", UDP: "udp", SCTP: "sctp" }, { anyCase: true }),
  persistence_timeout: persistenceTimeout,
  persistence_granularity: granularity,
  alpha: flag,
  quorum: integer({ min: 1, max: 2_147_483_647 }),
  hysteresis: integer({ min: 0, max: 2_147_483_647 }),
  sorry_server: readEndpoint,
  sorry_server_lvs_method: lvsMethod,
  virtualhost: requestWord,
  inhibit_on_failure: flag,
  weight: integer({ min: 1, max: 2_147_483_647 }),
};

type ServerValues = Values<typeof SERVER_ROWS>;

/** Reads one virtual server; undefined when it can't be one, which it has reported then. */
export function readVirtualServer(statement: Statement, report: Report): VirtualServer | undefined {
  const values = readBlock(statement, SERVER_ROWS, report);
  const address = readServiceAddress(statement, report);
  if (address === undefined || statement.block === undefined) return undefined;
  const service = {
    address: address.value.address,
    port: address.value.port ?? 0,
    ...basicsOf(statement, values, report),
  };
  const realServers = childrenNamed(statement, "real_server").map((child) =>
    readRealServer(child, { service, values }, report)
  ).filter((server) => server !== undefined);
  const distinct = withoutTwins(realServers, report);
  const sorryServer = values.sorry_server && sorryServerOf(values.sorry_server, values, service, report);
  return {
    name: formatKey({ kind: "address", ...service }),
    ...service,
    flags: flagsOf(values),
    ...persistenceOf(address, values, report),
    ...quorumOf(values, distinct, report),
    alpha: values.alpha !== undefined,
    ...(sorryServer === undefined ? {} : { sorryServer }),
    realServers: distinct,
    location: placeOf(headOf(statement)),
  };
}

function readServiceAddress(statement: Statement, report: Report): Located<Endpoint> | undefined {
  const [kind] = statement.args;
  if (kind?.text === "fwmark" || kind?.text === "group") {
    report.add("not-supported-yet", kind, `\`virtual_server ${kind.text}\` is not supported yet`, {
      help: "write a `virtual_server ADDRESS PORT` for each address",
    });
    return undefined;
  }
  return readEndpoint(statement, report);
}

type Basics = Pick<VirtualServer, "protocol" | "scheduler" | "forwardingMethod">;

/** What keepalived warns of when it is not said. */
function basicsOf(statement: Statement, values: ServerValues, report: Report): Basics {
  const missing = (keywords: string[], fallback: string): void => {
    if (childrenNamed(statement, ...keywords).length > 0) return;
    report.add("default-used", headOf(statement), `\`${keywords[0]}\` is missing, so \`${fallback}\` is used`);
  };
  missing(["protocol"], "UDP");
  missing(["lvs_sched", "lb_algo"], "wlc");
  missing(["lvs_method", "lb_kind"], "NAT");
  return {
    protocol: values.protocol?.value ?? "udp",
    scheduler: lastOf(values.lvs_sched, values.lb_algo)?.value ?? "wlc",
    forwardingMethod: lastOf(values.lvs_method, values.lb_kind)?.value ?? "nat",
  };
}

function flagsOf(values: ServerValues): number {
  const names = Object.keys(FLAGS) as (keyof typeof FLAGS)[];
  return names.filter((name) => values[name] !== undefined).reduce((flags, name) => flags | FLAGS[name], 0);
}

type Persistence = Pick<VirtualServer, "persistenceTimeoutSeconds" | "persistencePrefixLength">;

/** A granularity implies persistence, and so does port 0: the kernel has services for all ports only with it. */
function persistenceOf(address: Located<Endpoint>, values: ServerValues, report: Report): Persistence {
  const persistencePrefixLength = values.persistence_granularity?.value ?? 32;
  const given = values.persistence_timeout?.value;
  if (given !== undefined) return { persistenceTimeoutSeconds: given, persistencePrefixLength };
  const isForAllPorts = (address.value.port ?? 0) === 0;
  const isImplied = isForAllPorts || values.persistence_granularity !== undefined;
  if (isForAllPorts) {
    const message =
      `a virtual server without a port has persistence, ${DEFAULT_PERSISTENCE_SECONDS} seconds if not said`;
    report.add("default-used", address.location, message);
  }
  return { persistenceTimeoutSeconds: isImplied ? DEFAULT_PERSISTENCE_SECONDS : 0, persistencePrefixLength };
}

/** Quorum above the total weight is reduced to it, hysteresis to less than the quorum. */
function quorumOf(
  values: ServerValues,
  realServers: readonly RealServer[],
  report: Report,
): Pick<VirtualServer, "quorum" | "hysteresis"> {
  const total = realServers.reduce((sum, server) => sum + server.weight, 0);
  let quorum = values.quorum?.value ?? 1;
  if (values.quorum !== undefined && quorum > total) {
    const message = `\`quorum\` ${quorum} can't be reached: all weights together are ${total}`;
    quorum = Math.max(1, total);
    report.add("quorum-unreachable", values.quorum.location, `${message}, so ${quorum} is used`);
  }
  let hysteresis = values.hysteresis?.value ?? 0;
  if (values.hysteresis !== undefined && hysteresis >= quorum) {
    const message = `\`hysteresis\` ${hysteresis} must be less than the quorum of ${quorum}, so ${quorum - 1} is used`;
    if (hysteresis > 0) report.add("hysteresis-too-large", values.hysteresis.location, message);
    hysteresis = quorum - 1;
  }
  return { quorum, hysteresis };
}

function sorryServerOf(
  sorry: Located<Endpoint>,
  values: ServerValues,
  service: { readonly port: number; readonly forwardingMethod: ForwardingMethod },
  report: Report,
): SorryServer {
  const forwardingMethod = values.sorry_server_lvs_method?.value ?? service.forwardingMethod;
  const port = forcePort(sorry, { port: service.port, forwardingMethod }, report);
  return { address: sorry.value.address, port, forwardingMethod };
}

/** keepalived drops the second of two real servers with the same address and port. */
function withoutTwins(realServers: readonly RealServer[], report: Report): RealServer[] {
  const seen = new Map<string, RealServer>();
  for (const server of realServers) {
    const key = `${server.address} ${server.port}`;
    const first = seen.get(key);
    if (first === undefined) seen.set(key, server);
    else {
      report.add(
        "duplicate-real-server",
        server.location,
        `real server \`${key}\` is listed twice, this one is ignored`,
        {
          related: [{ message: "first listed here", location: first.location }],
        },
      );
    }
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
