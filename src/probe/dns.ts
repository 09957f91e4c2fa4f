// DNS_CHECK: one query over UDP; any response to it without an error code is good, as in keepalived.
import type { ProbeRequest } from "../ports/probes.ts";
import type { SocketPort } from "../ports/sockets.ts";
import { dnsRcodeName, readDnsHeader, writeDnsQuery } from "../wire/dns.ts";
import { exchange, randomUint16 } from "./datagram.ts";
import type { Finding } from "./tcp.ts";

/** A DNS probe. */
export type DnsRequest = Extract<ProbeRequest, { type: "dns" }>;

/**
 * Asks once. Datagrams that are too short, carry another id or are queries themselves are passed over; then RCODE 0 is
 * success, with or without answers (a name server for another zone refuses, and that is a failure).
 */
export function probeDns(sockets: SocketPort, request: DnsRequest, signal: AbortSignal): Promise<Finding> {
  const { target, name, queryType } = request;
  const id = randomUint16();
  const query = writeDnsQuery(id, name, queryType);
  if (!query.ok) {
    return Promise.resolve({ ok: false, status: "SOCKERR", text: "the name to ask for is no domain name" });
  }
  return exchange({
    open: () => sockets.openUdp(target),
    ask: () => query.value,
    judge: (datagram) => judge(id, datagram),
    silence: { ok: false, status: "L7TOUT", text: `no answer within ${target.timeoutMs} ms` },
    timeoutMs: target.timeoutMs,
  }, signal);
}

function judge(id: number, datagram: Uint8Array): Finding | undefined {
  const header = readDnsHeader(datagram);
  if (!header.ok || header.value.id !== id || !header.value.isResponse) return undefined;
  const { rcode, answerCount, truncated } = header.value;
  const code = dnsRcodeName(rcode);
  if (rcode !== 0) return { ok: false, status: "L7STS", code: rcode, text: code };
  const answers = `${answerCount} answer${answerCount === 1 ? "" : "s"}${truncated ? ", truncated" : ""}`;
  return { ok: true, status: "L7OK", code: rcode, text: `${code}, ${answers}` };
}
