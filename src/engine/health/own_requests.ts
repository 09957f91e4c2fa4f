// What the checkers that keepalived does not have ask. No state.
import type { Checker } from "../../config/config.ts";
import type { OwnChecker } from "../../config/config_checks.ts";
import type { ProbeTarget, ProbeTls } from "../../ports/probes.ts";
import type { ServiceProbeRequest } from "../../ports/service_probes.ts";

/** HTTP/2's name in the handshake of TLS. */
const HTTP_2 = "h2";

/** The one request of such a checker. */
export function ownRequest(checker: Extract<Checker, OwnChecker>, target: ProbeTarget): ServiceProbeRequest {
  switch (checker.type) {
    case "agent":
      return { type: "agent", target, ...(checker.send === undefined ? {} : { send: checker.send }) };
    case "tls": {
      const { warnDays, failDays } = checker;
      return { type: "tls", target, tls: nameOf(checker), warnDays, ...(failDays === undefined ? {} : { failDays }) };
    }
    case "grpc": {
      const tls = checker.tls ? { tls: { ...nameOf(checker), application: HTTP_2 } } : {};
      return { type: "grpc", target, service: checker.service ?? "", ...tls };
    }
    case "mysql":
    case "postgresql":
      return { type: checker.type, target, ...(checker.userName === undefined ? {} : { userName: checker.userName }) };
    case "redis": {
      const { userName, passwordFile, role } = checker;
      return {
        type: "redis",
        target,
        ...(userName === undefined ? {} : { userName }),
        ...(passwordFile === undefined ? {} : { passwordFile }),
        ...(role === undefined ? {} : { role }),
        ...(checker.tls ? { tls: nameOf(checker) } : {}),
      };
    }
    default:
      return checker satisfies never;
  }
}

function nameOf({ serverName }: { readonly serverName?: string }): ProbeTls {
  return serverName === undefined ? {} : { serverName };
}
