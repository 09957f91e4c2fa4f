// Which cases the VM tries under keepalived, too, and of which keepalived says something else: measured with Debian's 2.2.7.

/** What keepalived says of a server that is ill. */
interface Difference {
  readonly state: "up" | "down";
  /** What keepalived does. */
  readonly why: string;
}

/** By the name of the case. */
export const DIFFERENCES: Readonly<Record<string, Difference>> = {
  "MISC_CHECK removed": { state: "up", why: "a script that is no longer there changes nothing" },
  "MISC_CHECK forbidden": { state: "up", why: "a script that may no longer be started changes nothing" },
  "FILE_CHECK overflow": { state: "up", why: "a number that is too great changes nothing" },
  "FILE_CHECK folder": { state: "up", why: "a folder in the place of the file changes nothing" },
  "HTTP_GET dripping headers": { state: "up", why: "the time limit begins anew with each piece" },
  "HTTP_GET dripping body": { state: "up", why: "the time limit begins anew with each piece" },
  "HTTP_GET half of the body": { state: "up", why: "the log says that the length is wrong, the server stays" },
  "SSL_GET cut without a goodbye, which must be said": { state: "up", why: "2.2.7 does not know `tls_compliant`" },
  "SSL_GET reset within the body": { state: "up", why: "a reset counts as the end of the answer" },
  "SMTP_CHECK a banner of several lines": { state: "down", why: "several lines are a bad banner" },
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
  "FILE_CHECK one",
  "HTTP_GET nginx: wrong code",
  "HTTP_GET nginx: wrong digest",
  "HTTP_GET nginx: closed without an answer",
  "HTTP_GET nginx: killed",
  "HTTP_GET silent",
  "HTTP_GET half of the headers",
  "HTTP_GET half of a body with a digest",
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

/** docs/interop_checks.md. */
export function differencesPage(): string {
  const rows = Object.entries(DIFFERENCES).map(([name, { state, why }]) => {
    const [checker, ...illness] = name.split(" ");
    return `| ${checker} | ${illness.join(" ")} | ${state} | ${state === "up" ? "down" : "up"} | ${why} |`;
  });
  return `# Checkers beside keepalived's

This page is made from \`test/interop/checks/beside_keepalived.ts\` (\`UPDATE=1 make check\`); don't edit it.

\`test/integration/checkers_test.ts\` gives Debian's keepalived 2.2.7 and Holdfast the same configuration, one after the other, on
the kernel of the VM; servers fall ill in the same ways, and get well again. For ${SAME.length} ways to fail \`ipvsadm -Sn\` says
the same of both. In these ${rows.length} Holdfast finds another verdict:

| checker | the server | keepalived | Holdfast | what keepalived does |
| --- | --- | --- | --- | --- |
${rows.join("\n")}

Not compared: answers without an end; \`regex\` of HTTP_GET, for which 2.2.7 had found no verdict after five minutes, not even
for a server that is well.

\`test/integration/same_table_test.sh\` does the same for what a verdict does to the table: quorum, sorry servers,
\`inhibit_on_failure\`, \`alpha\`, weights, groups, tunnels, connection synchronisation. There the tables are the same at each
step: at the start, when a server has failed, when it is back, and at the end.
`;
}
