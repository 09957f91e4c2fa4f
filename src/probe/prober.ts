// The real probes, one request at a time. Judges nothing beyond one probe.
import type { ProbePort, ProbeRequest, ProbeResult, ProbeTarget } from "../ports/probes.ts";
import type { SocketPort } from "../ports/sockets.ts";
import { probeAgent } from "./agent.ts";
import { probeCertificate } from "./certificate.ts";
import { probeDns } from "./dns.ts";
import { probeFile } from "./file.ts";
import { probeGrpc } from "./grpc.ts";
import { probeHttp } from "./http.ts";
import { probeMisc } from "./misc.ts";
import { probeMysql } from "./mysql.ts";
import { probePing } from "./ping.ts";
import { probePostgresql } from "./postgresql.ts";
import { probeRedis } from "./redis.ts";
import { probeSmtp } from "./smtp.ts";
import { type Connect, type Connection, type ConnectOptions, type Finding, probeTcp, reachTcp } from "./tcp.ts";
import { probeUdp } from "./udp.ts";

/** What a prober may be given instead of the system's. */
export interface ProberOptions {
  readonly connect?: Connect;
  /** Without it, what Deno cannot do itself is SOCKERR: DNS, UDP and ping, and connections from a chosen source. */
  readonly sockets?: SocketPort;
  /** Monotonic microseconds. */
  readonly nowUs?: () => number;
}

/** Runs probes from this host. */
export class Prober implements ProbePort {
  readonly #connect: Connect;
  /** Connections are those of `#sockets`. */
  readonly #isReal: boolean;
  readonly #sockets: SocketPort;
  readonly #nowUs: () => number;

  /** Runs nothing yet. */
  constructor(options: ProberOptions = {}) {
    this.#sockets = options.sockets ?? NO_SOCKETS;
    this.#isReal = options.connect === undefined && options.sockets !== undefined;
    this.#connect = options.connect ?? ((target) => connectFrom(this.#sockets, target));
    this.#nowUs = options.nowUs ?? ((): number => Math.round(performance.now() * 1000));
  }

  /** See `ProbePort`. */
  async run(request: ProbeRequest, signal: AbortSignal): Promise<ProbeResult> {
    const startUs = this.#nowUs();
    const finding = await this.#probe(request, signal);
    return { ...finding, durationUs: this.#nowUs() - startUs };
  }

  /** See `ProbePort`. */
  reach(target: ProbeTarget, end: (result: ProbeResult) => void): () => void {
    const startUs = this.#nowUs();
    const found = ({ ok, status, text }: Finding): void =>
      end({ ok, status, text, durationUs: this.#nowUs() - startUs });
    if (this.#isReal) return reachTcp(this.#sockets, target, found);
    const controller = new AbortController();
    probeTcp(this.#connect, target, controller.signal).then(found);
    return () => controller.abort();
  }

  #probe(request: ProbeRequest, signal: AbortSignal): Promise<Finding> {
    switch (request.type) {
      case "tcp":
        return probeTcp(this.#connect, request.target, signal);
      case "http":
        return probeHttp(this.#connect, request, signal);
      case "smtp":
        return probeSmtp(this.#connect, request, signal);
      case "dns":
        return probeDns(this.#sockets, request, signal);
      case "udp":
        return probeUdp(this.#sockets, request, signal);
      case "ping":
        return probePing(this.#sockets, request.target, signal);
      case "misc":
        return probeMisc(request, signal);
      case "file":
        return probeFile(request);
      case "agent":
        return probeAgent(this.#connect, request, signal);
      case "tls":
        return probeCertificate(this.#connect, request, signal);
      case "grpc":
        return probeGrpc(this.#connect, request, signal);
      case "mysql":
        return probeMysql(this.#connect, request, signal);
      case "postgresql":
        return probePostgresql(this.#connect, request, signal);
      case "redis":
        return probeRedis(this.#connect, request, signal);
      default:
        return request satisfies never;
    }
  }
}

/** Deno connects, unless the packets have to leave from somewhere. */
function connectFrom(sockets: SocketPort, { source, ...options }: ConnectOptions): Promise<Connection> {
  if (source === undefined) return Deno.connect(options);
  return sockets.connect({ address: options.hostname, port: options.port, source }, options.signal);
}

const NO_SOCKETS: SocketPort = { connect: noSockets, reach: noSockets, openUdp: noSockets, openEcho: noSockets };

function noSockets(): never {
  throw new Error("the prober was given no sockets");
}
