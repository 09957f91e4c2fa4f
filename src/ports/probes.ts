// Health probes as the health engine sees them: what to ask, and what came back. Descriptions are plain data: they can
// travel between processes as JSON.
import type { AgentWords } from "../core/health/agent.ts";
import type { CertificateFinding, ServiceProbeRequest } from "./service_probes.ts";

/** Where the packets of a probe leave from; what is absent is left to the kernel. */
export interface ProbeSource {
  /** Own address (keepalived: `bindto`), of the target's family. */
  readonly address?: string;
  /** Own port, 1 to 65535 (`bind_port`). With a fixed one, a TCP connection ends with a reset, to free the port. */
  readonly port?: number;
  /** Interface by name (`bind_if`). */
  readonly interface?: string;
  /** Firewall mark of the packets, for policy routing (`fwmark`); 0 is none. */
  readonly fwmark?: number;
}

/** Where and from where a probe connects. Times in milliseconds. */
export interface ProbeTarget {
  /** Address that is asked, without brackets. */
  readonly address: string;
  readonly port: number;
  /** Limit for the connection, and for each answer after it (keepalived: `connect_timeout`). */
  readonly timeoutMs: number;
  readonly source?: ProbeSource;
}

/** What a body must look like (`regex` and its options). The dialect is the part of PCRE2's that `compileRegex` carries out. */
export interface BodyPattern {
  readonly pattern: string;
  /** keepalived's words for PCRE2 options (`regex_options`), such as `caseless`. */
  readonly options?: readonly string[];
  /** A match must not start before this offset into the body, bytes (`regex_min_offset`). */
  readonly minOffset?: number;
  /** Nor after this one (`regex_max_offset`). */
  readonly maxOffset?: number;
  /** The check is good when nothing matches (`regex_no_match`). */
  readonly negated?: boolean;
}

/** One GET of an HTTP_GET or SSL_GET checker. */
export interface HttpUrl {
  readonly path: string;
  /** Accepted codes, both ends inclusive; keepalived's default is 200 to 299. */
  readonly statusCodes: readonly { readonly from: number; readonly to: number }[];
  /** Host header of this url; undefined: the checker's, else `address:port`. */
  readonly virtualHost?: string;
  /** MD5 of the body in hex, either case, as `genhash` prints it. */
  readonly digest?: string;
  readonly regex?: BodyPattern;
}

/** TLS of SSL_GET. The server's certificate is never verified, as in keepalived: reachability is what is asked. */
export interface ProbeTls {
  /** Name to send in the handshake (`enable_sni`, `sni_name`); without one none is sent. */
  readonly serverName?: string;
  /** Own certificate chain and key in PEM (block `SSL`: `certificate`, `key`, `password`). */
  readonly client?: { readonly certificate: string; readonly key: string; readonly password?: string };
  /** The same in files, read at each probe. */
  readonly clientFiles?: { readonly certificate: string; readonly key: string; readonly password?: string };
  /** An answer that ends with the connection must end with a close_notify (`tls_compliant`). */
  readonly compliant?: boolean;
  /** The protocol to agree on (ALPN), such as `h2`. */
  readonly application?: string;
}

/** Record types that DNS_CHECK can ask for. */
export type DnsQueryType = "A" | "NS" | "CNAME" | "SOA" | "MX" | "TXT" | "AAAA" | "RRSIG" | "DNSKEY";

/** What one probe does; `target` is in all of them. The `type` is the keyword's: TCP_CHECK, HTTP_GET (and SSL_GET, by `tls`), SMTP_CHECK and so on. */
export type ProbeRequest =
  | ServiceProbeRequest
  | { readonly type: "tcp"; readonly target: ProbeTarget }
  | {
    readonly type: "http";
    readonly target: ProbeTarget;
    readonly url: HttpUrl;
    /** `1.0C` is 1.0 with `Connection: close`, which 1.1 always sends. */
    readonly httpVersion: "1.0" | "1.0C" | "1.1";
    readonly tls?: ProbeTls;
  }
  /** `heloName`: what the probe calls itself, a word without blanks (`helo_name`). */
  | { readonly type: "smtp"; readonly target: ProbeTarget; readonly heloName: string }
  /** `name`: absolute, with or without its last dot; `.` is the root. */
  | { readonly type: "dns"; readonly target: ProbeTarget; readonly name: string; readonly queryType: DnsQueryType }
  | {
    readonly type: "udp";
    readonly target: ProbeTarget;
    /** What to send, hex digits; undefined: 16 random bytes. */
    readonly payload?: string;
    /** Undefined: silence is success, only an ICMP error is failure. */
    readonly reply?: UdpReply;
  }
  /** The target's port is not used. */
  | { readonly type: "ping"; readonly target: ProbeTarget }
  | {
    readonly type: "misc";
    /** The server that it judges. After `timeoutMs` the process group gets SIGTERM, 2 s later SIGKILL. */
    readonly target: ProbeTarget;
    /** Program and arguments; no shell sees them. */
    readonly command: readonly [string, ...string[]];
    /** `misc_dynamic`: exit codes from 2 are success and name the weight. */
    readonly dynamic: boolean;
    /** Who runs it, by names or numbers; undefined: who we are. Without a group, the user's own. */
    readonly user?: { readonly name: string; readonly group?: string };
    /** Root does not run what others could have changed (`enable_script_security`). */
    readonly secure?: boolean;
  }
  | {
    readonly type: "file";
    /** The server that it judges; nothing is sent there. */
    readonly target: ProbeTarget;
    /** The `track_file`'s: it holds an integer. */
    readonly path: string;
    /** What the integer is multiplied with, within +-2147483647; 0: any integer but 0 is failure. */
    readonly weight: number;
    readonly reverse: boolean;
  };

/** What UDP_CHECK demands of the reply. */
export interface UdpReply {
  /** Hex digits, `x` for any half-byte; compared over the lesser of both lengths. Undefined: any reply. */
  readonly pattern?: string;
  /** Accepted lengths in bytes, both ends inclusive; keepalived's default is 0 to 255. */
  readonly minLength: number;
  readonly maxLength: number;
}

/** HAProxy's names for the outcome of a check; operators know them from its page and metrics. */
export type CheckStatus =
  | "INI" // no result yet
  | "L4OK" // connected
  | "L4CON" // refused, unreachable
  | "L4TOUT" // no connection in time
  | "L6RSP" // connected, no TLS
  | "L6TOUT" // connected, no TLS in time
  | "L7OK" // the right answer
  | "L7STS" // an answer with the wrong status code
  | "L7RSP" // not an answer of that protocol, or not the wanted content
  | "L7TOUT" // connected, no answer in time
  | "PROCOK" // the command says good
  | "PROCERR" // the command says bad, or ended by a signal
  | "PROCTOUT" // the command took too long
  | "SOCKERR"; // this host could not even try, which changes no verdict

/** The outcome of one probe. */
export interface ProbeResult {
  readonly ok: boolean;
  readonly status: CheckStatus;
  /** Protocol code, such as 503; a DNS RCODE; an exit code. Undefined where there is none. */
  readonly code?: number;
  /** One plain sentence without a period; remote text in it is cut to 128 printable characters, a command's to 256. */
  readonly text: string;
  /** `misc_dynamic`: the weight that the command names, 0 to 253. */
  readonly weight?: number;
  /** `file`: what to add to the configured weight, within +-2147483647. */
  readonly weightChange?: number;
  /** `agent`: what it says; absent when it could not be heard. */
  readonly agent?: AgentWords;
  /** `tls`: of the certificate that was shown. */
  readonly certificate?: CertificateFinding;
  readonly durationUs: number;
}

/** Runs probes. */
export interface ProbePort {
  /** Never rejects: whatever goes wrong is a result. Ends early, with any result, when `signal` aborts. */
  run(request: ProbeRequest, signal: AbortSignal): Promise<ProbeResult>;
  /**
   * The same for a connection by TCP alone, with less work: checks of that kind come by the thousand. Where it is missing, `run`
   * does it.
   *
   * @param end called once, never from within this call
   * @returns ends it early
   */
  reach?(target: ProbeTarget, end: (result: ProbeResult) => void): () => void;
}
