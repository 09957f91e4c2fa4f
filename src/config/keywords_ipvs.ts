// The keywords of `virtual_server`, `real_server` and the checkers, as a table.
import { section, type SectionTable } from "./section.ts";

const OFF = ["off", "false", "no"];
const CHECKER = "its servers are not checked that way";
const TARGET = "connect_ip connect_port connect_timeout";
const SOURCE = "bindto bind_port bind_if fwmark";
const TIMING = "retry delay_before_retry warmup delay_loop";
const STATE = "alpha log_all_failures";
const CONNECTION_CHECKER = `${TARGET} ${SOURCE} ${TIMING} ${STATE}`;
const WRONG_SOURCE = "checks come from another address";
const WRONG_ANSWER = "wrong answers count as good";

const CARRIED_OUT_CHECKER = {
  missing: {
    bindto: WRONG_SOURCE,
    bind_port: WRONG_SOURCE,
    bind_if: WRONG_SOURCE,
    fwmark: "checks can take another route",
    alpha: "the server counts as up before its first check",
  },
  harmless: { alpha: OFF, log_all_failures: OFF },
} satisfies SectionTable;

/** `SSL`: 4 keywords. */
export const SSL = section("SSL", { notCarriedOut: "password ca certificate key" });

/** `virtual_server`: 39 keywords. */
export const VIRTUAL_SERVER = section("virtual_server", {
  carriedOut: `
    delay_loop lvs_sched lb_algo lvs_method lb_kind protocol persistence_timeout persistence_granularity
    hashed ops flag-1 flag-2 flag-3 sh-port sh-fallback mh-port mh-fallback
    alpha quorum hysteresis sorry_server sorry_server_lvs_method virtualhost inhibit_on_failure
    connect_timeout retry delay_before_retry warmup weight real_server`,
  notCarriedOut: "ha_suspend omega quorum_up quorum_down sorry_server_inhibit snmp_name smtp_alert",
  missing: { persistence_engine: "clients are told apart by address" },
  blocking: { ip_family: "the service could be of the other family" },
  opens: { real_server: "real_server" },
  harmless: { ip_family: ["inet"], smtp_alert: OFF },
});

/** `real_server`: 26 keywords. */
export const REAL_SERVER = section("real_server", {
  carriedOut: `
    weight lvs_method inhibit_on_failure uthreshold lthreshold connect_timeout retry delay_before_retry warmup
    delay_loop virtualhost TCP_CHECK HTTP_GET`,
  notCarriedOut: "notify_up notify_down smtp_alert snmp_name",
  missing: {
    alpha: "the server counts as up before its first check",
    SSL_GET: CHECKER,
    UDP_CHECK: CHECKER,
    PING_CHECK: CHECKER,
    SMTP_CHECK: CHECKER,
    DNS_CHECK: CHECKER,
    MISC_CHECK: CHECKER,
    BFD_CHECK: CHECKER,
    FILE_CHECK: CHECKER,
  },
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
  harmless: { alpha: OFF, smtp_alert: OFF },
});

/** `TCP_CHECK`: 13 keywords. */
export const TCP_CHECK = section("TCP_CHECK", {
  ...CARRIED_OUT_CHECKER,
  carriedOut: `${TARGET} ${TIMING}`,
  notCarriedOut: "log_all_failures",
});

/** `HTTP_GET`: 20 keywords. */
export const HTTP_GET = section("HTTP_GET", {
  ...CARRIED_OUT_CHECKER,
  carriedOut: `${TARGET} ${TIMING} url virtualhost http_protocol nb_get_retry`,
  notCarriedOut: "log_all_failures fast_recovery enable_sni sni_name",
  deprecated: { nb_get_retry: "retry" },
  opens: { url: "HTTP_GET url" },
});

/** `url` of `HTTP_GET`: 10 keywords. */
export const HTTP_GET_URL = section("url", {
  carriedOut: "path status_code virtualhost",
  notCarriedOut: "regex_no_match regex_options regex_min_offset regex_max_offset regex_stack",
  missing: { digest: WRONG_ANSWER, regex: WRONG_ANSWER },
});

/** `SSL_GET`: 21 keywords. */
export const SSL_GET = section("SSL_GET", {
  notCarriedOut: `
    ${CONNECTION_CHECKER} url virtualhost http_protocol fast_recovery enable_sni sni_name nb_get_retry tls_compliant`,
  deprecated: { nb_get_retry: "retry" },
  opens: { url: "SSL_GET url" },
});

/** `url` of `SSL_GET`: 11 keywords. */
export const SSL_GET_URL = section("url", {
  notCarriedOut: `
    path status_code virtualhost digest regex regex_no_match regex_options regex_min_offset regex_max_offset
    regex_stack tls_compliant`,
});

/** `UDP_CHECK`: 17 keywords. */
export const UDP_CHECK = section("UDP_CHECK", {
  notCarriedOut: `${CONNECTION_CHECKER} payload require_reply min_reply_length max_reply_length`,
});

/** `PING_CHECK`: 13 keywords. */
export const PING_CHECK = section("PING_CHECK", { notCarriedOut: CONNECTION_CHECKER });

/** `SMTP_CHECK`: 15 keywords. */
export const SMTP_CHECK = section("SMTP_CHECK", {
  notCarriedOut: `${CONNECTION_CHECKER} helo_name host`,
  opens: { host: "SMTP_CHECK host" },
});

/** `host` of `SMTP_CHECK`: 13 keywords. */
export const SMTP_CHECK_HOST = section("host", { notCarriedOut: CONNECTION_CHECKER });

/** `DNS_CHECK`: 15 keywords. */
export const DNS_CHECK = section("DNS_CHECK", { notCarriedOut: `${CONNECTION_CHECKER} type name` });

/** `MISC_CHECK`: 10 keywords. */
export const MISC_CHECK = section("MISC_CHECK", {
  notCarriedOut: `${TIMING} ${STATE} misc_path misc_timeout misc_dynamic user`,
});

/** `BFD_CHECK`: 2 keywords. */
export const BFD_CHECK = section("BFD_CHECK", { notCarriedOut: "name alpha" });

/** `FILE_CHECK`: 2 keywords. */
export const FILE_CHECK = section("FILE_CHECK", { notCarriedOut: "track_file weight" });
