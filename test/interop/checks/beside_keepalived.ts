// What keepalived says of servers that fail, where it is something else than Holdfast: measured with Debian's 2.2.7.
import type { CheckCase } from "./check_case.ts";

/** What keepalived says of a server that is ill. */
interface Difference {
  readonly state: "up" | "down";
  /** What keepalived does. */
  readonly why: string;
  /** Why Holdfast does something else. */
  readonly reason: string;
  /** It keeps an emulated machine busy, or takes long: not tried in the VM. */
  readonly onHostOnly?: true;
}

const DRIPPING = {
  state: "up",
  why: "the time limit begins anew with each piece",
  reason: "a check has an end: one that drips for ever would be up for ever",
} as const;
const ENDLESS = {
  state: "up",
  why: "reads on and on, finds no verdict: the one before stays",
  reason: "what is read is bounded, and so is the time: a verdict within the time limit",
  onHostOnly: true,
} as const;

/** By the name of the case. */
export const DIFFERENCES: Readonly<Record<string, Difference>> = {
  "HTTP_GET dripping headers": DRIPPING,
  "HTTP_GET dripping body": DRIPPING,
  "HTTP_GET nginx: a byte a second": { ...DRIPPING, onHostOnly: true },
  "HTTP_GET half of the body": {
    state: "up",
    why: "the log says that the length is wrong, the server stays",
    reason: "no browser takes such an answer; with a digest both say down",
  },
  "HTTP_GET interim answers without an end": ENDLESS,
  "HTTP_GET a body without an end for a digest": ENDLESS,
  "SSL_GET cut without a goodbye, which must be said": {
    state: "up",
    why: "2.2.7 does not know `tls_compliant`",
    reason: "later versions do",
  },
  "SSL_GET reset within the body": {
    state: "up",
    why: "a reset counts as the end of the answer",
    reason: "without TLS a reset is a failure to both",
  },
  "SMTP_CHECK a banner of several lines": {
    state: "down",
    why: "several lines are a bad banner",
    reason: "RFC 5321 (4.2.1) allows them, and mail servers send them",
  },
  "SMTP_CHECK a line without an end": ENDLESS,
};

/** Of these it says the same: some of each checker and of each way to fail, as many as an emulated machine checks in time. */
export const SAME: readonly string[] = [
  "TCP_CHECK refused",
  "TCP_CHECK black-holed",
  "TCP_CHECK rejected with a reset",
  "TCP_CHECK to a host that is gone",
  "TCP_CHECK reset after the connection",
  "PING_CHECK black-holed",
  "PING_CHECK prohibited",
  "MISC_CHECK exits1",
  "MISC_CHECK killed",
  "MISC_CHECK hangs",
  "MISC_CHECK dynamic",
  "MISC_CHECK removed",
  "MISC_CHECK forbidden",
  "FILE_CHECK one",
  "FILE_CHECK overflow",
  "FILE_CHECK folder",
  "HTTP_GET nginx: wrong code",
  "HTTP_GET nginx: wrong digest",
  "HTTP_GET nginx: closed without an answer",
  "HTTP_GET nginx: killed",
  "HTTP_GET silent",
  "HTTP_GET half of the headers",
  "HTTP_GET half of a body with a digest",
  "HTTP_GET pattern not in the body",
  "HTTP_GET another protocol",
  "HTTP_GET garbage",
  "HTTP_GET reset within the headers",
  "SSL_GET an expired certificate",
  "SSL_GET a web server without TLS",
  "SSL_GET closed",
  "SMTP_CHECK silent",
  "SMTP_CHECK refusing banner",
  "SMTP_CHECK HELO refused",
  "UDP_CHECK refused",
  "UDP_CHECK silent where a reply is required",
  "UDP_CHECK a wrong reply",
  "DNS_CHECK silent",
  "DNS_CHECK SERVFAIL",
  "DNS_CHECK garbage",
];

/** The socket interface of IPVS, which stands in for the kernel's where there is none, knows IPv4 only. */
export function isComparedOnHost({ address = "" }: CheckCase): boolean {
  return !address.includes(":");
}

/** While such a server talks, keepalived reads, and does little else: others beside it would be judged by how busy it is. */
export function isReadForEver({ name }: CheckCase): boolean {
  return DIFFERENCES[name]?.why === ENDLESS.why;
}

/** docs/interop_checks.md. @param cases all that there are */
export function differencesPage(cases: readonly CheckCase[]): string {
  const compared = cases.filter(isComparedOnHost).length;
  const rows = Object.entries(DIFFERENCES).map(([name, { state, why, reason }]) => {
    const [checker, ...illness] = name.split(" ");
    return `| ${checker} | ${illness.join(" ")} | ${state} | ${state === "up" ? "down" : "up"} | ${why} | ${reason} |`;
  });
  return `# Checkers beside keepalived's

This page is made from \`test/interop/checks/beside_keepalived.ts\` (\`UPDATE=1 make check\`); don't edit it.

Servers fall ill in ${compared} ways, and get well again, under Debian's keepalived 2.2.7 and under Holdfast with the same configuration
(\`test/interop/checks/keepalived_test.ts\`; keepalived's IPVS is a stand-in that takes everything). In ${
    compared - rows.length
  } of them
both say the same. ${SAME.length} of these are also tried on the kernel of the VM: \`ipvsadm -Sn\` says the same of both
(\`test/integration/checkers_test.ts\`). In these ${rows.length} Holdfast finds another verdict, on purpose:

| checker | the server | keepalived | Holdfast | what keepalived does | why Holdfast does not |
| --- | --- | --- | --- | --- | --- |
${rows.join("\n")}

A check that the director itself cannot carry out changes nothing under either: a script that is gone or may not be run, a file
that cannot be read, an address of \`bindto\` that the director does not have. Holdfast says so in the log, once, and in
\`holdfast servers\`. keepalived makes a few exceptions: to UDP_CHECK a missing address is a failure, PING_CHECK asks from
another one, and a script without its interpreter is a success.

## regex

Debian's 2.2.7 is built with \`regex\` (\`keepalived -v\`: Config options \`REGEX\`). It looks for the pattern in what it reads from the
connection (the manual page: "returned data"), and that is more than the body when the server sends status line and headers in
one packet with it, as most do for small pages. Measured, for the body \`well\`:

| pattern | headers and body in one packet | headers before the body | Holdfast, both |
| --- | --- | --- | --- |
| \`well\` | up | up | up |
| \`^well\` | down | up | up |
| \`^well\` with \`multiline\` | up | up | up |
| \`^HTTP/1.1 200\`, \`Server: zed\` | up | down | up |
| \`well\` with \`regex_max_offset 4\` | down | up | up |
| \`well$\`, \`200.*well\` with \`dotall\` (whatever reaches to the end of what was read) | down | down | up |
| \`nope\` | down | down | down |
| \`nope\` with \`regex_no_match\` | up | up | up |
| \`well\` with \`regex_no_match\` | down | down | down |
| \`zed\` with \`regex_no_match\` | down | up | down |

So Holdfast finds a pattern in the whole answer from its first byte on, or in the body alone. A pattern such as \`OK\` is in the status
line of each good answer: write \`^OK\`.

## What a verdict does to the table

\`test/integration/same_table_test.sh\` runs keepalived and Holdfast side by side on the kernel of the VM, with the configurations of
\`test/integration/tables\`, and compares what \`ipvsadm\` says of the tables, the timeouts and connection synchronisation at each step:
at the start; when a server fails; when a script and a file name other weights; when other servers fail, too; when the configuration is read
again meanwhile, with a server more, one less and another weight; as the servers come back; after SIGTERM. In them are NAT, DR and
tunnels of every type, TCP, UDP, SCTP and marks of both families, groups with ranges, one-packet scheduling, persistence with
netmask and \`persistence_engine sip\`, thresholds, flags of schedulers, quorum with \`hysteresis\` and scripts, \`sorry_server\` with
\`sorry_server_inhibit\`, \`inhibit_on_failure\`, \`alpha\`, \`omega\`, \`ha_suspend\`, several checkers on one server, \`misc_dynamic\`,
FILE_CHECK with a weight, and \`lvs_sync_daemon\` with an instance and without one.

The tables are the same at each step, and so is what the scripts of quorums are told. One difference remains, which the
configurations keep out: beside \`lvs_sync_daemon\` the kernel takes no tunnel to a server of the other family than its virtual
server's (EINVAL for what comes second). keepalived starts synchronisation first and goes without that server; Holdfast serves
first, says that synchronisation does not run, and \`holdfast check\` warns. Virtual servers of both families beside one another
are synchronised by both.
`;
}
