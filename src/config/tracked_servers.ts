// `track_virtual_server` and `follow_instance` of holdfast.yaml: instances that follow virtual servers, and the other way
// round. keepalived has no words for them.
import { formatEndpoint } from "../base/ip.ts";
import type { Config, SourceLocation, VirtualServer } from "./config.ts";
import type { TrackedServer, Tracking } from "./config_vrrp.ts";
import { placeOf, type Report } from "./diagnostic.ts";
import type { Printed } from "./fields.ts";
import { nearMiss } from "./near_miss.ts";
import { childrenNamed, type Statement } from "./statement.ts";
import { reject, rejectMissing, type ValueType } from "./value_type.ts";
import { readNumber } from "./values.ts";
import { weight } from "./values_composite.ts";

/** The keyword of the list. */
export const TRACK_SERVERS = "track_virtual_server";

const GREATEST_WEIGHT = 253;
const OPTIONS = ["weight", "reverse", "noreverse", "min_servers", "min_weight"];
const MARKS = { min_servers: "minServers", min_weight: "minWeight" } as const;

/** `INSTANCE [table]`. */
export const followed: ValueType<{ readonly instance: string; readonly withTable: boolean }> = {
  form: "INSTANCE [table]",
  schema: { type: "string", minLength: 1 },
  splits: true,
  read: (statement, report) => {
    const [instance, word, ...more] = statement.args;
    if (instance === undefined) return rejectMissing(statement, "the name of an instance", report);
    if (more.length > 0 || (word !== undefined && word.text !== "table")) {
      return reject(statement, "can have `table` behind the name of the instance, nothing else", report);
    }
    return { instance: instance.text, withTable: word !== undefined };
  },
  print: ({ instance, withTable }) => withTable ? [instance, "table"] : [instance],
};

/** Reads the list: `NAME [weight NUMBER [reverse]] [min_servers NUMBER] [min_weight NUMBER]`, the name in one word or two. */
export function readTrackedServers(statement: Statement, report: Report): Pick<Tracking, "virtualServers"> {
  const lists = childrenNamed(statement, TRACK_SERVERS);
  if (lists.length === 0) return {};
  const lines = lists.flatMap((list) => list.block?.statements ?? []);
  return { virtualServers: lines.map((line) => readLine(line, report)) };
}

function readLine(line: Statement, report: Report): TrackedServer {
  const found = line.args.findIndex(({ text }) => OPTIONS.includes(text));
  const end = found < 0 ? line.args.length : found;
  const name = [line.keyword, ...line.args.slice(0, end)].map(({ text }) => text).join(" ");
  let item: TrackedServer = { name, reverse: false, location: placeOf(line.keyword) };
  for (let at = end; at < line.args.length; at++) {
    const option = line.args[at];
    const value = line.args[at + 1];
    if (option === undefined) break;
    if (option.text === "weight") {
      const direction = line.args[at + 2]?.text;
      const args = line.args.slice(at + 1, at + (direction === "reverse" || direction === "noreverse" ? 3 : 2));
      item = { ...item, ...weight(GREATEST_WEIGHT).read({ ...line, keyword: option, args }, report) };
      at += args.length;
    } else if (option.text === "min_servers" || option.text === "min_weight") {
      const limits = { min: 1, max: 2_147_483_647, rule: "must be a whole number, at least 1", pattern: /^\d{1,10}$/ };
      const number = value && readNumber({ ...line, keyword: option, args: [value] }, value.text, limits, report);
      if (value === undefined) rejectMissing({ ...line, keyword: option, args: [] }, "a number", report);
      if (number !== undefined) item = { ...item, [MARKS[option.text]]: number };
      at++;
    } else {
      report.add("invalid-value", option, `\`${option.text}\` is not an option of a tracked virtual server`, {
        help: "`weight NUMBER [reverse]`, `min_servers NUMBER` and `min_weight NUMBER` can follow its name",
      });
      break;
    }
  }
  return item;
}

/** Writes the list. */
export function printTrackedServers({ virtualServers = [] }: Tracking): Printed[] {
  if (virtualServers.length === 0) return [];
  const block = virtualServers.map(({ name, weight: points, reverse, minServers, minWeight }) => {
    const [keyword = "", ...words] = name.split(" ");
    return {
      keyword,
      words: [
        ...words,
        ...(points === undefined ? [] : ["weight", String(points), ...(reverse ? ["reverse"] : [])]),
        ...(minServers === undefined ? [] : ["min_servers", String(minServers)]),
        ...(minWeight === undefined ? [] : ["min_weight", String(minWeight)]),
      ],
    };
  });
  return [{ keyword: TRACK_SERVERS, words: [], block }];
}

/**
 * Fills in the full names of tracked virtual servers, and says which are missing, which instances are missing, and who
 * would wait for himself.
 */
export function checkFollowing(config: Config, report: Report): Config {
  const resolved = (owner: string, tracking: Tracking): Tracking => {
    if (tracking.virtualServers === undefined) return tracking;
    const virtualServers = tracking.virtualServers.flatMap((item) => {
      const server = serverNamed(config.virtualServers, item, owner, report);
      if (server === undefined) return [];
      checkReach(server, item, report);
      checkCircle(owner, server, { config, location: item.location }, report);
      return [{ ...item, name: server.name }];
    });
    return { ...tracking, virtualServers };
  };
  const instances = config.vrrpInstances.map(({ name }) => name);
  for (const { followInstance: follows, location, name } of config.virtualServers) {
    if (follows === undefined || instances.includes(follows.instance)) continue;
    const message = `\`vrrp_instance ${follows.instance}\`, which \`${name}\` follows, is not there`;
    report.add("unknown-reference", location, message, { help: near(follows.instance, instances) });
  }
  if (![...config.vrrpInstances, ...config.syncGroups].some(({ tracking }) => tracking.virtualServers)) return config;
  const withNames = <T extends { readonly name: string; readonly tracking: Tracking }>(owner: T): T => {
    return { ...owner, tracking: resolved(owner.name, owner.tracking) };
  };
  return {
    ...config,
    vrrpInstances: config.vrrpInstances.map(withNames),
    syncGroups: config.syncGroups.map(withNames),
  };
}

/** By its name, or by as much of it as is unique. */
function serverNamed(
  servers: readonly VirtualServer[],
  { name, location }: TrackedServer,
  owner: string,
  report: Report,
): VirtualServer | undefined {
  const ways: ((server: VirtualServer) => string | undefined)[] = [
    (server) => server.name,
    ({ group, fwmark, address, port }) => {
      return group ?? (fwmark === undefined ? formatEndpoint(address, port) : undefined);
    },
    ({ address }) => address || undefined,
  ];
  for (const way of ways) {
    const [first, ...others] = servers.filter((server) => way(server) === name);
    if (first === undefined) continue;
    if (others.length === 0) return first;
    const choices = [first, ...others].map((server) => `\`${server.name}\``).join(", ");
    report.add("unknown-reference", location, `\`${name}\`, which \`${owner}\` tracks, may be ${choices}: say which`);
    return undefined;
  }
  const message = `\`virtual_server ${name}\`, which \`${owner}\` tracks, is not there`;
  report.add("unknown-reference", location, message, { help: near(name, servers.map((server) => server.name)) });
  return undefined;
}

function checkReach(
  { name, realServers }: VirtualServer,
  { minServers = 0, minWeight = 0, location }: TrackedServer,
  report: Report,
): void {
  const total = realServers.reduce((sum, server) => sum + server.weight, 0);
  const few = minServers > realServers.length ? `\`min_servers\` ${minServers}` : undefined;
  const light = minWeight > total ? `\`min_weight\` ${minWeight}` : undefined;
  const what = few ?? light;
  if (what === undefined) return;
  const has = few === undefined
    ? `all weights of \`${name}\` together are ${total}`
    : `\`${name}\` has ${realServers.length}`;
  report.add("quorum-unreachable", location, `${what} can't be reached: ${has}`);
}

/** Who tracks a virtual server that is checked only while he is master never comes back once it has failed. */
function checkCircle(
  owner: string,
  server: VirtualServer,
  { config, location }: { readonly config: Config; readonly location: SourceLocation },
  report: Report,
): void {
  const groups = config.syncGroups.filter(({ name, members }) => name === owner || members.includes(owner));
  const together = new Set([owner, ...groups.flatMap(({ members }) => members)]);
  const holder = config.vrrpInstances.find(({ virtualAddresses, excludedAddresses }) =>
    [...virtualAddresses, ...excludedAddresses].some(({ address }) => address === server.address)
  );
  const [word, instance] = server.followInstance !== undefined
    ? ["follow_instance", server.followInstance.instance]
    : ["ha_suspend", server.suspendsWithAddress ? holder?.name : undefined];
  if (instance === undefined || !together.has(instance)) return;
  const message =
    `\`${owner}\` tracks \`${server.name}\`, which is checked only while \`${instance}\` is master: once it has ` +
    `failed, neither would come back`;
  report.add("tracking-circle", location, message, { help: `remove \`${word}\` there, or this line` });
}

function near(name: string, known: readonly string[]): string | undefined {
  const found = nearMiss(name, known);
  return found === undefined ? undefined : `did you mean \`${found}\`?`;
}
