// What the keywords of tracked things, sync groups and BFD mean, for `holdfast explain`. Only text.
import { manualTable } from "./entry.ts";

const WEIGHT =
  "points for the priority of instances that track it: added while it is good, or, if negative, taken away while it is bad. `reverse` turns the sign. 0: bad is fault; with `reverse`, good is";

/** Keywords of `vrrp_sync_group`. */
export const VRRP_SYNC_GROUP = manualTable(
  "keepalived.conf(5), VRRP synchronization group(s)",
  `
group | instances that change state together: when one can't be master, none is | | { VI_1; VI_2 }
track_interface | interfaces that the whole group needs | | { eth1 }
track_script | scripts whose result counts for the whole group | | { chk_nginx }
track_file | files whose number counts for the whole group | | { maintenance }
track_process | processes that the whole group needs | | { nginx }
track_bfd | BFD sessions that the whole group needs | | { peer }
notify | command that hears of every change, with the arguments GROUP NAME STATE 0 | | "/etc/keepalived/notify.sh"
notify_master | command that hears that the group is master | | "/etc/keepalived/notify.sh master"
notify_backup | command that hears that the group is backup | | "/etc/keepalived/notify.sh backup"
notify_fault | command that hears that the group can't serve | | "/etc/keepalived/notify.sh fault"
notify_stop | command that hears that Holdfast ends | | "/etc/keepalived/notify.sh stop"
smtp_alert | mails when the group changes state | \`smtp_alert_vrrp\`, else \`smtp_alert\` of \`global_defs\`, else off | on
notify_priority_changes | FIFOs hear of changes of the effective priority, too | off | on
sync_group_tracking_weight | weights of what the members track go on counting | off
global_tracking | old name of \`sync_group_tracking_weight\`
`,
);

/** Keywords of `vrrp_script`. */
export const VRRP_SCRIPT = manualTable(
  "keepalived.conf(5), VRRP script(s)",
  `
script | command to run; exit status 0 is good, any other bad. The command with its arguments is one word, so it needs double quotes | | "/usr/bin/killall -0 nginx"
interval | from one start of the command to the next | 1 s | 2
timeout | a command that runs longer is ended and has failed | \`interval\` | 3
weight | ${WEIGHT} | 0 | -20
rise | good results in a row until it counts as good | 1 | 2
fall | bad results in a row until it counts as bad | 1 | 3
user | who runs the command, and with which group | \`script_user\` | nobody
init_fail | counts as bad until its first results say otherwise | off
`,
);

/** Keywords of `vrrp_track_process`. */
export const VRRP_TRACK_PROCESS = manualTable(
  "keepalived.conf(5), VRRP track process(es)",
  `
process | program to look for, by name or path, and parameters that it must have been started with | | /usr/sbin/nginx
param_match | how the parameters compare. Alone: all of them; \`partial\`: others may follow; \`initial\`: the last one may be longer, too. Without parameters it means that there must be none | exact | initial
weight | ${WEIGHT} | 0 | -20
quorum | processes that must run | 1 | 2
quorum_max | more processes than this are bad, too | no limit | 5
delay | sets \`fork_delay\` and \`terminate_delay\` | 0 s | 0.5
fork_delay | how long enough processes must run until that is good | 0 s | 0.5
terminate_delay | how long too few may run until that is bad | 0 s | 0.5
full_command | compares the whole command line instead of the program's name | off
`,
);

/** Keywords of `track_file` and its old name. */
export const TRACK_FILE = manualTable(
  "keepalived.conf(5), VRRP track files",
  `
file | file whose first line is a number; it is looked at when it changes. A file that is missing counts as 0 | | /run/holdfast/maintenance
weight | points for each unit of the number; -254 or less in all is fault. 0: any number but 0 is fault | 1 | -10
init_file | writes the file at the start when it is not there, or always | off; 0 when it is there alone | 0 overwrite
`,
);

/** Keywords of `bfd_instance`. */
export const BFD_INSTANCE = manualTable(
  "RFC 5880 section 6.8.1",
  `
neighbor_ip | address of the other end | | 192.0.2.2
neighbour_ip | address of the other end, as \`neighbor_ip\` | | 192.0.2.2
source_ip | own address | the kernel's choice | 192.0.2.1
min_rx | how often, in milliseconds, the other end may send at most | 10 ms | 50
min_tx | how often, in milliseconds, this end wants to send | 10 ms | 50
idle_tx | how often, in milliseconds, this end sends while the session is down | 1000 ms | 1000
multiplier | packets that may be missed until the session is down | 5 | 3
passive | sends nothing until the other end does | off
ttl | TTL of packets sent | 255 | 255 | RFC 5881 section 5
hoplimit | hop limit of packets sent over IPv6 | 64 | 255 | RFC 5881 section 5
max_hops | how many hops a packet may have made; -1: any | 0 | 2 | RFC 5883
multihop | port 4784 instead of 3784 | off | on | RFC 5883
weight | ${WEIGHT} | 0 | -20 | keepalived.conf(5), BFD
vrrp | instances may track the session | on, unless only \`checker\` is there | | keepalived.conf(5), BFD
checker | BFD_CHECK may ask for the session | on, unless only \`vrrp\` is there | | keepalived.conf(5), BFD
`,
);

/** Keywords of `track_group`. */
export const TRACK_GROUP = manualTable(
  "keepalived.conf(5), static track groups",
  "group | instances that become backup when a static address, route or rule that names this group is deleted | | { VI_1 }",
);

/** Keywords of `garp_group`. */
export const GARP_GROUP = manualTable(
  "keepalived.conf(5), gratuitous ARP and unsolicited neighbour advertisement delaying",
  `
garp_interval | pause between two gratuitous ARP messages of the group, for switches that drop bursts | 0 s | 0.05
gna_interval | pause between two unsolicited neighbor advertisements of the group | 0 s | 0.05
interface | the only interface of the group | | eth0
interfaces | interfaces of the group, such as all behind one switch | | { eth0; eth1 }
`,
);
