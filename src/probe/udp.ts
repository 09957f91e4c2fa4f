// UDP_CHECK: a datagram is sent; an ICMP error is failure, silence is success unless a reply is required.
import type { ProbeRequest, UdpReply } from "../ports/probes.ts";
import type { SocketPort } from "../ports/sockets.ts";
import { exchange, randomBytes } from "./datagram.ts";
import type { Finding } from "./tcp.ts";

/** A UDP probe. */
export type UdpRequest = Extract<ProbeRequest, { type: "udp" }>;

const PAYLOAD_BYTES = 16;

/**
 * Sends once and waits up to `timeoutMs`. Without a required reply any datagram ends the wait early, with success. With
 * one, the first datagram decides.
 */
export function probeUdp(sockets: SocketPort, request: UdpRequest, signal: AbortSignal): Promise<Finding> {
  const { target, reply } = request;
  const payload = request.payload === undefined ? randomBytes(PAYLOAD_BYTES) : parseHexPattern(request.payload);
  const pattern = reply?.pattern === undefined ? undefined : parseHexPattern(reply.pattern);
  if (payload === undefined || (reply?.pattern !== undefined && pattern === undefined)) {
    return Promise.resolve({
      ok: false,
      status: "SOCKERR",
      text: "the datagram to send or to expect is no hex string",
    });
  }
  const bytes = payload instanceof Uint8Array ? payload : payload.bytes;
  return exchange({
    open: () => sockets.openUdp(target),
    ask: () => bytes,
    judge: (datagram) =>
      reply === undefined ? { ok: true, status: "L4OK", text: "a datagram came back" } : judge(
        reply,
        pattern,
        datagram,
      ),
    silence: reply === undefined
      ? { ok: true, status: "L4OK", text: `no error within ${target.timeoutMs} ms` }
      : { ok: false, status: "L7TOUT", text: `no reply within ${target.timeoutMs} ms` },
    timeoutMs: target.timeoutMs,
  }, signal);
}

/** Bytes with a mask: a bit that is 0 in the mask is not compared. */
export interface HexPattern {
  readonly bytes: Uint8Array;
  readonly mask: Uint8Array;
}

/**
 * Reads hex digits, two to a byte, blanks between bytes allowed; `x` or `X` for a digit means any.
 *
 * @returns undefined when the text is empty, has an odd number of digits, or other characters
 */
export function parseHexPattern(text: string): HexPattern | undefined {
  const digits = text.replace(/[ \t]+/g, "");
  if (!/^(?:[0-9a-f]|x){2,}$/i.test(digits) || digits.length % 2 !== 0) return undefined;
  const pairs = digits.match(/../g) ?? [];
  return {
    bytes: Uint8Array.from(pairs, (pair) => parseInt(pair.replaceAll(/x/gi, "0"), 16)),
    mask: Uint8Array.from(pairs, (pair) => parseInt(pair.replaceAll(/[0-9a-f]/gi, "f").replaceAll(/x/gi, "0"), 16)),
  };
}

function judge(reply: UdpReply, pattern: HexPattern | undefined, datagram: Uint8Array): Finding {
  const { minLength, maxLength } = reply;
  const length = datagram.length;
  if (length < minLength || length > maxLength) {
    const text = `reply of ${length} bytes, wanted ${minLength} to ${maxLength}`;
    return { ok: false, status: "L7RSP", text };
  }
  const wrong = pattern === undefined ? -1 : pattern.bytes.findIndex((byte, at) => {
    return at < length && ((byte ^ (datagram[at] ?? 0)) & (pattern.mask[at] ?? 0)) !== 0;
  });
  if (wrong < 0) return { ok: true, status: "L7OK", text: `reply of ${length} bytes` };
  return { ok: false, status: "L7RSP", text: `reply differs in byte ${wrong}: 0x${hexByte(datagram[wrong] ?? 0)}` };
}

function hexByte(byte: number): string {
  return byte.toString(16).padStart(2, "0");
}
