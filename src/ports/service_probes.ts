// Probes of services that keepalived has no checks for. Descriptions are plain data, as in `probes.ts`.
import type { ProbeTarget, ProbeTls } from "./probes.ts";

/** What the probes of own keywords do; the `type` is the keyword's. */
export type ServiceProbeRequest =
  /** AGENT_CHECK. `send`: a line to send first, without its end. */
  | { readonly type: "agent"; readonly target: ProbeTarget; readonly send?: string }
  /** TLS_CHECK: how long the certificate is valid, in days. */
  | {
    readonly type: "tls";
    readonly target: ProbeTarget;
    readonly tls: ProbeTls;
    /** Fewer are worth a warning; 0: none is given. */
    readonly warnDays: number;
    /** Fewer are a failure; undefined: the certificate is none. */
    readonly failDays?: number;
  }
  /** GRPC_CHECK: the serving status of a service; empty: of the server. */
  | { readonly type: "grpc"; readonly target: ProbeTarget; readonly service: string; readonly tls?: ProbeTls }
  /** MYSQL_CHECK: the greeting, and a login without a password where a user is named. */
  | { readonly type: "mysql"; readonly target: ProbeTarget; readonly userName?: string }
  /** POSTGRESQL_CHECK: the answer to the question for TLS, or to the beginning of a session where a user is named. */
  | { readonly type: "postgresql"; readonly target: ProbeTarget; readonly userName?: string }
  /** REDIS_CHECK: PING; AUTH before and ROLE behind it where they are asked for. */
  | {
    readonly type: "redis";
    readonly target: ProbeTarget;
    readonly userName?: string;
    /** Read at each probe. */
    readonly passwordFile?: string;
    readonly role?: "master" | "replica";
    readonly tls?: ProbeTls;
  };

/** How long a server's certificate is valid. */
export interface CertificateFinding {
  /** Wall clock. */
  readonly notAfterMs: number;
  /** Whole days until then; negative: it has ended. */
  readonly daysLeft: number;
  /** They are fewer than `warnDays`. */
  readonly ending: boolean;
}
