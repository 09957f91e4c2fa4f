// Certificates that TLS_CHECK has seen: whether they end soon, and since when that is known.
import type { ProbeResult } from "../../ports/probes.ts";
import type { CertificateFinding } from "../../ports/service_probes.ts";
import type { WarningSnapshot } from "../../ports/snapshot.ts";
import { formatEndpoint } from "../../base/ip.ts";
import type { DatedResult, LiveChecker, LiveRealServer } from "./live_real_server.ts";
import type { LiveVirtualServer } from "./live_server.ts";

/** A certificate as it was seen last. */
export interface SeenCertificate extends CertificateFinding {
  /** Since when it is known that it ends soon, wall clock; undefined: it does not. */
  readonly endingSinceMs: number | undefined;
}

/** What changed with one look. */
export interface CertificateStep {
  readonly before: SeenCertificate | undefined;
  readonly after: SeenCertificate;
}

/** Takes a result; undefined where it tells of no certificate: what was seen before holds then. */
export function recordCertificate(checker: LiveChecker, { result, atMs }: DatedResult): CertificateStep | undefined {
  const { certificate } = result;
  if (certificate === undefined) return undefined;
  const before = checker.certificate;
  const endingSinceMs = certificate.ending ? before?.endingSinceMs ?? atMs : undefined;
  const after = { ...certificate, endingSinceMs };
  checker.certificate = after;
  return { before, after };
}

/** The certificate of a real server that ends first. */
export function certificateOf({ checkers }: Pick<LiveRealServer, "checkers">): SeenCertificate | undefined {
  return checkers.flatMap(({ certificate }) => certificate ?? [])
    .toSorted((a, b) => a.notAfterMs - b.notAfterMs)[0];
}

/** A short sentence: `its certificate is valid for 9 days`. */
export function validity({ daysLeft }: CertificateFinding): string {
  if (daysLeft < 0) return "its certificate has expired";
  return `its certificate is valid for ${daysLeft} day${daysLeft === 1 ? "" : "s"}`;
}

/** So many are named; one certificate is often that of many servers. */
const MAX_NAMED = 5;

/** The lasting condition that certificates end soon; undefined when none does. */
export function certificateWarning(servers: readonly LiveVirtualServer[]): WarningSnapshot | undefined {
  const ending = servers.flatMap(({ config: { name }, realServers }) =>
    realServers.flatMap(({ config, checkers }) =>
      checkers.flatMap(({ certificate }) =>
        certificate?.endingSinceMs === undefined
          ? []
          : [{ of: `${formatEndpoint(config.address, config.port)} of ${name}`, certificate }]
      )
    )
  ).toSorted((a, b) => a.certificate.notAfterMs - b.certificate.notAfterMs);
  if (ending.length === 0) return undefined;
  const named = ending.slice(0, MAX_NAMED).map(({ of, certificate: { daysLeft } }) =>
    `${of} ${daysLeft < 0 ? "(expired)" : `(${daysLeft} day${daysLeft === 1 ? "" : "s"} left)`}`
  );
  const more = ending.length > MAX_NAMED ? ` and ${ending.length - MAX_NAMED} more` : "";
  return {
    code: "certificate-ending",
    message: `certificates end soon: ${named.join(", ")}${more}`,
    sinceMs: Math.min(...ending.flatMap(({ certificate: { endingSinceMs } }) => endingSinceMs ?? [])),
  };
}

/** What `explain` says of a result beside that it is good. */
export function warningOf(
  { certificate }: Pick<LiveChecker, "certificate">,
  result: ProbeResult | undefined,
): string | undefined {
  return certificate?.ending === true && result?.ok !== false ? validity(certificate) : undefined;
}
