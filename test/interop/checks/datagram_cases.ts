// UDP_CHECK and DNS_CHECK: every way in which a server of datagrams can be ill.
import { asking, type CheckCase, down, type Expected, LIMIT_MS, type Reply, up } from "./check_case.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const saying = (text: string): Reply => ({ reply: (_, say) => say(bytes(text)) });
const SILENT: Reply = { reply: () => {} };

function later(reply: Reply): Reply {
  return { reply: (datagram, say) => void setTimeout(() => reply.reply(datagram, say), 3000) };
}

function udp(
  name: string,
  ill: Reply | "refuse",
  expected: Expected,
  demands: readonly string[] = [],
): CheckCase {
  return {
    name: `UDP_CHECK ${name}`,
    checker: ({ port }) => asking("UDP_CHECK", port, LIMIT_MS, "payload 70696e67", ...demands),
    server: { kind: "udp", well: saying("pong"), ill },
    ill: expected,
    timeoutMs: LIMIT_MS,
  };
}

const PONG = ["require_reply 706Xxx67", "min_reply_length 4", "max_reply_length 4"];

const UDP_CASES: readonly CheckCase[] = [
  udp("refused", "refuse", down("L4CON", /^connection refused$/)),
  udp("silent", SILENT, up("L4OK", /^no error within 2000 ms$/)),
  udp("silent where a reply is required", SILENT, down("L7TOUT", /^no reply within 2000 ms$/), PONG),
  udp("late", later(saying("pong")), down("L7TOUT", /^no reply within 2000 ms$/), PONG),
  udp("a wrong reply", saying("peng"), down("L7RSP", /^reply differs in byte 1: 0x65$/), ["require_reply 706f6e67"]),
  udp("half a reply", saying("po"), down("L7RSP", /^reply of 2 bytes, wanted 4 to 4$/), PONG),
  udp("a long reply", saying("pong".repeat(300)), down("L7RSP", /^reply of 1200 bytes, wanted 4 to 4$/), PONG),
];

/** An answer to a query: its id and question, these flags. */
function response(query: Uint8Array, flags: number): Uint8Array {
  const answer = query.slice();
  answer[2] = 0x80 | (flags >> 8);
  answer[3] = flags & 0xff;
  return answer;
}

const answering = (flags: number): Reply => ({ reply: (query, say) => say(response(query, flags)) });

function dns(name: string, ill: Reply | "refuse", expected: Expected): CheckCase {
  return {
    name: `DNS_CHECK ${name}`,
    checker: ({ port }) => asking("DNS_CHECK", port, LIMIT_MS, "type A", "name www.example.com"),
    server: { kind: "udp", well: answering(0), ill },
    ill: expected,
    timeoutMs: LIMIT_MS,
  };
}

const DNS_CASES: readonly CheckCase[] = [
  dns("refused by ICMP", "refuse", down("L4CON", /^connection refused$/)),
  dns("silent", SILENT, down("L7TOUT", /^no answer within 2000 ms$/)),
  dns("late", later(answering(0)), down("L7TOUT", /^no answer within 2000 ms$/)),
  dns("SERVFAIL", answering(2), down("L7STS", /^SERVFAIL$/)),
  dns("NXDOMAIN", answering(3), down("L7STS", /^NXDOMAIN$/)),
  dns("REFUSED", answering(5), down("L7STS", /^REFUSED$/)),
  dns("an unknown code", answering(15), down("L7STS", /15/)),
  dns("truncated", answering(0x200), up("L7OK", /^NOERROR, 0 answers, truncated$/)),
  dns("garbage", saying("\x01\x02\x03"), down("L7TOUT", /^no answer within 2000 ms$/)),
  dns("its own question", { reply: (query, say) => say(query) }, down("L7TOUT", /^no answer within 2000 ms$/)),
  dns(
    "another's answer",
    { reply: (query, say) => say(response(Uint8Array.from(query, (byte, at) => at === 0 ? byte ^ 1 : byte), 0)) },
    down("L7TOUT", /^no answer within 2000 ms$/),
  ),
  dns(
    "others' answers without an end",
    {
      reply: (query, say) => {
        const answer = response(Uint8Array.from(query, (byte, at) => at === 0 ? byte ^ 1 : byte), 0);
        for (let at = 0; at < 40; at++) setTimeout(() => say(answer), at * 300);
      },
    },
    down("L7TOUT", /^no answer within 2000 ms$/),
  ),
  dns(
    "a flood of others' answers",
    {
      reply: (query, say) => {
        const answer = response(Uint8Array.from(query, (byte, at) => at === 0 ? byte ^ 1 : byte), 0);
        for (let count = 0; count < 200; count++) say(answer);
      },
    },
    down("L7TOUT", /^no answer within 2000 ms$/),
  ),
];

export const DATAGRAM_CASES: readonly CheckCase[] = [...UDP_CASES, ...DNS_CASES];
