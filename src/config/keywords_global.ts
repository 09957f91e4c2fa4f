// The keywords of the top level and of `global_defs`, as a table: which are carried out, and what refuses a file.
import { section } from "./section.ts";

/** The top level: 25 keywords. */
export const ROOT = section("the top level", {
  carriedOut: `global_defs vrrp_instance vrrp_sync_group virtual_server virtual_server_group SSL instance
    vrrp_script track_file vrrp_track_file vrrp_track_process bfd_instance
    garp_group child_wait_time track_group static_ipaddress static_routes static_rules
    linkbeat_interfaces linkbeat_use_polling interface_up_down_delays net_namespace net_namespace_ipvs`,
  notCarriedOut: `namespace_with_ipsets use_pid_dir`,
  deprecated: { vrrp_track_file: "track_file" },
  opens: {
    global_defs: "global_defs",
    vrrp_instance: "vrrp_instance",
    virtual_server: "virtual_server",
    vrrp_sync_group: "vrrp_sync_group",
    vrrp_script: "vrrp_script",
    vrrp_track_process: "vrrp_track_process",
    track_file: "track_file",
    vrrp_track_file: "vrrp_track_file",
    bfd_instance: "bfd_instance",
    track_group: "track_group",
    garp_group: "garp_group",
    SSL: "SSL",
    static_ipaddress: "addresses",
    static_routes: "routes",
    static_rules: "rules",
    linkbeat_interfaces: "links",
    interface_up_down_delays: "delays",
    virtual_server_group: "services",
  },
});

/** `global_defs`: 140 keywords. */
export const GLOBAL_DEFS = section("global_defs", {
  carriedOut: `
    process_name bfd_process_name umask log_unknown_vrids reload_check_config reload_time_file reload_repeat reload_file config_save_dir
    max_auto_priority min_auto_priority_delay
    vrrp_rx_bufs_policy vrrp_rx_bufs_multiplier bfd_priority bfd_rt_priority
    bfd_rlimit_rttime bfd_rlimit_rtime bfd_no_swap bfd_cpu_affinity
    process_names vrrp_process_name checker_process_name lvs_process_name vrrp_priority checker_priority
    vrrp_rt_priority checker_rt_priority vrrp_rlimit_rttime checker_rlimit_rttime vrrp_rlimit_rtime
    checker_rlimit_rtime vrrp_no_swap checker_no_swap vrrp_cpu_affinity checker_cpu_affinity
    vmac_prefix vmac_addr_prefix vrrp_startup_delay vrrp_delay_after_boot vrrp_strict vrrp_owner_ignore_adverts
    router_id vrrp_version vrrp_skip_check_adv_addr vrrp_check_unicast_src include_check random_seed
    script_user dynamic_interfaces checker_log_all_failures default_interface iproute_usr_dir iproute_etc_dir
    lvs_timeouts lvs_flush lvs_flush_on_stop lvs_flush_onstop lvs_sync_daemon
    data_use_instance state_dump_file stats_dump_file json_dump_file json_version
    enable_script_security vrrp_down_timer_adverts vrrp_lower_prio_no_advert vrrp_higher_prio_send_advert
    vrrp_garp_master_delay vrrp_garp_master_repeat vrrp_garp_master_refresh vrrp_garp_master_refresh_repeat
    vrrp_garp_lower_prio_delay vrrp_garp_lower_prio_repeat vrrp_min_garp
    vrrp_garp_interval vrrp_gna_interval vrrp_garp_extra_if vrrp_vmac_garp_intvl
    vrrp_mcast_group4 vrrp_mcast_group6 v3_checksum_as_v2
    vrrp_notify_priority_changes notify_fifo vrrp_notify_fifo lvs_notify_fifo
    notify_fifo_script vrrp_notify_fifo_script lvs_notify_fifo_script
    fifo_write_vrrp_states_on_reload startup_script startup_script_timeout shutdown_script shutdown_script_timeout
    rs_init_notifies no_email_faults
    notification_email notification_email_from smtp_server smtp_helo_name smtp_connect_timeout smtp_alert
    smtp_alert_vrrp smtp_alert_checker no_checker_emails`,
  notCarriedOut: `
    use_symlink_paths set_supplementary_groups
    tmp_config_directory
    disable_local_igmp
    vrrp_iptables vrrp_ipsets nftables nftables_priority nftables_ifindex nftables_counters nftables_ipvs
    nftables_ipvs_priority nftables_ipvs_start_fwmark
    vrrp_netlink_cmd_rcv_bufs vrrp_netlink_monitor_rcv_bufs lvs_netlink_cmd_rcv_bufs lvs_netlink_monitor_rcv_bufs
    process_monitor_rcv_bufs vrrp_netlink_cmd_rcv_bufs_force vrrp_netlink_monitor_rcv_bufs_force
    lvs_netlink_cmd_rcv_bufs_force lvs_netlink_monitor_rcv_bufs_force process_monitor_rcv_bufs_force
    snmp_socket enable_traps enable_snmp_vrrp enable_snmp_keepalived enable_snmp_checker enable_snmp_rfc
    enable_snmp_rfcv2 enable_snmp_rfcv3 snmp_vs_stats_update_interval snmp_rs_stats_update_interval
    enable_dbus dbus_service_name dbus_no_interface_name`,
  deprecated: {
    lvs_process_name: "checker_process_name",
    vrrp_vmac_garp_intvl: "vrrp_garp_extra_if",
    lvs_flush_onstop: "lvs_flush_on_stop",
    enable_snmp_keepalived: "enable_snmp_vrrp",
    vrrp_rlimit_rtime: "vrrp_rlimit_rttime",
    checker_rlimit_rtime: "checker_rlimit_rttime",
    bfd_rlimit_rtime: "bfd_rlimit_rttime",
  },
  opens: { notification_email: "emails" },
  harmless: {
    vrrp_garp_interval: ["0"],
    vrrp_gna_interval: ["0"],
  },
  complainsOfExtra: "vrrp_garp_extra_if",
  leftOutWhenEmpty: `
    router_id notification_email_from smtp_helo_name script_user default_interface lvs_sync_daemon lvs_timeouts
    vrrp_garp_extra_if
    vrrp_cpu_affinity checker_cpu_affinity bfd_cpu_affinity vrrp_priority checker_priority bfd_priority
    vrrp_rt_priority checker_rt_priority bfd_rt_priority min_auto_priority_delay
    notify_fifo vrrp_notify_fifo lvs_notify_fifo notify_fifo_script vrrp_notify_fifo_script lvs_notify_fifo_script
    startup_script shutdown_script reload_time_file snmp_socket`,
});
