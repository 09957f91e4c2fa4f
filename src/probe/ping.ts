// PING_CHECK: one ICMP echo request, its reply within the time limit.
import { familyOf } from "../base/ip.ts";
import type { ProbeTarget } from "../ports/probes.ts";
import type { SocketPort } from "../ports/sockets.ts";
import { readEchoReply, writeEchoRequest } from "../wire/icmp.ts";
import { exchange, randomBytes, randomUint16 } from "./datagram.ts";
import type { Finding } from "./tcp.ts";

/** As many as ping(8) sends. */
const DATA_BYTES = 56;

/** Sends one request. A reply counts when identifier, sequence and data are those of the request. */
export function probePing(sockets: SocketPort, target: ProbeTarget, signal: AbortSignal): Promise<Finding> {
  const family = familyOf(target.address);
  const sequence = randomUint16();
  const data = randomBytes(DATA_BYTES);
  let identifier = 0;
  return exchange({
    open: () => sockets.openEcho(target),
    ask: (socket) => writeEchoRequest(family, { identifier: identifier = socket.identifier, sequence, data }),
    judge: (message): Finding | undefined => {
      const reply = readEchoReply(family, message);
      if (!reply.ok || reply.value.identifier !== identifier || reply.value.sequence !== sequence) return undefined;
      if (!sameBytes(reply.value.data, data)) return undefined;
      return { ok: true, status: "L4OK", text: "echo reply" };
    },
    silence: { ok: false, status: "L4TOUT", text: `no echo reply within ${target.timeoutMs} ms` },
    timeoutMs: target.timeoutMs,
  }, signal);
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
