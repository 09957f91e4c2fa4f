// What the keywords of `vrrp_instance` mean, for `holdfast explain`. Only text.
import { manualTable } from "./entry.ts";

const VRRP = "keepalived.conf(5), VRRP instance(s)";
const RFC = "RFC 9568";

/** Keywords of `vrrp_instance`. */
export const VRRP_INSTANCE = manualTable(
  VRRP,
  `
interface | device that advertisements are sent and received on, and where addresses go that name no other | | eth0
vrf | VRF that a unicast instance is bound to, in place of an interface | | blue
virtual_router_id | number of the virtual router, the same on all routers of the group and used by no other group on this network | | 51 | ${RFC} section 5.2.3
priority | who becomes master: the highest. 255 is the address owner, which is always master while it lives | 100, or 255 with \`state MASTER\` | 150 | ${RFC} section 5.2.4
state | state to begin in; the priority decides who stays master | BACKUP, or MASTER with priority 255 | BACKUP
version | version of the protocol, the same on all routers of the group. 3 knows IPv6 and intervals below a second, 2 knows passwords | \`vrrp_version\`; 3 for IPv6 | 3
native_ipv6 | makes this an IPv6 instance although its first address is not, or there is none | from the first address
advert_int | time between the master's advertisements. A backup takes over after three of them and a skew below one. Version 2 has whole seconds | 1 s | 0.25 | ${RFC} section 6.1, Advertisement_Interval
down_timer_adverts | how many advertisements may be lost before a backup takes over: lower is faster and less patient | \`vrrp_down_timer_adverts\`, else 3 | 3
preempt_delay | how long a router of higher priority watches a master before it takes over from it; only in state BACKUP | 0 s | 30
preempt | a router of higher priority takes over from a master of lower one | on | | ${RFC} section 6.1, Preempt_Mode
nopreempt | a master stays master although a router of higher priority appears | off | | ${RFC} section 6.1, Preempt_Mode
timer_expired_backup | a master that could not advertise for so long that a peer of this priority must have taken over becomes backup; needs \`nopreempt\` | off; 254 when it is there alone | 150
thread_timer_expired | old name of \`timer_expired_backup\` | | 150
owner_ignore_adverts | an address owner does not give way to another router that claims to be owner, too | \`vrrp_owner_ignore_adverts\`, else off, on in strict mode | on
strict_mode | the RFC to the letter: no password, no \`preempt_delay\`, \`down_timer_adverts\` is 3, an owner starts as master, packets to addresses that are not owned are dropped. Unicast peers are kept, with a warning; newer releases of keepalived drop an instance that has them | \`vrrp_strict\` | on
accept | a master accepts packets to the virtual addresses although it does not own them | on; off in strict mode unless it is the owner | | ${RFC} section 6.1, Accept_Mode
no_accept | a master that is not the owner drops packets to the virtual addresses, all but neighbor discovery; what IPVS forwards is not touched | off; on in strict mode unless it is the owner | | ${RFC} section 6.1, Accept_Mode
lower_prio_no_advert | a master does not answer advertisements of lower priority | \`vrrp_lower_prio_no_advert\`, else off | on
higher_prio_send_advert | a master sends one more advertisement before it gives way to a higher priority | \`vrrp_higher_prio_send_advert\`, else off | on
skip_check_adv_addr | the list of addresses in an advertisement is compared with ours only when its sender changes | \`vrrp_skip_check_adv_addr\`, else off | on
debug | how much is logged, in builds for it | 0 | 2
kernel_rx_buf_size | receive buffer of this instance's socket, in bytes | the kernel's | 65536
smtp_alert | mails when the state changes | \`smtp_alert_vrrp\`, else \`smtp_alert\` of \`global_defs\`, else off | on
notify_priority_changes | FIFOs hear of changes of the effective priority, too | \`vrrp_notify_priority_changes\`, else off | on
lvs_sync_daemon_interface | old way to run the IPVS synchronisation daemon on this device; write \`lvs_sync_daemon\` | | eth1
linkbeat_use_polling | the link of this instance's interface is polled instead of watched | the top level's \`linkbeat_use_polling\`, else off
promote_secondaries | sets the sysctl of the interface, so that removing a first address leaves the others of its subnet | off
mcast_src_ip | source address of advertisements | first address of the interface | 192.0.2.1
unicast_src_ip | source address of advertisements to \`unicast_peer\`; the same as \`mcast_src_ip\`; until this machine has it the instance is in fault | first address of the interface | 192.0.2.1
mcast_dst_ip | multicast group of this instance, the same on all routers of the group | \`vrrp_mcast_group4\` | 224.0.0.18 | ${RFC} section 5.1.1.2
track_src_ip | the instance is in fault while its source address is missing | off
unicast_peer | routers that advertisements are sent to one by one, instead of to the multicast group | multicast | { 192.0.2.2 }
unicast_fault_no_peer | with an empty list of peers the instance is in fault instead of using multicast | off
unicast_ttl | TTL or hop limit of advertisements to \`unicast_peer\` | 255 | 255
check_unicast_src | advertisements from others than those in \`unicast_peer\` are dropped | \`vrrp_check_unicast_src\`, else off
old_unicast_checksum | sends the checksum of keepalived up to 1.3.6 to unicast peers; \`never\` does not even recognise it | as the peer does | never
v3_checksum_as_v2 | version 3 over IPv4 leaves the pseudo header out of the checksum, as RFC 9568 has it and keepalived does not by itself; the same on all routers of the group | \`v3_checksum_as_v2\` of \`global_defs\`, else off | on | ${RFC} section 5.2.8
use_vmac | puts the addresses on a macvlan with the virtual MAC address 00:00:5e:00:01:VRID, so that clients' ARP caches stay right | off | vip0 | ${RFC} section 7.3
use_vmac_addr | gives addresses with another \`dev\` a macvlan there, too | off
vmac_xmit_base | advertisements leave by the parent interface instead of the macvlan | off, on for unicast
use_ipvlan | puts the addresses on an ipvlan, which keeps the parent's MAC address | off | vip0 bridge
garp_extra_if | sends gratuitous ARP again so often on related macvlans, or on every interface | \`vrrp_garp_extra_if\` | all 60
vmac_garp_intvl | old name of \`garp_extra_if\` | | 60
garp_master_delay | second set of gratuitous ARP so long after becoming master; 0: none | \`vrrp_garp_master_delay\`, else 5 s | 5
garp_master_repeat | gratuitous ARP for each address in a set | \`vrrp_garp_master_repeat\`, else 5 | 5
garp_master_refresh | further sets while master, this far apart; 0: none | \`vrrp_garp_master_refresh\`, else 0 s | 60
garp_master_refresh_repeat | gratuitous ARP for each address in such a set | \`vrrp_garp_master_refresh_repeat\`, else 1 | 2
garp_lower_prio_delay | second set this long after an advertisement of lower priority, which somebody may have believed | \`garp_master_delay\` | 10
garp_lower_prio_repeat | gratuitous ARP for each address after an advertisement of lower priority; 0: none | \`garp_master_repeat\` | 1
virtual_ipaddress | addresses that the master has and advertises; one family | | { 192.0.2.100/24 dev eth0 }
virtual_ipaddress_excluded | addresses that move with the instance but are not advertised; either family | | { 2001:db8::100/64 }
no_virtual_ipaddress | it is meant that the instance has no address | off
virtual_routes | routes that are there while master, in the words of ip-route(8) | | { 198.51.100.0/24 via 192.0.2.254 dev eth0 }
virtual_rules | rules that are there while master, in the words of ip-rule(8) | | { from 192.0.2.100 table 7 preference 100 }
track_interface | interfaces that must be up; with a weight, they change the priority instead | | { eth1 weight -20 }
track_script | scripts of \`vrrp_script\` whose result counts; weight 0: fault when it fails | | { chk_nginx weight -20 }
track_file | files of \`track_file\` whose number counts | | { maintenance weight -1 }
track_process | processes of \`vrrp_track_process\` that must run | | { nginx }
track_bfd | sessions of \`bfd_instance\` that must be up | | { peer }
dont_track_primary | the state of \`interface\` does not matter | off
notify | command that hears of every change, with the arguments INSTANCE NAME STATE PRIORITY | | "/etc/keepalived/notify.sh"
notify_master | command that hears that this router is master | | "/etc/keepalived/notify.sh master"
notify_backup | command that hears that this router is backup | | "/etc/keepalived/notify.sh backup"
notify_fault | command that hears that this router can't serve | | "/etc/keepalived/notify.sh fault"
notify_stop | command that hears that Holdfast ends | | "/etc/keepalived/notify.sh stop"
notify_deleted | command that hears that a reload removed the instance; alone: removal counts as DELETED, not FAULT | | "/etc/keepalived/notify.sh deleted"
notify_master_rx_lower_pri | command that hears that a master got an advertisement of lower priority | | "/etc/keepalived/notify.sh lower"
authentication | password in version 2 | none | { auth_type PASS; auth_pass secret }
auth_hmac | authentication of version 3 by keyed hashes, an extension of keepalived 2.4 | none | { key 1 "0123456789abcdef0123456789abcdef"; active_key 1 }
`,
);

/** Keywords of `authentication`. */
export const AUTHENTICATION = manualTable(
  VRRP,
  `
auth_type | PASS: a password in clear text, against mistakes, not against attackers. AH: a hash, which few routers know | | PASS | RFC 2338 section 5.3.6
auth_pass | the password, the same on all routers of the group; 8 characters count | | secret | RFC 2338 section 5.3.10
`,
);

/** Keywords of `auth_hmac`. */
export const AUTH_HMAC = manualTable(
  VRRP,
  `
key | a number and a secret; several of them let the secret be changed router by router | | 1 "0123456789abcdef0123456789abcdef"
active_key | number of the key that advertisements are signed with | | 1
time_window | difference of the routers' clocks that is accepted | three intervals, at least 5 s | 10
anti_replay | what keeps old advertisements from being played again: the time, or a number that only grows | time | monotonic
mode | what happens to advertisements without a good signature: dropped, accepted while routers are moved over, or not signed by us | enforce | permissive
`,
);
