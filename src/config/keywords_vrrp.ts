// The keywords of `vrrp_instance` and of everything that instances track, as a table.
import { section } from "./section.ts";

/** `vrrp_instance`: 70 keywords. */
export const VRRP_INSTANCE = section("vrrp_instance", {
  carriedOut: `
    interface virtual_router_id priority state version advert_int preempt nopreempt preempt_delay accept
    mcast_src_ip unicast_src_ip unicast_peer unicast_ttl check_unicast_src authentication virtual_ipaddress virtual_ipaddress_excluded no_virtual_ipaddress
    garp_master_delay garp_master_repeat garp_master_refresh garp_master_refresh_repeat
    garp_lower_prio_delay garp_lower_prio_repeat
    native_ipv6 mcast_dst_ip old_unicast_checksum v3_checksum_as_v2
    virtual_routes virtual_rules promote_secondaries
    track_interface track_script track_file track_process track_bfd track_src_ip linkbeat_use_polling
    dont_track_primary skip_check_adv_addr
    down_timer_adverts lower_prio_no_advert higher_prio_send_advert lvs_sync_daemon_interface
    no_accept use_vmac use_ipvlan vmac_xmit_base auth_hmac timer_expired_backup thread_timer_expired
    owner_ignore_adverts unicast_fault_no_peer strict_mode
    notify notify_master notify_backup notify_fault notify_stop notify_deleted notify_master_rx_lower_pri
    notify_priority_changes smtp_alert garp_extra_if vmac_garp_intvl use_vmac_addr vrf kernel_rx_buf_size`,
  notCarriedOut: "debug",
  deprecated: { thread_timer_expired: "timer_expired_backup", vmac_garp_intvl: "garp_extra_if" },
  complainsOfExtra: "garp_extra_if",
  leftOutWhenEmpty: "garp_extra_if vmac_garp_intvl",
  opens: {
    authentication: "authentication",
    auth_hmac: "auth_hmac",
    virtual_ipaddress: "addresses",
    virtual_ipaddress_excluded: "addresses",
    virtual_routes: "routes",
    virtual_rules: "rules",
    unicast_peer: "peers",
    track_interface: "tracked",
    track_script: "tracked",
    track_file: "tracked",
    track_process: "tracked",
    track_bfd: "tracked",
  },
});

/** `authentication`: 2 keywords. */
export const AUTHENTICATION = section("authentication", { carriedOut: "auth_type auth_pass" });

/** `auth_hmac`: 5 keywords. */
export const AUTH_HMAC = section("auth_hmac", { carriedOut: "key active_key anti_replay mode time_window" });

/** `vrrp_sync_group`: 15 keywords. */
export const VRRP_SYNC_GROUP = section("vrrp_sync_group", {
  carriedOut: `
    group track_interface track_script track_file track_process track_bfd
    notify notify_master notify_backup notify_fault notify_stop sync_group_tracking_weight global_tracking
    notify_priority_changes smtp_alert`,
  deprecated: { global_tracking: "sync_group_tracking_weight" },
  opens: {
    group: "members",
    track_interface: "tracked",
    track_script: "tracked",
    track_file: "tracked",
    track_process: "tracked",
    track_bfd: "tracked",
  },
});

/** `vrrp_script`: 8 keywords. */
export const VRRP_SCRIPT = section("vrrp_script", {
  carriedOut: "script interval timeout weight rise fall user init_fail",
  leftOutWhenEmpty: "script",
});

/** `vrrp_track_process`: 9 keywords. */
export const VRRP_TRACK_PROCESS = section("vrrp_track_process", {
  carriedOut: "process param_match weight quorum quorum_max delay fork_delay terminate_delay full_command",
  leftOutWhenEmpty: "weight",
});

/** `track_file`: 3 keywords. */
export const TRACK_FILE = section("track_file", {
  carriedOut: "file weight init_file",
  leftOutWhenEmpty: "file weight",
});

/** `vrrp_track_file`, the old name of `track_file`: 3 keywords. */
export const VRRP_TRACK_FILE = section("vrrp_track_file", {
  carriedOut: "file weight init_file",
  leftOutWhenEmpty: "file weight",
});

/** `bfd_instance`: 15 keywords. */
export const BFD_INSTANCE = section("bfd_instance", {
  carriedOut: `
    neighbor_ip neighbour_ip source_ip min_rx min_tx idle_tx multiplier passive ttl hoplimit max_hops multihop weight
    vrrp checker`,
});

/** `track_group`: 1 keyword. */
export const TRACK_GROUP = section("track_group", { carriedOut: "group", opens: { group: "members" } });

/** `garp_group`: 4 keywords. */
export const GARP_GROUP = section("garp_group", {
  carriedOut: "garp_interval gna_interval interface interfaces",
  opens: { interfaces: "members" },
});
