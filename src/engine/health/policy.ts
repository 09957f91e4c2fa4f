// From the configuration to the terms of the core: table entries, checker timings, time limits. No state.
import { addressesBetween, type Family, familyOf } from "../../base/ip.ts";
import type { CheckerTiming } from "../../core/health/verdict.ts";
import type { VirtualServerPolicy } from "../../core/health/virtual_server.ts";
import { canonicalKey } from "../../core/ipvs/diff.ts";
import type { RealServerEntry, VirtualServerEntry, VirtualServerKey } from "../../core/ipvs/table.ts";
import { commandWords } from "../../base/command_words.ts";
import type {
  Checker,
  CheckerCommon,
  GroupEntry,
  RealServer,
  SorryServer,
  VirtualServer,
} from "../../config/config.ts";
import { ownRequest } from "./own_requests.ts";
import type { DnsQueryType, ProbeRequest, ProbeTarget, ProbeTls } from "../../ports/probes.ts";

/** The keys that a virtual server has in the kernel: one, or those of all members of its group. */
export function keysOf(server: VirtualServer): [VirtualServerKey, ...VirtualServerKey[]] {
  const [first, ...more] = (server.members ?? []).flatMap((member) => keysOfMember(server, member));
  if (first !== undefined) return [first, ...more];
  if (server.fwmark !== undefined) return [{ kind: "fwmark", family: familyOfServer(server), fwmark: server.fwmark }];
  return [{ kind: "address", protocol: server.protocol, address: server.address, port: server.port }];
}

function keysOfMember(server: VirtualServer, member: GroupEntry): VirtualServerKey[] {
  if (member.kind === "fwmark") {
    return [{ kind: "fwmark", family: member.family ?? familyOfServer(server), fwmark: member.mark }];
  }
  return addressesBetween(member.first, member.last).map((address) => {
    return { kind: "address", protocol: server.protocol, address, port: member.port };
  });
}

/** What makes a virtual server the same one in another configuration: keepalived's match. */
export function identityOf(server: VirtualServer): string {
  return server.group === undefined ? canonicalKey(keysOf(server)[0]) : `${server.protocol} group ${server.group}`;
}

/** 4 or 6: of its address, else as it says, else of its real servers. */
function familyOfServer({ address, family, realServers, sorryServer }: VirtualServer): Family {
  if (address !== "") return familyOf(address);
  return family ?? familyOf(realServers[0]?.address ?? sorryServer?.address ?? "");
}

/** What decides about a virtual server. */
export function policyOf(server: VirtualServer): VirtualServerPolicy {
  const [first, ...more] = keysOf(server);
  const entries = [entryOf(server, first), ...more.map((key) => entryOf(server, key))] as const;
  const { sorryServer } = server;
  const common = { entries, quorum: server.quorum, hysteresis: server.hysteresis, ...poolOf(server) };
  if (sorryServer === undefined) return common;
  const { address, port, forwardingMethod } = sorryServer;
  const limits = { weight: 1, upperThreshold: 0, lowerThreshold: 0 };
  const sorry = { address, port, forwardingMethod, ...tunnelOf(sorryServer), ...limits };
  return { ...common, sorryServer: sorry, inhibitSorryServer: sorryServer.inhibit };
}

function poolOf({ backupBelow, failOpen, realServers }: VirtualServer): Partial<VirtualServerPolicy> {
  const rounds = realServers.flatMap(({ checkers }) => checkers.map(roundUs));
  return {
    ...(backupBelow === undefined ? {} : { backupBelow }),
    ...(failOpen === undefined ? {} : { failOpen: { mode: failOpen, windowUs: Math.max(0, ...rounds) } }),
  };
}

/** From the moment that a server fails until its checker has found it down, at most, microseconds. */
function roundUs(checker: Checker): number {
  const { delayLoopUs, retry, delayBeforeRetryUs } = timingOf(checker);
  return delayLoopUs + retry * delayBeforeRetryUs + (retry + 1) * limitOf(checker);
}

function entryOf(server: VirtualServer, key: VirtualServerKey): VirtualServerEntry {
  const oneClient = (key.kind === "fwmark" ? key.family : familyOf(key.address)) === 4 ? 32 : 128;
  const { persistenceTimeoutSeconds, persistencePrefixLength } = server;
  return {
    key,
    scheduler: server.scheduler,
    flags: server.flags,
    persistenceTimeoutSeconds,
    ...(server.persistenceEngine === undefined ? {} : { persistenceEngine: server.persistenceEngine }),
    // A group may have a prefix that only one of its families can have.
    persistencePrefixLength: persistenceTimeoutSeconds > 0 ? Math.min(persistencePrefixLength, oneClient) : oneClient,
  };
}

/** A real server as it stands in the table while it is up. */
export function realServerEntry(server: RealServer): RealServerEntry {
  const { address, port, forwardingMethod, weight, upperThreshold, lowerThreshold } = server;
  return { address, port, forwardingMethod, ...tunnelOf(server), weight, upperThreshold, lowerThreshold };
}

/** As the kernel keeps it: a port with gue only, `nocsum` is the same as nothing. */
function tunnelOf({ forwardingMethod, tunnel }: RealServer | SorryServer): Pick<RealServerEntry, "tunnel"> {
  if (forwardingMethod !== "tun" || tunnel === undefined) return {};
  const { type, port = 0, checksum } = tunnel;
  return {
    tunnel: {
      type,
      ...(type === "gue" ? { port } : {}),
      ...(checksum === "csum" || checksum === "remcsum" ? { checksum } : {}),
    },
  };
}

/** The server is down until the checker's first good result, unless the table says otherwise; the nearest one decides. */
export function startsDown(virtual: VirtualServer, real: RealServer, checker: Checker): boolean {
  return checker.alpha ?? real.alpha ?? virtual.alpha;
}

/** The patience of a checker. */
export function timingOf(checker: Checker): CheckerTiming {
  return {
    delayLoopUs: checker.delayLoopMs * 1000,
    // A session has had its patience already, and an agent means what it says.
    retry: checker.type === "bfd" || checker.type === "agent" ? 0 : checker.retry,
    delayBeforeRetryUs: checker.delayBeforeRetryMs * 1000,
  };
}

/** What keepalived calls itself in SMTP when nothing is said. */
const DEFAULT_HELO = "smtpchecker.keepalived.org";

/** What one check asks, in order; all of it must be right. */
export function requestsOf(checker: Checker): ProbeRequest[] {
  const target = targetOf(checker);
  switch (checker.type) {
    case "tcp":
    case "ping":
      return [{ type: checker.type, target }];
    case "http":
    case "https":
      return checker.urls.map((url) => httpRequest(checker, url, target));
    case "smtp": {
      const heloName = checker.heloName ?? DEFAULT_HELO;
      return [checker, ...checker.hosts].map((host) => ({ type: "smtp", target: targetOf(host), heloName }));
    }
    case "dns":
      return [{ type: "dns", target, name: checker.queryName, queryType: checker.queryType as DnsQueryType }];
    case "udp":
      return [udpRequest(checker, target)];
    case "misc": {
      const words = commandWords(checker.script.command);
      const { user, group } = checker.script;
      if (!words.ok) return [];
      const owner = user === undefined ? {} : { user: { name: user, ...(group === undefined ? {} : { group }) } };
      const timeoutMs = checker.timeoutMs || checker.delayLoopMs;
      return [{
        type: "misc",
        target: { ...target, timeoutMs },
        command: words.value,
        dynamic: checker.dynamicWeight,
        ...owner,
        ...(checker.secure ? { secure: true } : {}),
      }];
    }
    case "file":
      return [{ type: "file", target, path: checker.path, ...checker.weight }];
    case "bfd":
      return []; // it asks nothing, it is told: see `bfd_results.ts`
    case "agent":
    case "tls":
    case "grpc":
    case "mysql":
    case "postgresql":
    case "redis":
      return [ownRequest(checker, target)];
    default:
      return checker satisfies never;
  }
}

/** Where a checker asks. */
export function targetOf({ address, port, connectTimeoutMs, source }: CheckerCommon): ProbeTarget {
  return { address, port, timeoutMs: connectTimeoutMs, ...(source === undefined ? {} : { source }) };
}

type Http = Extract<Checker, { type: "http" | "https" }>;

function httpRequest(checker: Http, url: Http["urls"][number], target: ProbeTarget): ProbeRequest {
  const host = url.virtualHost ?? checker.virtualHost;
  const serverName = checker.serverName ?? host;
  const sendsName = checker.sendsServerName === true && serverName !== undefined;
  return {
    type: "http",
    target,
    url: host === undefined ? url : { ...url, virtualHost: host },
    httpVersion: checker.closesConnection ? "1.0C" : checker.httpVersion,
    ...(checker.type === "https" ? { tls: { ...(sendsName ? { serverName } : {}), ...tlsOf(checker, url) } } : {}),
  };
}

/** keepalived takes chain and key from the file of the key; `certificate` may stand for itself here. */
function tlsOf({ credentials, tlsCompliant }: Http, url: Http["urls"][number]): ProbeTls {
  const { certificate = credentials?.key, key = certificate, password } = credentials ?? {};
  const files = certificate === undefined || key === undefined ? undefined : { certificate, key };
  return {
    ...(files && { clientFiles: { ...files, ...(password === undefined ? {} : { password }) } }),
    ...(url.tlsCompliant ?? tlsCompliant ? { compliant: true } : {}),
  };
}

function udpRequest(checker: Extract<Checker, { type: "udp" }>, target: ProbeTarget): ProbeRequest {
  const { payload, requiresReply, expectedReply, minReplyLength, maxReplyLength } = checker;
  const reply = {
    minLength: minReplyLength,
    maxLength: maxReplyLength,
    ...(expectedReply === undefined ? {} : { pattern: expectedReply }),
  };
  return {
    type: "udp",
    target,
    ...(payload === undefined ? {} : { payload }),
    ...(requiresReply ? { reply } : {}),
  };
}

/** From SIGTERM to SIGKILL and a little: a command that ignores the one ends by the other. */
const END_OF_COMMAND_MS = 4000;

/**
 * When a whole check is given up, microseconds: each request may take its time to connect and its time for each answer;
 * the extra second lets the probe notice its own timeout first, with the better text.
 */
export function limitOf(checker: Checker): number {
  if (checker.type === "misc") {
    return ((checker.timeoutMs || checker.delayLoopMs) + END_OF_COMMAND_MS + 1000) * 1000;
  }
  const each = { http: 2, https: 3, smtp: 4, agent: 2, tls: 3, grpc: 4, mysql: 5, postgresql: 2, redis: 5 } as Readonly<
    Partial<Record<Checker["type"], number>>
  >;
  const requests = "urls" in checker ? checker.urls.length : checker.type === "smtp" ? 1 + checker.hosts.length : 1;
  return ((each[checker.type] ?? 1) * Math.max(1, requests) * checker.connectTimeoutMs + 1000) * 1000;
}
