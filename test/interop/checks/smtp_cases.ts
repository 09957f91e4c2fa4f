// SMTP_CHECK: every way in which a mail server can be ill on one connection.
import {
  asking,
  type CheckCase,
  down,
  drip,
  endless,
  type Expected,
  LIMIT_MS,
  type Treatment,
  up,
} from "./check_case.ts";

/** Replies to the banner, HELO and QUIT. */
function speaking(banner: string, helo: string, quit: string): Treatment {
  return {
    treat: async (peer) => {
      await peer.say(banner);
      for (const answer of [helo, quit]) {
        if (await peer.line() === "") return;
        if (answer === "") await peer.hang();
        await peer.say(answer);
      }
    },
  };
}

const BANNER = "220 mail.example ESMTP\r\n";
const WELL = speaking(BANNER, "250 mail.example\r\n", "221 bye\r\n");

function smtp(
  name: string,
  ill: Treatment | "refuse",
  expected: Expected,
): CheckCase {
  return {
    name: `SMTP_CHECK ${name}`,
    checker: ({ port }) => asking("SMTP_CHECK", port, LIMIT_MS, "helo_name lb.example"),
    server: { kind: "tcp", well: WELL, ill },
    ill: expected,
    timeoutMs: LIMIT_MS,
  };
}

export const SMTP_CASES: readonly CheckCase[] = [
  smtp("refused", "refuse", down("L4CON", /^connection refused$/)),
  smtp(
    "a banner of several lines",
    speaking("220-mail.example\r\n220 ESMTP\r\n", "250-mail.example\r\n250 ok\r\n", "221 bye\r\n"),
    up("L7OK", /^250 ok$/),
  ),
  smtp("silent", { treat: (peer) => peer.hang() }, down("L7TOUT", /^no banner within 2000 ms$/)),
  smtp(
    "late",
    { treat: (peer) => peer.pause(3000).then(() => peer.say(BANNER)) },
    down("L7TOUT", /^no banner within 2000 ms$/),
  ),
  smtp(
    "dripping banner",
    { treat: (peer) => drip(peer, BANNER) },
    down("L7TOUT", /^no banner within 2000 ms$/),
  ),
  smtp(
    "half a banner",
    { treat: (peer) => peer.say("220 mail.exa") },
    down("L7RSP", /^connection closed before the banner$/),
  ),
  smtp("no banner", { treat: async () => {} }, down("L7RSP", /^connection closed before the banner$/)),
  smtp(
    "refusing banner",
    speaking("554 go away\r\n", "250 ok\r\n", "221 bye\r\n"),
    down("L7STS", /^banner is 554 go away, wanted 220$/),
  ),
  smtp(
    "a web server",
    { treat: (peer) => peer.say("HTTP/1.1 400 Bad Request\r\n\r\n") },
    down("L7RSP", /^not SMTP: HTTP\/1\.1 400 Bad Request$/),
  ),
  smtp(
    "garbage",
    { treat: (peer) => peer.say(new Uint8Array(3000).map((_, at) => at * 7 & 0xff)) },
    down("L7RSP", /^not SMTP: [\x20-\x7e]*$/),
  ),
  smtp(
    "a line without an end",
    { treat: (peer) => peer.say("220 ").then(() => endless(peer, "x".repeat(500))) },
    down("L7RSP", /^a reply longer than 8192 bytes$/),
  ),
  smtp(
    "a banner without an end",
    { treat: (peer) => endless(peer, "220-more to come\r\n") },
    down("L7RSP", /^a reply longer than 8192 bytes$/),
  ),
  smtp(
    "HELO refused",
    speaking(BANNER, "550 \x1b]0;no\r\n", "221 bye\r\n"),
    down("L7STS", /^answer to HELO is 550 \]0;no, wanted 250$/),
  ),
  smtp("HELO not answered", speaking(BANNER, "", ""), down("L7TOUT", /^no answer to HELO within 2000 ms$/)),
  smtp("QUIT not answered", speaking(BANNER, "250 ok\r\n", ""), down("L7TOUT", /^no answer to QUIT within 2000 ms$/)),
  smtp(
    "reset after the banner",
    { treat: (peer) => peer.say(BANNER).then(() => peer.reset()) },
    down("L7RSP", /^connection reset before the answer to HELO$/),
  ),
];
