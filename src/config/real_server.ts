// `real_server`, and what sorry servers share with it: address, port, forwarding method.
import type { ForwardingMethod } from "../core/ipvs/table.ts";
import { readCheckers, requestWord, type Timing, TIMING_ROWS } from "./checkers.ts";
import type { RealServer } from "./config.ts";
import { placeOf, type Report } from "./diagnostic.ts";
import { readBlock } from "./read_block.ts";
import { headOf, type Statement } from "./statement.ts";
import {
  boolean,
  checkIpv4,
  integer,
  type Located,
  located,
  oneOf,
  type Reader,
  reject,
  rejectExtra,
} from "./values.ts";

/** An address and the port behind it, where there is one. */
export interface Endpoint {
  readonly address: string;
  readonly port?: number;
}

const METHODS = oneOf<ForwardingMethod>({ NAT: "nat", DR: "dr", TUN: "tun" });

/** `NAT`, `DR` or `TUN`; other tunnels than plain ipip are refused. */
export const lvsMethod: Reader<ForwardingMethod> = (statement, report) => {
  const [method, ...options] = statement.args;
  const tail = options.map((option) => option.text).join(" ");
  const isTunnel = method?.text === "TUN" && options.length > 0;
  if (isTunnel && tail !== "type ipip") {
    report.add("not-supported-yet", options[0] ?? method, `\`TUN ${tail}\` is not supported yet`, {
      help: "write `TUN` for plain IP in IP",
    });
    return undefined;
  }
  return METHODS(isTunnel ? { ...statement, args: [method] } : statement, report);
};

/** Keywords of `real_server` that are carried out and hold one value. */
export const REAL_SERVER_ROWS = {
  ...TIMING_ROWS,
  weight: integer({ min: 0, max: 2_147_483_647 }),
  lvs_method: lvsMethod,
  inhibit_on_failure: boolean,
  uthreshold: integer({ min: 0, max: 4_294_967_295 }),
  lthreshold: integer({ min: 0, max: 4_294_967_295 }),
  virtualhost: requestWord,
};

/** Checkers that are carried out. */
export const REAL_SERVER_BLOCKS = ["TCP_CHECK", "HTTP_GET"];

/** What a real server takes from its virtual server. */
export interface RealServerDefaults {
  readonly service: { readonly port: number; readonly forwardingMethod: ForwardingMethod };
  readonly values: Timing & {
    readonly weight?: Located<number>;
    readonly inhibit_on_failure?: Located<true>;
    readonly virtualhost?: Located<string>;
  };
}

/** Reads one real server; undefined when it has no address, which it has reported then. */
export function readRealServer(
  statement: Statement,
  { service, values: inherited }: RealServerDefaults,
  report: Report,
): RealServer | undefined {
  const values = readBlock(statement, REAL_SERVER_ROWS, report);
  const given = readEndpoint(statement, report);
  if (given === undefined) return undefined;
  const forwardingMethod = values.lvs_method?.value ?? service.forwardingMethod;
  const port = forcePort(given, { port: service.port, forwardingMethod }, report);
  const checkers = readCheckers(statement, {
    address: given.value.address,
    port: given.value.port ?? port,
    virtualHost: values.virtualhost?.value ?? inherited.virtualhost?.value,
    timings: [values, inherited],
  }, report);
  return {
    address: given.value.address,
    port,
    weight: values.weight?.value ?? inherited.weight?.value ?? 1,
    forwardingMethod,
    inhibitOnFailure: values.inhibit_on_failure?.value ?? inherited.inhibit_on_failure?.value ?? false,
    upperThreshold: values.uthreshold?.value ?? 0,
    lowerThreshold: values.lthreshold?.value ?? 0,
    checkers,
    location: placeOf(headOf(statement)),
  };
}

/** Reads `ADDRESS [PORT]`; its place is the port, or else the address. Port 0 is the same as none. */
export function readEndpoint(statement: Statement, report: Report): Located<Endpoint> | undefined {
  const name = statement.keyword.text;
  const [address, port] = statement.args;
  if (address === undefined) {
    report.add("missing-argument", statement.keyword, `\`${name}\` needs an address and a port`);
    return undefined;
  }
  const ip = checkIpv4(located(address), `the address of \`${name}\``, report);
  if (ip === undefined) return undefined;
  if (port === undefined) return { value: { address: ip.value }, location: address };
  rejectExtra(statement, 2, report);
  const number = /^\d{1,5}$/.test(port.text) ? Number(port.text) : NaN;
  if (number === 0) return { value: { address: ip.value }, location: port };
  if (number <= 65535) return { value: { address: ip.value, port: number }, location: port };
  return reject(statement, port, "must have a port from 0 to 65535", report, port.text);
}

/** The port that packets go to: only NAT can change it, so keepalived forces the service's on the others. */
export function forcePort(
  given: Located<Endpoint>,
  service: { readonly port: number; readonly forwardingMethod: ForwardingMethod },
  report: Report,
): number {
  const port = given.value.port ?? service.port;
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
