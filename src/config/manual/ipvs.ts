// What the keywords of virtual servers, real servers and checkers mean, for `holdfast explain`. Only text.
import { manualTable } from "./entry.ts";

const SERVER = "keepalived.conf(5), virtual server(s)";
const CHECKER = "keepalived.conf(5), real server(s)";

/** Keywords of `SSL`. */
export const SSL = manualTable(
  "keepalived.conf(5), SSL config",
  `
password | password of the key | | secret
ca | file with the certificate authorities | | /etc/ssl/ca.pem
certificate | client certificate that SSL_GET shows | | /etc/ssl/client.pem
key | key of the client certificate | | /etc/ssl/client.key
`,
);

/** Keywords of `virtual_server`. */
export const VIRTUAL_SERVER = manualTable(
  SERVER,
  `
delay_loop | from one check of a real server to the next | 60 s | 6
lvs_sched | how new connections are spread: rr, wrr (round robin, weighted), lc, wlc (least connections, weighted), sh, dh, mh (by a hash of the address), sed, nq, fo, ovf ... | wlc | wrr | ipvsadm(8)
lb_algo | old name of \`lvs_sched\` | wlc | wrr
hashed | the kernel's own flag, without effect | off
ops | each UDP packet is scheduled by itself | off | | ipvsadm(8), --ops
flag-1 | first flag of the scheduler | off
flag-2 | second flag of the scheduler | off
flag-3 | third flag of the scheduler | off
sh-port | scheduler sh hashes the client's port, too | off | | ipvsadm(8), --sched-flags
sh-fallback | scheduler sh takes another server when the one that the hash names is out | off | | ipvsadm(8), --sched-flags
mh-port | scheduler mh hashes the client's port, too | off | | ipvsadm(8), --sched-flags
mh-fallback | scheduler mh takes another server when the one that the hash names is out | off | | ipvsadm(8), --sched-flags
lvs_method | how packets reach the real servers: NAT (rewritten, answers come back through us), DR (to the server's MAC address, answers go directly), TUN (in a tunnel) | NAT | DR | ipvsadm(8)
lb_kind | old name of \`lvs_method\` | NAT | DR
persistence_timeout | seconds that a client stays with its real server; alone: 360 | off | 50 | ipvsadm(8), --persistent
persistence_granularity | clients of one network of this size stay together; switches persistence on | one address | 255.255.255.0 | ipvsadm(8), --netmask
persistence_engine | what tells clients apart instead of the address, such as \`sip\` | none | sip | ipvsadm(8), --pe
protocol | TCP, UDP or SCTP | UDP | TCP
ip_family | family of a service for a firewall mark | of its real servers | inet6
ha_suspend | checks run only while this host has the address | off
alpha | real servers start out of the pool until their first good check | off
omega | commands for servers that go down run at the end, too | off
quorum | sum of the weights of live real servers that the service needs | 1 | 2
hysteresis | quorum is gained at quorum + hysteresis and lost below quorum - hysteresis | 0 | 1
quorum_up | command that hears that quorum is gained | | "/etc/keepalived/quorum.sh up"
quorum_down | command that hears that quorum is lost | | "/etc/keepalived/quorum.sh down"
sorry_server | server that takes all traffic while quorum is lost | none | 192.0.2.99 80
sorry_server_inhibit | the sorry server stays in the table at weight 0 while it is not needed | off
sorry_server_lvs_method | how packets reach the sorry server | \`lvs_method\` | NAT
virtualhost | Host header of HTTP checks that have none of their own | address:port | www.example.com
snmp_name | name in SNMP | none | web
smtp_alert | mails when quorum changes | \`smtp_alert_checker\`, else \`smtp_alert\` of \`global_defs\`, else off | on
inhibit_on_failure | a failed server stays in the table at weight 0, so that its connections end by themselves | off
connect_timeout | how long a checker waits for a connection, and for each answer | 5 s | 3
retry | further tries after a failure before the server is out | 1, 0 for MISC_CHECK, 3 for DNS_CHECK | 3
delay_before_retry | pause before such a try | 1 s, 3 s for HTTP_GET, \`delay_loop\` for DNS_CHECK | 2
warmup | the first check comes at a random moment within this time | \`delay_loop\` | 5
weight | weight of real servers that have none of their own | 1 | 10
real_server | a server that connections go to | | 198.51.100.11 80 { weight 1 }
`,
);

/** Keywords of `real_server`. */
export const REAL_SERVER = manualTable(
  CHECKER,
  `
weight | share of new connections, compared with the other servers; 0: none, but those that it has stay | 1 | 10 | ipvsadm(8), --weight
lvs_method | how packets reach this server | the virtual server's | DR
inhibit_on_failure | when it fails, it stays in the table at weight 0 | off
uthreshold | no new connections above so many; 0: no limit | 0 | 100 | ipvsadm(8), --u-threshold
lthreshold | new connections again below so many | 3/4 of \`uthreshold\` | 80 | ipvsadm(8), --l-threshold
notify_up | command that hears that the server is in the pool | | "/etc/keepalived/rs.sh up"
notify_down | command that hears that the server is out of the pool | | "/etc/keepalived/rs.sh down"
alpha | starts out of the pool until its first good check | the virtual server's | on
connect_timeout | how long a checker waits for a connection, and for each answer | the virtual server's | 3
retry | further tries after a failure before the server is out | the virtual server's | 3
delay_before_retry | pause before such a try | the virtual server's | 2
warmup | the first check comes at a random moment within this time | the virtual server's | 5
delay_loop | from one check to the next | the virtual server's | 6
smtp_alert | mails when this server goes up or down | \`smtp_alert_checker\`, else \`smtp_alert\` of \`global_defs\`, else on | on
virtualhost | Host header of HTTP checks that have none of their own | the virtual server's | www.example.com
snmp_name | name in SNMP | none | web1
HTTP_GET | checks by HTTP: every url must answer as it should | | { url { path / } }
SSL_GET | checks by HTTPS: every url must answer as it should; the certificate is not verified | | { url { path / } }
TCP_CHECK | checks that a connection can be made | | { connect_timeout 3 }
UDP_CHECK | sends a datagram; an ICMP error, or the wrong answer, is failure | | { require_reply }
SMTP_CHECK | checks that a mail server greets | | { helo_name lb.example.com }
DNS_CHECK | asks a name server | | { type A }
MISC_CHECK | runs a command; exit status 0 is good | | { misc_path "/usr/local/bin/check.sh" }
PING_CHECK | checks that the address answers a ping | | { retry 2 }
BFD_CHECK | the server is good while a BFD session is up | | { name peer }
FILE_CHECK | a number in a file changes the weight | | { track_file load }
`,
);

const CONNECTION = manualTable(
  CHECKER,
  `
connect_ip | address to check | the real server's | 198.51.100.11
connect_port | port to check | the real server's | 8080
bindto | own address that checks come from | the kernel's choice | 198.51.100.1
bind_port | own port that checks come from | the kernel's choice | 40000
bind_if | interface that checks leave by | the kernel's choice | eth1
connect_timeout | how long to wait for a connection, and for each answer | the real server's, else 5 s | 3
fwmark | firewall mark of the packets, for policy routing | none | 7
`,
);
const TIMING = manualTable(
  CHECKER,
  `
retry | further tries after a failure before the server is out | the real server's | 3
delay_before_retry | pause before such a try | the real server's | 2
warmup | the first check comes at a random moment within this time | \`delay_loop\` | 5
delay_loop | from one check to the next | the real server's, else 60 s | 6
alpha | the server is out until this checker's first good check | off | on
log_all_failures | each failed try is logged, not only the last one | off | on
`,
);
const COMMON = { ...CONNECTION, ...TIMING };

/** Keywords of `TCP_CHECK`. */
export const TCP_CHECK = COMMON;
/** Keywords of `PING_CHECK`. */
export const PING_CHECK = COMMON;
/** Keywords of `host` in `SMTP_CHECK`. */
export const SMTP_CHECK_HOST = COMMON;

/** Keywords of `UDP_CHECK`. */
export const UDP_CHECK = {
  ...COMMON,
  ...manualTable(
    CHECKER,
    `
payload | what is sent, in hexadecimal digits | random bytes | 00ff10
require_reply | without an answer the check has failed; with digits, it must begin like them, \`x\` being any | off | 01xx
min_reply_length | shortest good answer, in bytes | 0 | 4
max_reply_length | longest good answer, in bytes | 255 | 512
`,
  ),
};

/** Keywords of `DNS_CHECK`. */
export const DNS_CHECK = {
  ...COMMON,
  ...manualTable(
    CHECKER,
    `
type | type of record to ask for | SOA | A | RFC 1035 section 3.2.2
name | name to ask for | . (the root) | example.com
`,
  ),
};

/** Keywords of `SMTP_CHECK`. */
export const SMTP_CHECK = {
  ...COMMON,
  ...manualTable(
    CHECKER,
    `
helo_name | what the check calls itself | smtpchecker.keepalived.org | lb.example.com | RFC 5321 section 4.1.1.1
host | a further address and port that must answer, too | | { connect_port 587 }
`,
  ),
};

const HTTP = manualTable(
  CHECKER,
  `
url | what to ask for, and what the answer must be; all of them must be good | | { path / }
virtualhost | Host header of urls that have none of their own | the real server's, else address:port | www.example.com
http_protocol | version of HTTP; 1.0C is 1.0 with \`Connection: close\` | 1.0 | 1.1
fast_recovery | at the start and after a failure, the urls are checked one right after another instead of one per \`delay_loop\`; all must still be good | off | on
enable_sni | sends the name of the host in the TLS handshake | off | on
sni_name | name to send instead | the Host header | www.example.com
nb_get_retry | old name of \`retry\` | | 3
`,
);

/** Keywords of `HTTP_GET`. */
export const HTTP_GET = { ...COMMON, ...HTTP };

const TLS_COMPLIANT = manualTable(
  CHECKER,
  "tls_compliant | an answer whose connection ends without TLS's close_notify is a failure | off | on | RFC 8446 section 6.1",
);

/** Keywords of `SSL_GET`. */
export const SSL_GET = { ...COMMON, ...HTTP, ...TLS_COMPLIANT };

/** Keywords of `url` in `HTTP_GET`. */
export const HTTP_GET_URL = manualTable(
  CHECKER,
  `
path | path to ask for | | /health
digest | MD5 sum that the body must have, as \`genhash\` prints it | not looked at | 640205b7b0fc66c1ea91c463fac6334d
status_code | status codes that are good, and ranges of them | 200-299 | 200 301-302
virtualhost | Host header | the checker's | www.example.com
regex | pattern that the body must match | not looked at | "status: ok"
regex_no_match | the body must not match the pattern | off
regex_options | options of the pattern, such as \`caseless\` | none | caseless
regex_min_offset | a match must not begin before this byte of the body | 0 | 100
regex_max_offset | a match must not begin behind this byte of the body | no limit | 1000
regex_stack | memory of the search, which Holdfast does not need | | 16384 65536
`,
);

/** Keywords of `url` in `SSL_GET`. */
export const SSL_GET_URL = { ...HTTP_GET_URL, ...TLS_COMPLIANT };

/** Keywords of `MISC_CHECK`. */
export const MISC_CHECK = {
  ...TIMING,
  ...manualTable(
    CHECKER,
    `
misc_path | command to run; with its arguments it is one word, so it needs double quotes | | "/usr/local/bin/check.sh 198.51.100.11"
misc_timeout | seconds until the command is ended, and has failed | \`delay_loop\` | 5
misc_dynamic | exit status 2 to 255 is good and sets the weight to that number less 2; 0 keeps the weight | off
user | who runs the command, and with which group | \`script_user\` | nobody
`,
  ),
};

/** Keywords of `BFD_CHECK`. */
export const BFD_CHECK = manualTable(
  CHECKER,
  `
name | \`bfd_instance\` whose session counts | | peer
alpha | the server is out until the session is up | off | on
`,
);

/** Keywords of `FILE_CHECK`. */
export const FILE_CHECK = manualTable(
  CHECKER,
  `
track_file | \`track_file\` whose number counts | | load
weight | what the number is multiplied with before it is added to the weight; 0: any number but 0 takes the server out | the file's | 1
`,
);
