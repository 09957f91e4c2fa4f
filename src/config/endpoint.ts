// Addresses with ports and forwarding methods, as virtual servers, real servers and sorry servers have them.
import { formatIp, parseIp } from "../base/ip.ts";
import type { ForwardingMethod } from "../core/ipvs/table.ts";
import type { SourceLocation, Tunnel } from "./config.ts";
import type { Report } from "./diagnostic.ts";
import { nearMiss } from "./near_miss.ts";
import type { Statement } from "./statement.ts";
import { reject, rejectExtra, rejectMissing, type ValueType } from "./value_type.ts";
import { readPort } from "./values_composite.ts";

/** An address and the port behind it, where there is one. */
export interface Endpoint {
  readonly address: string;
  readonly port?: number;
  /** Place of the port, or else of the address. */
  readonly location: SourceLocation;
}

/** `ADDRESS [PORT]`. Port 0 is the same as none. */
export const endpoint: ValueType<Endpoint> = {
  form: "ADDRESS [PORT]",
  schema: { type: "string" },
  splits: true,
  read: (statement, report) => {
    const [address, port] = statement.args;
    if (address === undefined) return rejectMissing(statement, "an address and a port", report);
    const bytes = parseIp(address.text);
    if (bytes === undefined) return rejectAddress(statement, report);
    const ip = bytes.length === 4 ? address.text : formatIp(bytes); // IPv4 has one way to be written
    if (port === undefined) return { address: ip, location: address };
    if (statement.args.length > 2) rejectExtra(statement, 2, report);
    const number = readPort(statement, 1, report);
    if (number === undefined) return undefined;
    return { address: ip, ...(number === 0 ? {} : { port: number }), location: port };
  },
  print: ({ address, port }) => [address, ...(port === undefined ? [] : [String(port)])],
};

function rejectAddress(statement: Statement, report: Report): undefined {
  const [address] = statement.args;
  const text = address?.text ?? "";
  const match = /^(.*?[^:]):(\d{1,5})$/.exec(text);
  const isJoined = match !== null && parseIp(match[1] ?? "") !== undefined;
  const message = `the address of \`${statement.keyword.text}\` must be an IP address, not \`${text}\``;
  report.add("invalid-address", address ?? statement.keyword, message, {
    help: isJoined ? `write \`${match[1]} ${match[2]}\`, with a blank between address and port` : undefined,
  });
  return undefined;
}

/** A forwarding method, and for tunnels other than plain IP in IP their kind. */
export interface Forwarding {
  readonly forwardingMethod: ForwardingMethod;
  readonly tunnel?: Tunnel;
}

const METHODS: ReadonlyMap<string, ForwardingMethod> = new Map([["NAT", "nat"], ["DR", "dr"], ["TUN", "tun"]]);
const CHECKSUMS = ["nocsum", "csum", "remcsum"] as const;

/** `NAT|DR|TUN [type ipip|gue|gre] [port N] [nocsum|csum|remcsum]`. */
export const lvsMethod: ValueType<Forwarding> = {
  form: "NAT|DR|TUN [type ipip|gue|gre] [port PORT] [nocsum|csum|remcsum]",
  schema: { type: "string", pattern: "^(NAT|DR|TUN)\\b" },
  splits: true,
  read: (statement, report) => {
    const [method, ...options] = statement.args;
    if (method === undefined) return rejectMissing(statement, "one of `NAT`, `DR`, `TUN`", report);
    const forwardingMethod = METHODS.get(method.text);
    if (forwardingMethod === undefined) {
      const near = METHODS.has(method.text.toUpperCase())
        ? method.text.toUpperCase()
        : nearMiss(method.text, METHODS.keys());
      const help = near === undefined ? undefined : `did you mean \`${near}\`?`;
      return reject(statement, "must be one of `NAT`, `DR`, `TUN`", report, { help });
    }
    if (forwardingMethod !== "tun") {
      if (options.length > 0) rejectExtra(statement, 1, report);
      return { forwardingMethod };
    }
    return { forwardingMethod, ...readTunnel(statement, report) };
  },
  print: ({ forwardingMethod, tunnel }) => [
    forwardingMethod.toUpperCase(),
    ...(tunnel === undefined ? [] : ["type", tunnel.type]),
    ...(tunnel?.port === undefined ? [] : ["port", String(tunnel.port)]),
    ...(tunnel?.checksum === undefined ? [] : [tunnel.checksum]),
  ],
};

function readTunnel(statement: Statement, report: Report): { tunnel?: Tunnel } {
  const words = statement.args.map(({ text }) => text);
  let type = "ipip";
  let port: number | undefined;
  let checksum: Tunnel["checksum"];
  for (let at = 1; at < words.length; at++) {
    const word = words[at];
    if (word === "type" && /^(ipip|gue|gre)$/.test(words[at + 1] ?? "")) type = words[++at] ?? "";
    else if (word === "port") port = readTunnelPort(statement, ++at, report);
    else if (CHECKSUMS.some((known) => known === word)) checksum = word as Tunnel["checksum"];
    else reject(statement, "takes `type ipip|gue|gre`, `port PORT` and a kind of checksum", report, { at });
  }
  if (type === "ipip") return {};
  if (type === "gue" && port === undefined) {
    report.add("default-used", statement.keyword, "a `gue` tunnel needs a `port`");
  }
  return {
    tunnel: {
      type: type === "gue" ? "gue" : "gre",
      ...(port === undefined ? {} : { port }),
      ...(checksum === undefined ? {} : { checksum }),
    },
  };
}

function readTunnelPort(statement: Statement, at: number, report: Report): number | undefined {
  const port = readPort(statement, at, report);
  return port === 0 ? reject(statement, "needs a port from 1 to 65535", report, { at }) : port;
}

/** Packets of a firewall mark keep the ports that they have, whatever is written. */
export function withoutPort({ port, location }: Endpoint, what: string, report: Report): 0 {
  if (port === undefined) return 0;
  const message = `the port of this ${what} is used by its checks only: packets with a firewall mark keep their ports`;
  report.add("port-forced", location, message, { help: "remove it, or write it as `connect_port` of the checks" });
  return 0;
}

/** The port that packets go to: only NAT can change it, so keepalived forces the service's on the others. */
export function forcePort(
  given: Endpoint,
  service: { readonly port: number; readonly forwardingMethod: ForwardingMethod },
  report: Report,
): number {
  const port = given.port ?? service.port;
  if (service.forwardingMethod === "nat" || port === service.port) return port;
  const method = service.forwardingMethod.toUpperCase();
  report.add(
    "port-forced",
    given.location,
    `${method} can't change ports: packets go to port ${service.port}, not ${port}`,
    { help: `write ${service.port}, or use NAT` },
  );
  return service.port;
}
