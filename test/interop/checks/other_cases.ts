// What packets can suffer on the way to any server, real servers of Debian, and checkers that ask no server.
import { asking, block, type CheckCase, down, type Expected, LIMIT_MS, type Server, up } from "./check_case.ts";
import { PAGE_DIGEST, WELL } from "./http_cases.ts";

/** Ports of the real servers, see `real_servers.ts`. */
export const REAL = {
  web: 8001,
  webTls: 8002,
  stoppedWeb: 8003,
  killedWeb: 8004,
  mail: 8005,
  stoppedMail: 8006,
  name: 8007,
  stoppedName: 8008,
} as const;

/** Long enough for the kernel to give a neighbor up. */
const NEIGHBOR_MS = 5000;

interface Way {
  readonly server: Server;
  readonly expected: Expected;
  readonly timeoutMs?: number;
  readonly address?: string;
}

function tcp(name: string, way: Way): CheckCase {
  const timeoutMs = way.timeoutMs ?? LIMIT_MS;
  return made(
    `TCP_CHECK ${name}`,
    way,
    ({ port }) => asking("TCP_CHECK", port, timeoutMs),
  );
}

function ping(name: string, way: Way): CheckCase {
  return made(
    `PING_CHECK ${name}`,
    way,
    () => asking("PING_CHECK", undefined, way.timeoutMs ?? LIMIT_MS),
  );
}

function made(
  name: string,
  { server, expected, timeoutMs = LIMIT_MS, address }: Way,
  checker: CheckCase["checker"],
): CheckCase {
  return {
    name,
    checker,
    server,
    ill: expected,
    timeoutMs,
    ...(address === undefined ? {} : { address }),
  };
}

const filtered = (rule: string): Server => ({ kind: "filtered", rule, well: WELL });
const REJECT = "reject with icmp type";
const NO_CONNECTION = down("L4TOUT", /^no connection within 2000 ms$/);

const WAY_CASES: readonly CheckCase[] = [
  tcp("refused", {
    server: { kind: "tcp", well: WELL, ill: "refuse" },
    expected: down("L4CON", /^connection refused$/),
  }),
  tcp("black-holed", { server: filtered("drop"), expected: NO_CONNECTION }),
  tcp("rejected with a reset", {
    server: filtered("reject with tcp reset"),
    expected: down("L4CON", /^connection refused$/),
  }),
  tcp("rejected: port", {
    server: filtered(`${REJECT} port-unreachable`),
    expected: down("L4CON", /^connection refused$/),
  }),
  tcp("rejected: host", {
    server: filtered(`${REJECT} host-unreachable`),
    expected: down("L4CON", /^no route to host$/),
  }),
  tcp("rejected: net", {
    server: filtered(`${REJECT} net-unreachable`),
    expected: down("L4CON", /^network is unreachable$/),
  }),
  tcp("rejected: prohibited", {
    server: filtered(`${REJECT} admin-prohibited`),
    expected: down("L4CON", /^no route to host$/),
  }),
  tcp("to a host that is gone", {
    server: { kind: "gone", well: WELL },
    address: "10.9.0.31",
    expected: down("L4CON", /^no route to host$/),
    timeoutMs: NEIGHBOR_MS,
  }),
  tcp("over IPv6, black-holed", { server: filtered("drop"), address: "2001:db8:9::2", expected: NO_CONNECTION }),
  tcp("reset after the connection", {
    server: { kind: "tcp", well: WELL, ill: { treat: (peer) => peer.pause(1) } },
    expected: up("L4OK", /^connected$/),
  }),
  ping("black-holed", {
    server: { kind: "filtered", rule: "drop", well: "ping" },
    address: "10.9.0.32",
    expected: down("L4TOUT", /^no echo reply within 2000 ms$/),
  }),
  ping("over IPv6, black-holed", {
    server: { kind: "filtered", rule: "drop", well: "ping" },
    address: "2001:db8:9::32",
    expected: down("L4TOUT", /^no echo reply within 2000 ms$/),
  }),
  ping("prohibited", {
    server: { kind: "filtered", rule: `${REJECT} admin-prohibited`, well: "ping" },
    address: "10.9.0.33",
    expected: down("L4CON", /^no route to host$/),
  }),
  ping("to a host that is gone", {
    server: { kind: "gone", well: "ping" },
    address: "10.9.0.34",
    expected: down("L4CON", /^no route to host$/),
    timeoutMs: NEIGHBOR_MS,
  }),
];

const web = (
  name: string,
  port: number,
  keyword: string,
  url: readonly string[],
  expected: Expected,
): CheckCase =>
  made(
    `${keyword} nginx: ${name}`,
    { server: { kind: "real", port }, expected },
    () => asking(keyword, port, LIMIT_MS, block("url", ...url)),
  );
const mail = (name: string, port: number, expected: Expected): CheckCase =>
  made(
    `SMTP_CHECK OpenSMTPD: ${name}`,
    { server: { kind: "real", port }, expected },
    () => asking("SMTP_CHECK", port, LIMIT_MS),
  );
const query = (name: string, port: number, question: string, expected: Expected): CheckCase =>
  made(
    `DNS_CHECK dnsmasq: ${name}`,
    { server: { kind: "real", port }, expected },
    () => asking("DNS_CHECK", port, LIMIT_MS, "type A", `name ${question}`),
  );

/** Web, mail and name servers of Debian. */
export const REAL_CASES: readonly CheckCase[] = [
  web(
    "wrong code",
    REAL.web,
    "HTTP_GET",
    ["path /code", "status_code 200"],
    down("L7STS", /^503 Service Temporarily Unavailable, wanted 200$/),
  ),
  web(
    "wrong digest",
    REAL.web,
    "HTTP_GET",
    ["path /page", `digest ${PAGE_DIGEST}`],
    down("L7RSP", /^200 OK, but digest is /),
  ),
  web(
    "page gone",
    REAL.web,
    "HTTP_GET",
    ["path /gone", "status_code 200"],
    down("L7STS", /^404 Not Found, wanted 200$/),
  ),
  web(
    "a byte a second",
    REAL.web,
    "HTTP_GET",
    ["path /slow", "status_code 200"],
    down("L7TOUT", /^no complete answer within 2000 ms$/),
  ),
  web(
    "closed without an answer",
    REAL.web,
    "HTTP_GET",
    ["path /closed", "status_code 200"],
    down("L7RSP", /^connection closed without an answer$/),
  ),
  web(
    "stopped",
    REAL.stoppedWeb,
    "HTTP_GET",
    ["path /", "status_code 200"],
    down("L7TOUT", /^no answer within 2000 ms$/),
  ),
  web("killed", REAL.killedWeb, "HTTP_GET", ["path /", "status_code 200"], down("L4CON", /^connection refused$/)),
  web(
    "wrong digest",
    REAL.webTls,
    "SSL_GET",
    ["path /page", `digest ${PAGE_DIGEST}`],
    down("L7RSP", /^200 OK, but digest is /),
  ),
  web(
    "an expired certificate",
    REAL.webTls,
    "SSL_GET",
    ["path /", "status_code 200", "tls_compliant"],
    up("L7OK", /^200 OK$/),
  ),
  // After a few connections its queue is full, and the kernel takes no more of them.
  mail("stopped", REAL.stoppedMail, down("L[47]TOUT", /^no (?:banner|connection) within 2000 ms$/)),
  mail("killed", REAL.mail, down("L4CON", /^connection refused$/)),
  query("NXDOMAIN", REAL.name, "www.here.test", down("L7STS", /^NXDOMAIN$/)),
  query("REFUSED", REAL.name, "www.there.test", down("L7STS", /^REFUSED$/)),
  query("stopped", REAL.stoppedName, "www.here.test", down("L7TOUT", /^no answer within 2000 ms$/)),
];

/** Scripts, by name: what they do while the file `ill` is there. They are in the folder of the test. */
export const SCRIPTS: Readonly<Record<string, string>> = {
  exits1: "echo first; echo out of order >&2; exit 1",
  exits255: "exit 255",
  killed: "kill -KILL $$",
  hangs: "echo hanging; sleep 60",
  stubborn: "trap '' TERM; while true; do sleep 1; done",
  endless: "yes more and more | head -c 3000000; while true; do echo more and more; sleep 0.1; done",
  leaves: "sleep 5 & exit 3",
  dynamic: "exit 9",
};

const misc = (script: string, expected: Expected, more = ""): CheckCase =>
  made(
    `MISC_CHECK ${script}`,
    { server: { kind: "local" }, expected },
    ({ folder }) => block("MISC_CHECK", `misc_path "${folder}/${script}"`, `misc_timeout ${LIMIT_MS / 1000}`, more),
  );
const file = (name: string, expected: Expected): CheckCase =>
  made(
    `FILE_CHECK ${name}`,
    { server: { kind: "local" }, expected },
    () => block("FILE_CHECK", `track_file ${name}`, "weight 0"),
  );

const LOCAL_CASES: readonly CheckCase[] = [
  misc("exits1", down("PROCERR", /^exit code 1: out of order$/)),
  misc("exits255", down("PROCERR", /^exit code 255$/)),
  misc("killed", down("PROCERR", /^ended by SIGKILL$/)),
  misc("hangs", down("PROCTOUT", /^no exit within 2000 ms: hanging$/)),
  misc("stubborn", down("PROCTOUT", /^no exit within 2000 ms$/)),
  misc("endless", down("PROCTOUT", /^no exit within 2000 ms: more and more$/)),
  misc("leaves", down("PROCERR", /^exit code 3$/)),
  misc("dynamic", up("PROCOK", /^exit code 9$/), "misc_dynamic"),
  misc("removed", up("SOCKERR", /^cannot run \/.*\/removed: no such file$/)),
  misc("forbidden", up("SOCKERR", /^cannot run \/.*\/forbidden: permission denied$/)),
  file("one", down("L7STS", /^value 1$/)),
  file("overflow", up("SOCKERR", /^the number does not fit into 32 bits$/)),
  file("folder", up("SOCKERR", /^not a regular file$/)),
];

export const OTHER_CASES: readonly CheckCase[] = [...WAY_CASES, ...LOCAL_CASES];
