// The keywords of `virtual_server`, `real_server` and the checkers, as a table.
import { type Section, section, type SectionTable } from "./section.ts";

const TARGET = "connect_ip connect_port connect_timeout";
const SOURCE = "bindto bind_port bind_if fwmark";
const TIMING = "retry delay_before_retry warmup delay_loop";
const STATE = "alpha log_all_failures";
const CONNECTION = `${TARGET} ${SOURCE} ${TIMING}`;

/** Keywords of every checker with a connection. */
export const CHECKER_KEYWORDS_OF_ALL = `${CONNECTION} ${STATE}`;

/** `SSL`: 4 keywords. */
export const SSL = section("SSL", {
  carriedOut: "password ca certificate key",
  leftOutWhenEmpty: "password ca certificate key",
});

/** `virtual_server`: 39 keywords. */
export const VIRTUAL_SERVER = section("virtual_server", {
  carriedOut: `
    delay_loop lvs_sched lb_algo lvs_method lb_kind protocol persistence_timeout persistence_granularity
    hashed ops flag-1 flag-2 flag-3 sh-port sh-fallback mh-port mh-fallback
    alpha omega ha_suspend quorum hysteresis sorry_server sorry_server_lvs_method sorry_server_inhibit
    persistence_engine virtualhost inhibit_on_failure
    connect_timeout retry delay_before_retry warmup weight real_server ip_family quorum_up quorum_down smtp_alert`,
  notCarriedOut: "snmp_name",
  opens: { real_server: "real_server" },
  complainsOfExtra: "lvs_method lb_kind sorry_server_lvs_method snmp_name",
  leftOutWhenEmpty: "virtualhost snmp_name",
});

/** `real_server`: 26 keywords. */
export const REAL_SERVER = section("real_server", {
  carriedOut: `
    weight lvs_method alpha inhibit_on_failure uthreshold lthreshold connect_timeout retry delay_before_retry warmup
    delay_loop virtualhost
    TCP_CHECK HTTP_GET SSL_GET UDP_CHECK PING_CHECK SMTP_CHECK DNS_CHECK MISC_CHECK BFD_CHECK FILE_CHECK
    notify_up notify_down smtp_alert`,
  notCarriedOut: "snmp_name",
  opens: {
    TCP_CHECK: "TCP_CHECK",
    HTTP_GET: "HTTP_GET",
    SSL_GET: "SSL_GET",
    UDP_CHECK: "UDP_CHECK",
    PING_CHECK: "PING_CHECK",
    SMTP_CHECK: "SMTP_CHECK",
    DNS_CHECK: "DNS_CHECK",
    MISC_CHECK: "MISC_CHECK",
    BFD_CHECK: "BFD_CHECK",
    FILE_CHECK: "FILE_CHECK",
  },
  complainsOfExtra: "lvs_method snmp_name",
  leftOutWhenEmpty: "virtualhost snmp_name",
});

/** A checker with a connection: 13 keywords and its own. */
function checker(title: string, own: string, table: SectionTable = {}): Section {
  return section(title, { ...table, carriedOut: `${CHECKER_KEYWORDS_OF_ALL} ${own}` });
}

/** All urls are asked at each check, so that `fast_recovery` says what happens anyway. */
const HTTP_KEYWORDS = "url virtualhost http_protocol nb_get_retry enable_sni sni_name fast_recovery";
const URL_KEYWORDS = `
  path status_code virtualhost digest regex regex_no_match regex_options regex_min_offset regex_max_offset`;
const LEFT_OUT_OF_URL =
  "status_code virtualhost regex regex_no_match regex_options regex_stack regex_min_offset regex_max_offset";

/** `TCP_CHECK`: 13 keywords. */
export const TCP_CHECK = checker("TCP_CHECK", "");

/** `HTTP_GET`: 20 keywords. */
export const HTTP_GET = checker("HTTP_GET", HTTP_KEYWORDS, {
  deprecated: { nb_get_retry: "retry" },
  opens: { url: "HTTP_GET url" },
  leftOutWhenEmpty: "http_protocol virtualhost",
});

/** `url` of `HTTP_GET`: 10 keywords. The search needs no stack. */
export const HTTP_GET_URL = section("url", {
  carriedOut: `${URL_KEYWORDS} regex_stack`,
  leftOutWhenEmpty: LEFT_OUT_OF_URL,
});

/** `SSL_GET`: 21 keywords. */
export const SSL_GET = checker("SSL_GET", `${HTTP_KEYWORDS} tls_compliant`, {
  deprecated: { nb_get_retry: "retry" },
  opens: { url: "SSL_GET url" },
  leftOutWhenEmpty: "http_protocol virtualhost",
});

/** `url` of `SSL_GET`: 11 keywords. */
export const SSL_GET_URL = section("url", {
  carriedOut: `${URL_KEYWORDS} regex_stack tls_compliant`,
  leftOutWhenEmpty: LEFT_OUT_OF_URL,
});

/** `UDP_CHECK`: 17 keywords. */
export const UDP_CHECK = checker("UDP_CHECK", "payload require_reply min_reply_length max_reply_length", {
  leftOutWhenEmpty: "payload require_reply",
});

/** `PING_CHECK`: 13 keywords. */
export const PING_CHECK = checker("PING_CHECK", "");

/** `SMTP_CHECK`: 15 keywords. */
export const SMTP_CHECK = checker("SMTP_CHECK", "helo_name host", {
  opens: { host: "SMTP_CHECK host" },
  leftOutWhenEmpty: "helo_name",
});

/** `host` of `SMTP_CHECK`: 13 keywords. */
export const SMTP_CHECK_HOST = checker("host", "");

/** `DNS_CHECK`: 15 keywords. */
export const DNS_CHECK = checker("DNS_CHECK", "type name");

/** `MISC_CHECK`: 10 keywords. */
export const MISC_CHECK = section("MISC_CHECK", {
  carriedOut: `${TIMING} ${STATE} misc_path misc_timeout misc_dynamic user`,
  leftOutWhenEmpty: "misc_path user",
});

/** `BFD_CHECK`: 2 keywords. */
export const BFD_CHECK = section("BFD_CHECK", { carriedOut: "name alpha", leftOutWhenEmpty: "name" });

/** `FILE_CHECK`: 2 keywords. */
export const FILE_CHECK = section("FILE_CHECK", { carriedOut: "track_file weight", leftOutWhenEmpty: "weight" });
