// What a configuration says, whichever syntax it came in: plain data (survives JSON), units in the names, defaults filled in.
import type { OwnChecker } from "./config_checks.ts";
import type { HttpConfig } from "./http_config.ts";
import type { IpvsSysctls } from "./ipvs_config.ts";
import type { HaproxyConfig } from "./haproxy_config.ts";
import type { FencingConfig, WitnessConfig } from "./witness_config.ts";
import type { ForwardingMethod, Protocol } from "../core/ipvs/table.ts";
import type { AnnouncementSchedule } from "../core/vrrp/state.ts";
import type { AddressAssignment } from "../ports/network.ts";
import type { HttpUrl } from "../ports/probes.ts";
import type { ReceiveBuffer } from "./receive_buffers.ts";
import type { GlobalDefs } from "./global_defs.ts";
import type {
  AddressLink,
  BfdInstance,
  GarpGroup,
  HmacAuthentication,
  Notifications,
  Peer,
  Route,
  Rule,
  Script,
  StaticEntry,
  SyncGroup,
  TrackedFile,
  TrackedProcess,
  Tracking,
  VirtualLink,
  VrrpScript,
} from "./config_vrrp.ts";

/** Where something stands in a configuration file; line and column count from 1, column in characters. */
export interface SourceLocation {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** Length of the text meant, in characters, at least 1. */
  readonly length: number;
}

/** A whole configuration. Lists are in the order of the file. */
export interface Config {
  /** `router_id`; default: the host name, filled in by the caller of the parser. */
  readonly routerId: string;
  readonly global: GlobalDefs;
  readonly vrrpInstances: readonly VrrpInstance[];
  readonly syncGroups: readonly SyncGroup[];
  readonly scripts: readonly VrrpScript[];
  readonly trackedProcesses: readonly TrackedProcess[];
  readonly trackedFiles: readonly TrackedFile[];
  readonly bfdInstances: readonly BfdInstance[];
  readonly trackGroups: readonly NamedGroup[];
  readonly garpGroups: readonly GarpGroup[];
  readonly staticAddresses: readonly (StaticEntry & VirtualAddress)[];
  readonly staticRoutes: readonly (StaticEntry & Route)[];
  readonly staticRules: readonly (StaticEntry & Rule)[];
  readonly virtualServerGroups: readonly VirtualServerGroup[];
  readonly virtualServers: readonly VirtualServer[];
  /** `SSL`: credentials for all `SSL_GET`. */
  readonly ssl?: SslCredentials;
  /** `api` and `stats` of holdfast.yaml. */
  readonly http?: HttpConfig;
  /** `witness` of holdfast.yaml. */
  readonly witness?: WitnessConfig;
  /** `fencing` of holdfast.yaml. */
  readonly fencing?: FencingConfig;
  /** `ipvs` of holdfast.yaml. */
  readonly ipvs?: IpvsSysctls;
  /** `haproxy` of holdfast.yaml. */
  readonly haproxy?: HaproxyConfig;
}

/** `track_group`: instances that follow static addresses, routes and rules. */
export interface NamedGroup {
  readonly name: string;
  readonly members: readonly string[];
  readonly location: SourceLocation;
}

/** One `vrrp_instance`. */
export interface VrrpInstance {
  readonly name: string;
  /** 4 or 6: of the addresses, or `native_ipv6`. */
  readonly family: 4 | 6;
  /** Device that advertisements are sent and received on; empty where `vrf` or `linkOfItsOwn` stands in for it. */
  readonly interface: string;
  /** VRID, 1 to 255. */
  readonly vrid: number;
  readonly version: 2 | 3;
  /** 1 to 255; 255 is the address owner. */
  readonly priority: number;
  /** 10 000 to 40 950 000 (version 3, steps of 10 000), 1 to 255 whole seconds (version 2). */
  readonly advertisementIntervalUs: number;
  readonly initialState: "master" | "backup";
  /** Preempt_Mode; false is `nopreempt`. */
  readonly preemptMode: boolean;
  /** `preempt_delay`, 0: none. */
  readonly preemptDelayUs: number;
  /** `auth_type`, version 2 only; at most 8 bytes are sent. */
  readonly authentication?: { readonly type: "pass" | "ah"; readonly password: string };
  /** `auth_hmac`, version 3 only. */
  readonly hmac?: HmacAuthentication;
  /** `mcast_src_ip`, `unicast_src_ip`; undefined: the first address of the interface. */
  readonly sourceAddress?: string;
  /** `track_src_ip`: fault while the source address is missing. */
  readonly tracksSourceAddress: boolean;
  /** `mcast_dst_ip`; undefined: the group of `global_defs`. */
  readonly multicastGroup?: string;
  /** `unicast_peer`; empty: multicast. */
  readonly unicastPeers: readonly Peer[];
  /** `unicast_fault_no_peer`: without a peer, fault instead of multicast. */
  readonly faultWithoutPeer: boolean;
  /** `unicast_ttl`, 0 to 255. */
  readonly unicastTtl: number;
  /** `check_unicast_src`: advertisements of other senders than the peers are dropped. */
  readonly checksUnicastSource: boolean;
  /** `old_unicast_checksum`: always, never, or as the peer does (undefined). */
  readonly oldUnicastChecksum?: "always" | "never";
  /** `v3_checksum_as_v2`: the checksum of version 3 over IPv4 leaves the pseudo header out. */
  readonly version3ChecksumAsVersion2: boolean;
  /** `down_timer_adverts`, 1 to 100: advertisements that may be lost before a backup takes over. */
  readonly downTimerAdverts: number;
  /** `timer_expired_backup`: a master so late that a peer of this priority took over becomes backup. */
  readonly timerExpiredBackup?: number;
  /** `owner_ignore_adverts`. */
  readonly ownerIgnoresAdverts: boolean;
  /** `strict_mode`: RFC 9568 to the letter. */
  readonly strict: boolean;
  /** Accept_Mode (RFC 9568 section 6.1): packets to the virtual addresses are accepted by a master that is not the owner. */
  readonly acceptMode: boolean;
  /** `lower_prio_no_advert`: no answer to advertisements of lower priority. */
  readonly silentTowardsLower: boolean;
  /** `higher_prio_send_advert`: one last advertisement before giving way. */
  readonly advertisesBeforeGivingWay: boolean;
  /** `skip_check_adv_addr`: lists of addresses are compared only when the sender changes. */
  readonly skipsAddressCheck: boolean;
  /** `debug`, 0 to 4. */
  readonly debugLevel: number;
  /** `kernel_rx_buf_size`, bytes. */
  readonly receiveBufferBytes?: number;
  /** What that, or `vrrp_rx_bufs_policy`, comes to; filled in by `startable`. */
  readonly receiveBuffer?: ReceiveBuffer;
  /** `smtp_alert`: mails about changes of state. */
  readonly mails: boolean;
  /** `notify_priority_changes`. */
  readonly notifiesPriorityChanges: boolean;
  /** `lvs_sync_daemon_interface`. */
  readonly syncDaemonInterface?: string;
  /** `linkbeat_use_polling`. */
  readonly pollsLink: boolean;
  /** `promote_secondaries`: the sysctl of the interface. */
  readonly promotesSecondaries: boolean;
  /** `vrf`. */
  readonly vrf?: string;
  /** `use_vmac`, `use_ipvlan`: the addresses are on a link of their own. */
  readonly link?: VirtualLink;
  /** What `use_vmac_addr` and `use_vmac` of an address come to; filled in by `startable`, as is the addresses' device. */
  readonly addressLinks?: readonly AddressLink[];
  /** `use_vmac_addr`: addresses with another `dev`, too. */
  readonly linksOtherDevices: boolean;
  /** `vmac_xmit_base`: advertisements leave by the parent of the link. */
  readonly sendsFromParent: boolean;
  /** `garp_extra_if`: gratuitous ARP on related links, too, so often; seconds, 0: never. */
  readonly extraAnnouncements: { readonly everySeconds: number; readonly allInterfaces: boolean };
  /** `no_virtual_ipaddress`: it is meant to have no address. */
  readonly hasNoAddress: boolean;
  /** `dont_track_primary`: the state of `interface` does not matter. */
  readonly ignoresInterfaceState: boolean;
  readonly tracking: Tracking;
  readonly notifications: Notifications;
  readonly routes: readonly Route[];
  readonly rules: readonly Rule[];
  /** Advertised addresses, in order. */
  readonly virtualAddresses: readonly VirtualAddress[];
  /** `virtual_ipaddress_excluded`: moved with the instance, not advertised. */
  readonly excludedAddresses: readonly VirtualAddress[];
  /** `garp_master_*`, `garp_lower_prio_*`. */
  readonly gratuitousArp: AnnouncementSchedule;
  readonly location: SourceLocation;
}

/** An address that moves with its instance. Its device is `dev`, else the interface of the instance. */
export interface VirtualAddress extends AddressAssignment {
  /** `peer ADDRESS[/LENGTH]`: the other end of a point-to-point link. */
  readonly peer?: string;
  /** Words that stand alone: `home`, `-nodad`, `mngtmpaddr`, `noprefixroute`, `autojoin`, `no_track`, `use_vmac`. */
  readonly flags?: readonly string[];
  /** `preferred_lft`, seconds or `forever`. */
  readonly preferredLifetime?: string;
  readonly location: SourceLocation;
}

/** `virtual_server_group`: addresses and firewall marks that share their real servers. */
export interface VirtualServerGroup {
  readonly name: string;
  readonly entries: readonly GroupEntry[];
  readonly location: SourceLocation;
}

/** One line of a group. */
export type GroupEntry =
  /** All addresses from `first` to `last`. */
  | { readonly kind: "range"; readonly first: string; readonly last: string; readonly port: number }
  | { readonly kind: "fwmark"; readonly mark: number; readonly family?: 4 | 6 };

/** One `virtual_server`. It is for an address and port, or else for `fwmark` or `group`. */
export interface VirtualServer {
  /** Name for people, unique: `tcp 10.0.0.100:80`, `fwmark 1`, `group web`. */
  readonly name: string;
  readonly protocol: Protocol;
  /** Empty for `fwmark` and `group`. */
  readonly address: string;
  /** 0: all ports. */
  readonly port: number;
  /** Firewall mark, at least 1. */
  readonly fwmark?: number;
  /** Name of a `virtual_server_group`. */
  readonly group?: string;
  /** The entries of the group that are its own. */
  readonly members?: readonly GroupEntry[];
  /** `ip_family`, for firewall marks. */
  readonly family?: 4 | 6;
  readonly scheduler: string;
  /** IPVS flags from `hashed`, `ops`, `flag-N`, `sh-port` ... */
  readonly flags: number;
  readonly forwardingMethod: ForwardingMethod;
  readonly tunnel?: Tunnel;
  readonly persistenceTimeoutSeconds: number;
  readonly persistencePrefixLength: number;
  /** `persistence_engine`: `sip`. */
  readonly persistenceEngine?: string;
  /** Sum of live weights needed, at least 1. */
  readonly quorum: number;
  readonly hysteresis: number;
  readonly quorumUp?: Script;
  readonly quorumDown?: Script;
  /** Real servers start down, until their first good check. */
  readonly alpha: boolean;
  /** `omega`: scripts for servers going down run at the end, too. */
  readonly omega: boolean;
  /** `ha_suspend`: checks only while the address is on this host. */
  readonly suspendsWithAddress: boolean;
  readonly sorryServer?: SorryServer;
  /** `snmp_name`. */
  readonly label?: string;
  /** `smtp_alert`: mails about quorum; undefined: as `global_defs` says. */
  readonly mails?: boolean;
  readonly realServers: readonly RealServer[];
  /** `drain_timeout` of holdfast.yaml, for real servers that do not say it. */
  readonly drainTimeoutMs?: number;
  /** `slow_start` of holdfast.yaml, for real servers that do not say it. */
  readonly slowStartMs?: number;
  /** `fail_open` of holdfast.yaml: what stays in the table when all real servers have failed. */
  readonly failOpen?: "last" | "all";
  /** `backup_below` of holdfast.yaml: servers marked `backup` serve while fewer others are up; default 1. */
  readonly backupBelow?: number;
  /** `follow_instance` of holdfast.yaml: checked only while that instance is master; `withTable`: in the table only then. */
  readonly followInstance?: { readonly instance: string; readonly withTable: boolean };
  /** `shared_checks` of holdfast.yaml; filled in by `startable`. */
  readonly sharesChecks?: boolean;
  /** Some instance tracks it; filled in by `startable`. */
  readonly tracked?: boolean;
  readonly location: SourceLocation;
}

/** `TUN type ...`; undefined: plain IP in IP. */
export interface Tunnel {
  readonly type: "gue" | "gre";
  /** Port of gue. */
  readonly port?: number;
  readonly checksum?: "nocsum" | "csum" | "remcsum";
}

/** `sorry_server`: takes the traffic while quorum is lost. Not checked. */
export interface SorryServer {
  readonly address: string;
  readonly port: number;
  readonly forwardingMethod: ForwardingMethod;
  readonly tunnel?: Tunnel;
  /** `sorry_server_inhibit`: stays in the table at weight 0 while it is not needed. */
  readonly inhibit: boolean;
}

/** One `real_server`. It is up when all its checkers are; without a checker it is always up. */
export interface RealServer {
  readonly address: string;
  readonly port: number;
  readonly weight: number;
  readonly forwardingMethod: ForwardingMethod;
  readonly tunnel?: Tunnel;
  /** A failed server stays in the table at weight 0 instead of being removed. */
  readonly inhibitOnFailure: boolean;
  readonly upperThreshold: number;
  readonly lowerThreshold: number;
  /** Starts down, until its first good check; undefined: as the virtual server says. */
  readonly alpha?: boolean;
  readonly notifyUp?: Script;
  readonly notifyDown?: Script;
  /** `smtp_alert`; undefined: as `global_defs` says. */
  readonly mails?: boolean;
  /** `snmp_name`. */
  readonly label?: string;
  readonly checkers: readonly Checker[];
  /** `drain_timeout` of holdfast.yaml; undefined: as the virtual server says, else it leaves at once. */
  readonly drainTimeoutMs?: number;
  /** `slow_start` of holdfast.yaml; undefined: as the virtual server says, else the whole weight at once. */
  readonly slowStartMs?: number;
  /** `backup` of holdfast.yaml: it is checked, and serves only while too few others are up. */
  readonly backup?: boolean;
  readonly location: SourceLocation;
}

/** A checker with its timing. Every duration in milliseconds. */
export type Checker =
  & CheckerCommon
  & (
    | TcpChecker
    | HttpChecker
    | UdpChecker
    | PingChecker
    | SmtpChecker
    | DnsChecker
    | MiscChecker
    | BfdChecker
    | FileChecker
    | OwnChecker
  );

/** What every checker has. */
export interface CheckerCommon {
  /** `connect_ip` and `connect_port`, else the real server's. */
  readonly address: string;
  readonly port: number;
  readonly connectTimeoutMs: number;
  /** From one check to the next. */
  readonly delayLoopMs: number;
  /** Further tries after a failure before the server is down. */
  readonly retry: number;
  readonly delayBeforeRetryMs: number;
  /** The first check comes at a random moment within this time. */
  readonly warmupMs: number;
  /** The server counts as down until this checker's first good check; undefined: as the real server says. */
  readonly alpha?: boolean;
  /** `log_all_failures`: each failed try is logged. */
  readonly logsAllFailures?: boolean;
  /** `bindto`, `bind_port`, `bind_if`, `fwmark`: where checks come from. */
  readonly source?: CheckSource;
}

/** Where checks come from. */
export interface CheckSource {
  readonly address?: string;
  readonly port?: number;
  readonly interface?: string;
  /** Firewall mark of the packets. */
  readonly fwmark?: number;
}

/** TCP_CHECK: a connection is enough. */
export interface TcpChecker {
  readonly type: "tcp";
}

/** HTTP_GET and SSL_GET: every url must answer as wanted. */
export interface HttpChecker {
  readonly type: "http" | "https";
  readonly urls: readonly CheckedUrl[];
  /** Host header for urls without their own; undefined: address:port. */
  readonly virtualHost?: string;
  readonly httpVersion: "1.0" | "1.1";
  /** `http_protocol 1.0C`: `Connection: close`. */
  readonly closesConnection?: boolean;
  /** `fast_recovery`: at the start and after a failure, the urls follow one another without `delay_loop` between them. */
  readonly fastRecovery?: boolean;
  /** `enable_sni`. */
  readonly sendsServerName?: boolean;
  /** `sni_name`: another name than the host's. */
  readonly serverName?: string;
  /** `tls_compliant`: an end without close_notify is a failure. */
  readonly tlsCompliant?: boolean;
  /** Block `SSL`, filled in when it is started. */
  readonly credentials?: SslCredentials;
}

/** A url with what its answer must hold. */
export interface CheckedUrl extends HttpUrl {
  /** MD5 of the body, 32 hexadecimal digits. */
  readonly digest?: string;
  readonly regex?: UrlPattern;
  readonly tlsCompliant?: boolean;
}

/** A regular expression (PCRE2) that the body must match. */
export interface UrlPattern {
  readonly pattern: string;
  /** `regex_no_match`: it must not match. */
  readonly negated: boolean;
  readonly options: readonly string[];
  readonly minOffset?: number;
  readonly maxOffset?: number;
  /** `regex_stack START MAX`, bytes. */
  readonly stack?: readonly [number, number];
}

/** UDP_CHECK. */
export interface UdpChecker {
  readonly type: "udp";
  /** Hexadecimal digits. */
  readonly payload?: string;
  readonly requiresReply: boolean;
  /** Hexadecimal digits, `x` for any. */
  readonly expectedReply?: string;
  readonly minReplyLength: number;
  readonly maxReplyLength: number;
}

/** PING_CHECK. */
export interface PingChecker {
  readonly type: "ping";
}

/** SMTP_CHECK. */
export interface SmtpChecker {
  readonly type: "smtp";
  readonly heloName?: string;
  /** `host`: further targets. */
  readonly hosts: readonly CheckerCommon[];
}

/** DNS_CHECK. */
export interface DnsChecker {
  readonly type: "dns";
  readonly queryType: string;
  readonly queryName: string;
}

/** MISC_CHECK: a command of the administrator's. */
export interface MiscChecker {
  readonly type: "misc";
  readonly script: Script;
  /** 0: the time between checks. */
  readonly timeoutMs: number;
  /** `misc_dynamic`: the exit status sets the weight. */
  readonly dynamicWeight: boolean;
  /** `enable_script_security`, filled in when it is started. */
  readonly secure?: boolean;
}

/** BFD_CHECK. */
export interface BfdChecker {
  readonly type: "bfd";
  /** Name of a `bfd_instance`. */
  readonly instance: string;
}

/** FILE_CHECK. */
export interface FileChecker {
  readonly type: "file";
  /** Name of a `track_file`. */
  readonly file: string;
  /** Of the `track_file`. */
  readonly path: string;
  /** Default: that of the `track_file`. */
  readonly weight: { readonly weight: number; readonly reverse: boolean };
}

/** `SSL`: client credentials. */
export interface SslCredentials {
  readonly password?: string;
  readonly ca?: string;
  readonly certificate?: string;
  readonly key?: string;
}
