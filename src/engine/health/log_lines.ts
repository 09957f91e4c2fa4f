// The lines that keepalived writes, in its words: scripts and people look for them. Only text, no state.
import type { Checker, VirtualServer } from "../../config/config.ts";
import type { Presence } from "../../core/health/presence.ts";
import type { SignedOrder } from "./operator.ts";
import type { ProbeResult } from "../../ports/probes.ts";

interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** keepalived's FMT_RS and FMT_VS: `[192.0.2.1]:tcp:80`. */
export function formatServer(server: Endpoint, protocol: string): string {
  return `[${server.address}]:${protocol}:${server.port}`;
}

/** How checks other than TCP and HTTP are called. */
const NAMES = {
  udp: "UDP check",
  ping: "Ping check",
  smtp: "SMTP check",
  dns: "DNS check",
  misc: "Misc check",
  file: "File check",
  bfd: "BFD check",
  agent: "Agent check",
  tls: "TLS check",
  grpc: "gRPC check",
  mysql: "MySQL check",
  postgresql: "PostgreSQL check",
  redis: "Redis check",
};

/** keepalived's FMT_VS: an address as above, `FWM 7`, or `[name]:tcp` for a group. */
export function formatService(config: VirtualServer): string {
  if (config.group !== undefined) return `[${config.group}]:${config.protocol}`;
  return config.fwmark === undefined ? formatServer(config, config.protocol) : `FWM ${config.fwmark}`;
}

/** A check cannot be carried out from here. `server` is already formatted. */
export function untoldLine({ type }: Checker, server: string, { text }: ProbeResult): string {
  const name = type === "tcp" ? "TCP check" : type === "http" || type === "https" ? "Web check" : NAMES[type];
  return `${name} of ${server} cannot be carried out, its verdict stays as it was: ${text}.`;
}

/** Why a check failed. `server` is already formatted. */
export function failureLine(checker: Checker, server: string, result: ProbeResult): string {
  if (checker.type === "tcp") {
    return result.status === "L4TOUT" ? `TCP connection to ${server} timeout.` : `TCP connection to ${server} failed.`;
  }
  if (checker.type !== "http" && checker.type !== "https") {
    return `${NAMES[checker.type]} of ${server} failed: ${result.text}.`;
  }
  switch (result.status) {
    case "L7STS":
      return `HTTP status code error to ${server}${urlOf(checker, result)}, status_code [${result.code ?? 0}].`;
    case "L7TOUT":
      return `Timeout reading data from remote web server ${server}.`;
    case "L7RSP":
      return `Error reading data from remote web server ${server}: ${result.text}.`;
    case "L4TOUT":
      return `Timeout connecting server ${server}.`;
    default:
      return `Error connecting server ${server}: ${result.text}.`;
  }
}

/** With several urls the text of the result begins with the path, `/b: 503 ...`. */
function urlOf(checker: Checker, result: ProbeResult): string {
  if (checker.type !== "http" && checker.type !== "https") return "";
  const path = checker.urls.length === 1 ? checker.urls[0]?.path : result.text.split(": ", 1)[0];
  return ` url(${path})`;
}

/** A checker names another weight than before. */
export function weightLine(weight: number, server: string, virtualServer: string): string {
  return `Changing weight of service ${server} of VS ${virtualServer} to ${weight}`;
}

/** A checker's verdict went from down to up. */
export function successLine(checker: Checker, server: string): string {
  switch (checker.type) {
    case "tcp":
      return `TCP connection to ${server} success.`;
    case "http":
    case "https":
      return `Remote Web server ${server} succeed on service.`;
    default:
      return `${NAMES[checker.type]} of ${server} success.`;
  }
}

/** A checker's verdict is down, after all tries. */
export function verdictLine(server: string, retries: number): string {
  if (retries === 0) return `Check on service ${server} failed.`;
  return `Check on service ${server} failed after ${retries} ${retries === 1 ? "retry" : "retries"}.`;
}

/** A real server enters or leaves the pool; an inhibited one stays listed at weight 0. */
export function serverLine(change: "up" | "down", inhibit: boolean, server: string, virtualServer: string): string {
  if (change === "up") return `${inhibit ? "Enabling" : "Adding"} service ${server} to VS ${virtualServer}`;
  return `${inhibit ? "Disabling" : "Removing"} service ${server} from VS ${virtualServer}`;
}

/** A real server leaves at the end, with `omega`. */
export function shutDownLine(server: string, virtualServer: string): string {
  return `Shutting down service ${server} from VS ${virtualServer}`;
}

/** `ha_suspend` or `follow_instance` holds the checks of a virtual server back, or no more. @param why `X is not ...` */
export function suspensionLine(held: boolean, why: string, virtualServer: string): string {
  return held
    ? `Suspending healthcheckers of VS ${virtualServer}: ${why}`
    : `Activating healthcheckers of VS ${virtualServer}: ${why.replace(" is not ", " is ")}`;
}

/** A real server that left the configuration stays for its connections. */
export function drainLine(server: string, virtualServer: string): string {
  return `Draining service ${server} of VS ${virtualServer}`;
}

/** A real server has stopped draining; undefined: it has stopped rising, which is no news. */
export function settledLine(presence: Presence, server: string, virtualServer: string): string | undefined {
  if (presence.name !== "out") return undefined;
  const why = presence.drained === "ended" ? "its connections have ended" : "its time to drain is over";
  return `Removing service ${server} from VS ${virtualServer}: ${why}`;
}

/** What an operator wants. */
export function orderLine(order: SignedOrder, server: string | undefined, virtualServer: string): string {
  const what = order.action === "weight"
    ? `weight ${order.weight ?? "as configured"}`
    : order.action === "health"
    ? order.health ?? "as its checks say"
    : order.action;
  const reason = order.reason === undefined ? "" : `: ${order.reason}`;
  const target = server === undefined ? "all of" : `service ${server} of`;
  return `Operator ${order.author} wants ${target} VS ${virtualServer} ${what}${reason}`;
}

/** A real server that an earlier process took out, at start. */
export function staysOutLine(server: string, virtualServer: string): string {
  return `Service ${server} stays out of VS ${virtualServer} until its first good check`;
}

/** Quorum was gained or lost: the sums as keepalived shows them. */
export function quorumLine(
  change: "gained" | "lost",
  limits: { readonly quorum: number; readonly hysteresis: number },
  have: number,
  virtualServer: string,
): string {
  const { quorum, hysteresis } = limits;
  return change === "gained"
    ? `Gained quorum ${quorum}+${hysteresis}=${quorum + hysteresis} <= ${have} for VS ${virtualServer}`
    : `Lost quorum ${quorum}-${hysteresis}=${quorum - hysteresis} > ${have} for VS ${virtualServer}`;
}

/** What a change of quorum does to the pool when there is a sorry server. */
export function sorryServerLines(active: boolean, sorryServer: string, virtualServer: string): string[] {
  return active
    ? [
      `Adding sorry server ${sorryServer} to VS ${virtualServer}`,
      `Removing alive servers from the pool for VS ${virtualServer}`,
    ]
    : [
      `Adding alive servers to the pool for VS ${virtualServer}`,
      `Removing sorry server ${sorryServer} from VS ${virtualServer}`,
    ];
}
