// Health probes as the health engine sees them: what to ask, and what came back.

/** Where and from where a probe connects. Times in milliseconds. */
export interface ProbeTarget {
  /** Address that is asked, without brackets. */
  readonly address: string;
  readonly port: number;
  /** Limit for the connection, and for each answer after it (keepalived: `connect_timeout`). */
  readonly timeoutMs: number;
}

/** One GET of an HTTP_GET checker. */
export interface HttpUrl {
  readonly path: string;
  /** Accepted codes, both ends inclusive; keepalived's default is 200 to 299. */
  readonly statusCodes: readonly { readonly from: number; readonly to: number }[];
  /** Host header of this url; undefined: the checker's, else `address:port`. */
  readonly virtualHost?: string;
}

/** What one probe does. keepalived: TCP_CHECK, HTTP_GET. */
export type ProbeRequest =
  | { readonly type: "tcp"; readonly target: ProbeTarget }
  | {
    readonly type: "http";
    readonly target: ProbeTarget;
    readonly url: HttpUrl;
    readonly httpVersion: "1.0" | "1.1";
  };

/** HAProxy's names for the outcome of a check; operators know them from its page and metrics. */
export type CheckStatus =
  | "INI" // no result yet
  | "L4OK" // connected
  | "L4CON" // refused, unreachable
  | "L4TOUT" // no connection in time
  | "L7OK" // the right answer
  | "L7STS" // an answer with the wrong status code
  | "L7RSP" // not an answer of that protocol
  | "L7TOUT" // connected, no answer in time
  | "SOCKERR"; // this host could not even try

/** The outcome of one probe. */
export interface ProbeResult {
  readonly ok: boolean;
  readonly status: CheckStatus;
  /** Protocol code, such as 503; undefined where there is none. */
  readonly code?: number;
  /** One plain sentence without a period; remote text in it is cut to 128 printable characters. */
  readonly text: string;
  readonly durationUs: number;
}

/** Runs probes. */
export interface ProbePort {
  /** Never rejects: whatever goes wrong is a result. Ends early, with any result, when `signal` aborts. */
  run(request: ProbeRequest, signal: AbortSignal): Promise<ProbeResult>;
}
