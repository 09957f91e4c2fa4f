// SSL_GET: every way in which TLS can fail, and a web server behind it.
import {
  asking,
  block,
  type CheckCase,
  down,
  drip,
  endless,
  type Expected,
  LIMIT_MS,
  type Peer,
  type Treatment,
  up,
} from "./check_case.ts";
import { answering, PAGE_DIGEST, WELL } from "./http_cases.ts";

/** Web servers behind TLS on loopback, by port; the certificate has expired, and is self-signed. */
export const TLS_SERVERS: Readonly<Record<number, Treatment>> = {
  7001: WELL,
  7002: answering((peer) => peer.hang()),
  7003: answering((peer) => peer.say("HTTP/1.0 404 Not Found\r\n\r\n")),
  7004: answering((peer) => peer.say("HTTP/1.0 200 OK\r\n\r\nill\n")),
  7005: answering((peer) => drip(peer, "HTTP/1.0 200 OK\r\nServer: slow\r\n\r\n")),
  7006: answering((peer) => peer.say("HTTP/1.0 200 OK\r\n\r\nhalf").then(() => peer.hang())),
  7007: answering((peer) => peer.say("HTTP/1.0 200 OK\r\n").then(() => endless(peer, "X: y\r\n".repeat(100)))),
  7008: answering((peer) => peer.say("\0\x01\x02 nothing\r\n\r\n")),
};

function behind(port: number): Treatment {
  return { treat: (peer) => peer.hand(port) };
}

function tls(
  name: string,
  ill: Treatment | "refuse",
  expected: Expected,
  url = "",
): CheckCase {
  return {
    name: `SSL_GET ${name}`,
    checker: ({ port }) => asking("SSL_GET", port, LIMIT_MS, block("url", "path /", "status_code 200", url)),
    server: { kind: "tcp", well: behind(7001), ill },
    ill: expected,
    timeoutMs: LIMIT_MS,
  };
}

/** The connection ends under a server that has not said goodbye. */
function cut(port: number): Treatment {
  return { treat: (peer) => Promise.race([peer.hand(port), peer.pause(1000)]) };
}

/** As `cut`, by a reset. */
function resetting(port: number): Treatment {
  return { treat: (peer) => Promise.race([peer.hand(port), peer.pause(500).then(() => peer.reset())]) };
}

/** After a hello has begun to come. */
function greeted(answer: (peer: Peer) => Promise<void>): Treatment {
  return { treat: (peer) => peer.pause(100).then(() => answer(peer)) };
}

const bytes = (hex: string): Uint8Array => Uint8Array.from(hex.split(" "), (byte) => parseInt(byte, 16));
/** The header of a record that says ServerHello, and the first half of one. */
const HALF_HELLO = bytes("16 03 03 00 5a 02 00 00 56 03 03 00 01 02 03 04 05 06 07 08 09");
const FATAL_ALERT = bytes("15 03 03 00 02 02 28");

export const TLS_CASES: readonly CheckCase[] = [
  tls("refused", "refuse", down("L4CON", /^connection refused$/)),
  tls("an expired certificate", behind(7001), up("L7OK", /^200 OK$/)),
  tls("silent", { treat: (peer) => peer.hang() }, down("L6TOUT", /^no TLS within 2000 ms$/)),
  tls(
    "a web server without TLS",
    greeted((peer) => peer.say("HTTP/1.1 400 Bad Request\r\n\r\n").then(() => peer.hang())),
    down("L6RSP", /^no TLS: /),
  ),
  tls(
    "garbage",
    greeted((peer) => peer.say(new Uint8Array(3000).map((_, at) => at * 7 & 0xff)).then(() => peer.hang())),
    down("L6RSP", /^no TLS: /),
  ),
  tls(
    "half a hello",
    greeted((peer) => peer.say(HALF_HELLO).then(() => peer.hang())),
    down("L6TOUT", /^no TLS within 2000 ms$/),
  ),
  tls(
    "a dripping hello",
    greeted((peer) => drip(peer, `\x16\x03\x03\0\x5a\x02\0\0\x56\x03\x03${"\x01".repeat(60)}`)),
    down("L6TOUT", /^no TLS within 2000 ms$/),
  ),
  tls(
    "a record without an end",
    greeted((peer) => endless(peer, "\x16\x03\x03\x3f\xff" + "\x02".repeat(1000))),
    down("L6RSP", /^no TLS: /),
  ),
  tls(
    "a fatal alert",
    greeted((peer) => peer.say(FATAL_ALERT).then(() => peer.hang())),
    down("L6RSP", /^no TLS: .*handshake_?failure/i),
  ),
  tls("closed", { treat: (peer) => peer.hear() }, down("L6RSP", /^connection closed before TLS was ready$/)),
  tls("reset", { treat: (peer) => peer.reset() }, down("L6RSP", /^connection reset before TLS was ready$/)),
  tls("no answer after TLS", behind(7002), down("L7TOUT", /^no answer within 2000 ms$/)),
  tls("wrong code", behind(7003), down("L7STS", /^404 Not Found, wanted 200$/)),
  tls(
    "wrong digest",
    behind(7004),
    down("L7RSP", /^200 OK, but digest is [0-9a-f]{32}, wanted 1b42/),
    `digest ${PAGE_DIGEST}`,
  ),
  tls(
    "a dripping answer",
    behind(7005),
    down("L7TOUT", /^no complete answer within 2000 ms$/),
  ),
  tls("cut without a goodbye", cut(7006), up("L7OK", /^200 OK$/)),
  tls(
    "cut without a goodbye, which must be said",
    cut(7006),
    down("L7RSP", /^TLS ended without a close_notify$/),
    "tls_compliant",
  ),
  tls("reset within the body", resetting(7006), down("L7RSP", /^connection reset before the answer was complete$/)),
  tls("headers without an end", behind(7007), down("L7RSP", /^headers are longer than 32768 bytes$/)),
  tls("garbage after TLS", behind(7008), down("L7RSP", /^not HTTP: /)),
];
