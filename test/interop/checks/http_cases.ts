// HTTP_GET: every way in which a web server can be ill on one connection.
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

/** What servers say that are well. Its MD5 is the digest. */
export const PAGE = "well\n";
export const PAGE_DIGEST = "1b42a11f5f647e53d20da8c8f57a9f02";
const HEAD = "HTTP/1.1 200 OK\r\n";

/** Reads a request, answers, closes. */
export function answering(answer: (peer: Peer) => Promise<void>): Treatment {
  return {
    treat: async (peer) => {
      while (await peer.line() !== "");
      await answer(peer);
    },
  };
}

/** A web server that is well. */
export const WELL = answering((peer) => peer.say(`${HEAD}Content-Length: ${PAGE.length}\r\n\r\n${PAGE}`));

interface Demand {
  readonly url?: string;
  readonly timeoutMs?: number;
}

function http(name: string, ill: Treatment | "refuse", expected: Expected, demand: Demand = {}): CheckCase {
  const timeoutMs = demand.timeoutMs ?? LIMIT_MS;
  return {
    name: `HTTP_GET ${name}`,
    checker: ({ port }) =>
      asking("HTTP_GET", port, timeoutMs, block("url", "path /", "status_code 200", demand.url ?? "")),
    server: { kind: "tcp", well: WELL, ill },
    ill: expected,
    timeoutMs,
  };
}

const DIGEST = { url: `digest ${PAGE_DIGEST}` };

export const HTTP_CASES: readonly CheckCase[] = [
  http("refused", "refuse", down("L4CON", /^connection refused$/)),
  http("silent", answering((peer) => peer.hang()), down("L7TOUT", /^no answer within 2000 ms$/)),
  http(
    "late",
    answering((peer) => peer.pause(3000).then(() => peer.say(`${HEAD}\r\n`))),
    down("L7TOUT", /^no answer within 2000 ms$/),
  ),
  http(
    "late, but in time",
    answering((peer) => peer.pause(500).then(() => peer.say(`${HEAD}\r\n`))),
    up("L7OK", /^200 OK$/),
  ),
  http(
    "dripping headers",
    answering((peer) => drip(peer, `${HEAD}Server: slow and slower\r\n\r\n`)),
    down("L7TOUT", /^no complete answer within 2000 ms$/),
  ),
  http(
    "dripping body",
    answering((peer) => peer.say(`${HEAD}Content-Length: 40\r\n\r\n`).then(() => drip(peer, "0123456789".repeat(4)))),
    down("L7TOUT", /^no complete answer within 2000 ms$/),
  ),
  http("no answer", answering(async () => {}), down("L7RSP", /^connection closed without an answer$/)),
  http(
    "half of the headers",
    answering((peer) => peer.say(`${HEAD}Server: ha`)),
    down("L7RSP", /^connection closed within the headers$/),
  ),
  http(
    "half of the body",
    answering((peer) => peer.say(`${HEAD}Content-Length: 100\r\n\r\nhello`)),
    down("L7RSP", /^connection closed after 5 of 100 bytes of the body$/),
  ),
  http(
    "half of a body with a digest",
    answering((peer) => peer.say(`${HEAD}\r\n${PAGE.slice(0, 3)}`)),
    down("L7RSP", /^200 OK, but digest is [0-9a-f]{32}, wanted 1b42/),
    DIGEST,
  ),
  http(
    "wrong code",
    answering((peer) => peer.say("HTTP/1.0 503 Gone\x1b[31m fishing\r\n\r\n")),
    down("L7STS", /^503 Gone \[31m fishing, wanted 200$/),
  ),
  http(
    "wrong digest",
    answering((peer) => peer.say(`${HEAD}Content-Length: 4\r\n\r\nill\n`)),
    down("L7RSP", /^200 OK, but digest is [0-9a-f]{32}, wanted 1b42/),
    DIGEST,
  ),
  http(
    "pattern not in the body",
    answering((peer) => peer.say(`${HEAD}Content-Length: 4\r\n\r\nill\n`)),
    down("L7RSP", /^200 OK, but the pattern is not in the answer$/),
    { url: 'regex "we[kl]l"' },
  ),
  http(
    "pattern not in the headers",
    answering((peer) => peer.say(`${HEAD}Content-Length: 4\r\n\r\nill\n`)),
    down("L7RSP", /^200 OK, but the pattern is not in the answer$/),
    { url: 'regex "^Content-Length: 5"\nregex_options multiline' },
  ),
  http(
    "forbidden pattern in the body",
    answering((peer) => peer.say(`${HEAD}Content-Length: 4\r\n\r\nill\n`)),
    down("L7RSP", /^200 OK, but the pattern is in the answer$/),
    { url: "regex ^ill\nregex_no_match\nregex_options multiline" },
  ),
  http(
    "another protocol",
    { treat: (peer) => peer.say("SSH-2.0-OpenSSH\r\n").then(() => peer.hang()) },
    down("L7RSP", /^not HTTP: SSH-2\.0-OpenSSH$/),
  ),
  http(
    "garbage",
    answering((peer) => peer.say(new Uint8Array(5000).map((_, at) => at * 7 & 0xff))),
    down("L7RSP", /^not HTTP: [\x20-\x7e]*$/),
  ),
  http(
    "headers without an end",
    answering((peer) => peer.say(HEAD).then(() => endless(peer, `X-More: ${"x".repeat(1000)}\r\n`))),
    down("L7RSP", /^headers are longer than 32768 bytes$/),
  ),
  http(
    "a status line without an end",
    answering((peer) => peer.say("HTTP/1.1 200 ").then(() => endless(peer, "x".repeat(1000)))),
    down("L7RSP", /^headers are longer than 32768 bytes$/),
  ),
  http(
    "interim answers without an end",
    answering((peer) => endless(peer, "HTTP/1.1 100 Continue\r\n\r\n")),
    down("L7RSP", /^headers are longer than 32768 bytes$/),
  ),
  http(
    "a body without an end",
    answering((peer) => peer.say(`${HEAD}\r\n`).then(() => endless(peer, "x".repeat(4096)))),
    up("L7OK", /^200 OK, body not read to its end$/),
    { timeoutMs: 3000 },
  ),
  http(
    "a body without an end for a digest",
    answering((peer) => peer.say(`${HEAD}\r\n`).then(() => endless(peer, "x".repeat(65536)))),
    down("L7RSP", /^200 OK, but the body is too long for its digest$/),
    { ...DIGEST, timeoutMs: 3000 },
  ),
  http(
    "reset before an answer",
    { treat: (peer) => peer.reset() },
    down("L7RSP", /^connection reset before the answer was complete$/),
  ),
  http(
    "reset within the headers",
    { treat: (peer) => peer.say(`${HEAD}Server: ha`).then(() => peer.reset()) },
    down("L7RSP", /^connection reset before the answer was complete$/),
  ),
  http(
    "reset within the body",
    { treat: (peer) => peer.say(`${HEAD}Content-Length: 100\r\n\r\nhello`).then(() => peer.reset()) },
    down("L7RSP", /^connection reset before the answer was complete$/),
  ),
];
