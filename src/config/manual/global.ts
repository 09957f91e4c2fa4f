// What the keywords of the top level and of `global_defs` mean, for `holdfast explain`. Only text.
import { manualTable } from "./entry.ts";

const GLOBAL = "keepalived.conf(5), global definitions";

/** Keywords of the top level. */
export const ROOT = manualTable(
  "keepalived.conf(5)",
  `
global_defs | what holds for everything: defaults, mail, processes | | { router_id lb1 }
vrrp_instance | a virtual router: addresses that one of several hosts has | | VI_1 { interface eth0; virtual_router_id 51; virtual_ipaddress { 192.0.2.100/24 } } | RFC 9568
vrrp_sync_group | instances that change state together | | VG_1 { group { VI_1; VI_2 } }
vrrp_script | a command whose result changes the priority of instances, or puts them in fault | | chk_nginx { script "/usr/bin/killall -0 nginx" }
vrrp_track_process | processes that must run | | nginx { process /usr/sbin/nginx }
track_file | a number in a file that changes priorities or weights | | load { file /run/load }
vrrp_track_file | old name of \`track_file\` | | load { file /run/load }
bfd_instance | a BFD session with a neighbor, which finds a broken path in milliseconds | | peer { neighbor_ip 192.0.2.2 } | RFC 5880
track_group | instances that follow static addresses, routes and rules | | TG { group { VI_1 } }
garp_group | interfaces that share the pace of gratuitous ARP | | { garp_interval 0.05; interfaces { eth0; eth1 } }
static_ipaddress | addresses that are there as long as Holdfast runs | | { 192.0.2.5/24 dev eth0 }
static_routes | routes that are there as long as Holdfast runs, in the words of ip-route(8) | | { default via 192.0.2.254 dev eth0 }
static_rules | rules that are there as long as Holdfast runs, in the words of ip-rule(8) | | { from 192.0.2.5 table 7 preference 100 }
linkbeat_interfaces | interfaces whose link is polled, and how | | { eth0 MII }
interface_up_down_delays | interface, and how long it must be down, and up, until that is believed; without the second, up is believed at once | | { eth0 2 5 }
virtual_server_group | addresses, ranges and firewall marks that share their real servers | | WEB { 192.0.2.1-10 80 }
virtual_server | a service that the kernel's IPVS spreads over real servers | | 192.0.2.100 80 { lvs_sched wrr; lvs_method DR; protocol TCP; real_server 198.51.100.11 80 { weight 1 } } | ipvsadm(8)
SSL | client certificate for all SSL_GET | | { certificate /etc/ssl/client.pem; key /etc/ssl/client.key }
net_namespace | network namespace that everything runs in; can't be changed by a reload | the present one | blue
net_namespace_ipvs | network namespace of IPVS only | \`net_namespace\` | blue
namespace_with_ipsets | ipsets may be used in a network namespace, on old kernels, too | off
instance | name of this Holdfast among several on a host; \`\${_INSTANCE}\` stands for it | none | left
use_pid_dir | pid files go to a folder of their own | off
linkbeat_use_polling | the links of all interfaces are polled instead of watched | off
child_wait_time | seconds that the end waits for the processes | 5 | 10
`,
);

const PROCESSES = manualTable(
  GLOBAL,
  `
process_names | gives the processes names of their own | off
process_name | name of the parent process | none | keepalived
vrrp_process_name | name of the VRRP process | none | keepalived_vrrp
checker_process_name | name of the health checking process | none | keepalived_lvs
lvs_process_name | old name of \`checker_process_name\` | | keepalived_lvs
bfd_process_name | name of the BFD process | none | keepalived_bfd
use_symlink_paths | scripts run by the path that is written, not by what it links to | off | on
set_supplementary_groups | scripts have the supplementary groups of their user, too | off | on
router_id | name of this host in mails, SNMP and on the stats page | the host name | lb1
startup_script | command that runs before everything else starts | none | "/etc/keepalived/start.sh"
startup_script_timeout | seconds that \`startup_script\` may take | 10 | 30
shutdown_script | command that runs when everything has ended | none | "/etc/keepalived/stop.sh"
shutdown_script_timeout | seconds that \`shutdown_script\` may take | 10 | 30
umask | which permissions new files don't get | IXUSR|IRWXG|IRWXO | IWGRP|IWOTH
random_seed | makes \`\${_RANDOM}\` repeatable | by chance | 42
include_check | what counts as a failure of a plain \`include\`: +readable, +match, +wildcard_match, +brace_match | nothing; alone: everything | +match
reload_check_config | a reload first checks the file, and is refused if anything is wrong with it | off | /run/check.log
reload_time_file | reloads at the time that is written in this file | none | /etc/keepalived/reload_at
reload_repeat | the reload of \`reload_time_file\` may happen again and again | off
reload_file | this file is there while a reload is going on | none | /run/keepalived.reload
config_save_dir | keeps a copy of each configuration here | none | /var/lib/keepalived
tmp_config_directory | where keepalived puts its combined copy of the configuration | memory | /run
data_use_instance | names of dump files contain that of the instance | off | on
state_dump_file | where the state goes at SIGUSR1 | /tmp/keepalived.data | /run/keepalived.data
stats_dump_file | where the counters go at SIGUSR2 | /tmp/keepalived.stats | /run/keepalived.stats
json_dump_file | where the state goes as JSON | /tmp/keepalived.json | /run/keepalived.json
json_version | form of the JSON in \`json_dump_file\` | 1 | 2
iproute_usr_dir | where iproute2's own tables of names are | the system's | /usr/share/iproute2
iproute_etc_dir | where the administrator's tables of names are | the system's | /etc/iproute2
default_interface | interface of static addresses that name none | eth0 | eth1
dynamic_interfaces | interfaces may be missing at the start, and come and go | off | allow_if_changes
script_user | who runs scripts that name nobody, and with which group | keepalived_script if it is there, else root | nobody
enable_script_security | scripts that others than root could change are not run as root | off
max_auto_priority | greatest real-time priority that a process gives itself when it was late | 0: never | 50
min_auto_priority_delay | microseconds that a process must have been late before \`max_auto_priority\` raises its priority | 1000000 | 500000
vrrp_priority | nice value of the VRRP process | 0 | -20
checker_priority | nice value of the health checking process | 0 | -5
bfd_priority | nice value of the BFD process | 0 | -20
vrrp_rt_priority | real-time priority of the VRRP process, so that a busy host does not delay advertisements | none | 50 | sched(7)
checker_rt_priority | real-time priority of the health checking process | none | 10 | sched(7)
bfd_rt_priority | real-time priority of the BFD process | none | 60 | sched(7)
vrrp_rlimit_rttime | microseconds that the VRRP process may run on end with real-time priority; fewer than 5 seconds, keepalived's 10000 say, count as 5 seconds | no limit | 5000000 | getrlimit(2)
vrrp_rlimit_rtime | old name of \`vrrp_rlimit_rttime\` | | 5000000
checker_rlimit_rttime | microseconds that the health checking process may run on end with real-time priority; fewer than 5 seconds, keepalived's 10000 say, count as 5 seconds | no limit | 5000000 | getrlimit(2)
checker_rlimit_rtime | old name of \`checker_rlimit_rttime\` | | 5000000
bfd_rlimit_rttime | microseconds that the BFD process may run on end with real-time priority; fewer than 5 seconds, keepalived's 10000 say, count as 5 seconds | no limit | 5000000 | getrlimit(2)
bfd_rlimit_rtime | old name of \`bfd_rlimit_rttime\` | | 5000000
vrrp_no_swap | the VRRP process is never swapped out | off
checker_no_swap | the health checking process is never swapped out | off
bfd_no_swap | the BFD process is never swapped out | off
vrrp_cpu_affinity | CPUs that the VRRP process runs on | all | 0 1
checker_cpu_affinity | CPUs that the health checking process runs on | all | 2
bfd_cpu_affinity | CPUs that the BFD process runs on | all | 1
vrrp_netlink_cmd_rcv_bufs | receive buffer of the VRRP process for answers of netlink, in bytes | the kernel's | 1048576 | netlink(7)
vrrp_netlink_monitor_rcv_bufs | receive buffer of the VRRP process for news from netlink, in bytes | the kernel's | 1048576 | netlink(7)
lvs_netlink_cmd_rcv_bufs | receive buffer of the health checking process for answers of netlink, in bytes | the kernel's | 1048576 | netlink(7)
lvs_netlink_monitor_rcv_bufs | receive buffer of the health checking process for news from netlink, in bytes | the kernel's | 1048576 | netlink(7)
process_monitor_rcv_bufs | receive buffer for news of processes, in bytes | the kernel's | 1048576 | netlink(7)
vrrp_netlink_cmd_rcv_bufs_force | \`vrrp_netlink_cmd_rcv_bufs\` may pass the system's limit | off | on
vrrp_netlink_monitor_rcv_bufs_force | \`vrrp_netlink_monitor_rcv_bufs\` may pass the system's limit | off | on
lvs_netlink_cmd_rcv_bufs_force | \`lvs_netlink_cmd_rcv_bufs\` may pass the system's limit | off | on
lvs_netlink_monitor_rcv_bufs_force | \`lvs_netlink_monitor_rcv_bufs\` may pass the system's limit | off | on
process_monitor_rcv_bufs_force | \`process_monitor_rcv_bufs\` may pass the system's limit | off | on
`,
);

const MAIL = manualTable(
  GLOBAL,
  `
notification_email | who gets mails | nobody | { ops@example.com }
notification_email_from | sender of mails | user@host | lb1@example.com
smtp_server | mail server, and its port | port 25 | 192.0.2.25 25
smtp_helo_name | what this host calls itself to the mail server | the host name | lb1.example.com
smtp_connect_timeout | seconds that the mail server may take to answer | 30 | 10
smtp_alert | mails about everything | see \`smtp_alert_vrrp\` and \`smtp_alert_checker\` | on
smtp_alert_vrrp | mails about instances and sync groups | \`smtp_alert\`, else off | on
smtp_alert_checker | mails about virtual and real servers | \`smtp_alert\`, else about real servers | on
no_checker_emails | no mail when a single check changes, only when a real or virtual server goes up or down | off | on
no_email_faults | no mail about instances in fault | off
`,
);

const VRRP = manualTable(
  GLOBAL,
  `
vrrp_version | version of instances that don't say it | 2 | 3
vrrp_mcast_group4 | multicast group of instances over IPv4, the same on all routers | 224.0.0.18 | 224.0.0.18 | RFC 9568 section 5.1.1.2
vrrp_mcast_group6 | multicast group of instances over IPv6, the same on all routers | ff02::12 | ff02::12 | RFC 9568 section 5.1.2.2
vrrp_garp_master_delay | second set of gratuitous ARP so long after becoming master; 0: none | 5 s | 5
vrrp_garp_master_repeat | gratuitous ARP for each address in a set | 5 | 5
vrrp_garp_master_refresh | further sets while master, this far apart; 0: none | 0 s | 60
vrrp_garp_master_refresh_repeat | gratuitous ARP for each address in such a set | 1 | 2
vrrp_garp_lower_prio_delay | second set this long after an advertisement of lower priority | \`vrrp_garp_master_delay\` | 10
vrrp_garp_lower_prio_repeat | gratuitous ARP for each address after an advertisement of lower priority | \`vrrp_garp_master_repeat\` | 1
vrrp_garp_interval | pause between two gratuitous ARP messages on an interface | 0 s | 0.001
vrrp_gna_interval | pause between two unsolicited neighbor advertisements on an interface | 0 s | 0.001
vrrp_min_garp | one gratuitous ARP, once | off | on
vrrp_garp_extra_if | with macvlans, gratuitous ARP so often on related ones, or on every interface | off | all 60
vrrp_vmac_garp_intvl | old name of \`vrrp_garp_extra_if\` | | 60
vrrp_down_timer_adverts | how many advertisements may be lost before a backup takes over | 3 | 3 | RFC 9568 section 6.1
vrrp_lower_prio_no_advert | a master does not answer advertisements of lower priority | off | on
vrrp_higher_prio_send_advert | a master sends one more advertisement before it gives way | off | on
vrrp_owner_ignore_adverts | an address owner does not give way to another owner | off, on in strict mode | on
v3_checksum_as_v2 | version 3 over IPv4 leaves the pseudo header out of the checksum, as RFC 9568 has it and keepalived does not by itself; the same on all routers of a group. An argument is not looked at, not even \`off\` | off | | RFC 9568 section 5.2.8
vrrp_check_unicast_src | unicast advertisements from others than the peers are dropped | off
vrrp_skip_check_adv_addr | the list of addresses is compared only when the sender changes | off | on
vrrp_strict | the RFC to the letter: no password, no \`preempt_delay\`, \`down_timer_adverts\` is 3, packets to addresses that are not owned are dropped. Unicast peers are kept, with a warning; newer releases of keepalived drop an instance that has them | off | on | RFC 9568
vrrp_notify_priority_changes | FIFOs hear of changes of the effective priority, too | off | on
vrrp_startup_delay | instances wait so long after the start | 0 s | 10
vrrp_delay_after_boot | instances wait until the host has been up for so long | 0 s | 60
log_unknown_vrids | advertisements of virtual routers that are not ours are logged | off
disable_local_igmp | the host does not join the multicast group on macvlans | off
vmac_prefix | how names of macvlans begin | vrrp | vmac
vmac_addr_prefix | how names of macvlans of single addresses begin | \`vmac_prefix\` | vaddr
vrrp_rx_bufs_policy | how receive buffers are sized: by the MTU, by advertisements, or in bytes | the kernel's | ADVERT
vrrp_rx_bufs_multiplier | what the size of a receive buffer by \`vrrp_rx_bufs_policy\` is multiplied with | 3 | 5
`,
);

const FILTERS = manualTable(
  GLOBAL,
  `
vrrp_iptables | chains of iptables that packets to addresses are dropped in, for \`no_accept\` | INPUT OUTPUT | INPUT OUTPUT
vrrp_ipsets | names of the ipsets that go with \`vrrp_iptables\`; 0: none | keepalived ... | keepalived
nftables | table of nftables that packets to addresses are dropped in, for \`no_accept\`, instead of \`vrrp_iptables\` | keepalived | keepalived
nftables_priority | priority of the chains of \`nftables\` | -1 | -1
nftables_ifindex | rules match interfaces by number instead of by name | off
nftables_counters | rules of \`nftables\` count what they match | off
nftables_ipvs | table that turns the members of a group into one firewall mark | keepalived_ipvs | keepalived_ipvs
nftables_ipvs_priority | priority of the chains of \`nftables_ipvs\` | 0 | 0
nftables_ipvs_start_fwmark | first firewall mark that is used for \`nftables_ipvs\` | 1000 | 1000
`,
);

const LVS = manualTable(
  GLOBAL,
  `
lvs_timeouts | seconds that the kernel keeps idle connections: TCP, TCP after FIN, UDP | the kernel's | tcp 900 tcpfin 120 udp 300 | ipvsadm(8), --set
lvs_flush | empties the IPVS table at the start | off
lvs_flush_on_stop | empties the IPVS table at the end; VS: virtual servers only | off | VS
lvs_flush_onstop | old name of \`lvs_flush_on_stop\` | | VS
lvs_sync_daemon | tells the other director of connections, by this interface, while this instance is master | none | eth1 inst VI_1 id 7 | ipvsadm(8), --start-daemon
checker_log_all_failures | each failed try of a check is logged, not only the last one | off | on
rs_init_notifies | commands hear of the states at the start, too | off | on
`,
);

const FIFOS = manualTable(
  GLOBAL,
  `
notify_fifo | FIFO that all changes of state are written to | none | /run/holdfast.fifo
vrrp_notify_fifo | FIFO for instances and sync groups | none | /run/vrrp.fifo
lvs_notify_fifo | FIFO for virtual and real servers | none | /run/lvs.fifo
notify_fifo_script | command that reads \`notify_fifo\`, with the FIFO as its last argument | none | "/etc/keepalived/fifo.sh"
vrrp_notify_fifo_script | command that reads \`vrrp_notify_fifo\` | none | "/etc/keepalived/fifo.sh vrrp"
lvs_notify_fifo_script | command that reads \`lvs_notify_fifo\` | none | "/etc/keepalived/fifo.sh lvs"
fifo_write_vrrp_states_on_reload | all states are written again after a reload | off
`,
);

const MANAGEMENT = manualTable(
  GLOBAL,
  `
snmp_socket | where the AgentX master listens | unix:/var/agentx/master | udp:192.0.2.9:705
enable_traps | SNMP traps are sent | off
enable_snmp_vrrp | keepalived's MIB for VRRP | off
enable_snmp_keepalived | old name of \`enable_snmp_vrrp\`
enable_snmp_checker | keepalived's MIB for virtual servers | off
enable_snmp_rfc | both RFCs' MIBs | off
enable_snmp_rfcv2 | MIB of VRRP version 2 | off | | RFC 2787
enable_snmp_rfcv3 | MIB of VRRP version 3 | off | | RFC 6527
snmp_vs_stats_update_interval | how old the counters of virtual servers may be that SNMP is answered with | 5 s | 2
snmp_rs_stats_update_interval | how old the counters of real servers may be that SNMP is answered with | 0 s: read each time | 2
enable_dbus | changes of state are told over D-Bus | off
dbus_service_name | our name on D-Bus | org.keepalived.Vrrp1 | org.example.Vrrp
dbus_no_interface_name | what stands for the interface of instances that have none | none | none
`,
);

/** Keywords of `global_defs`. */
export const GLOBAL_DEFS = { ...PROCESSES, ...MAIL, ...VRRP, ...FILTERS, ...LVS, ...FIFOS, ...MANAGEMENT };
