// Gathers the facts that `holdfast doctor` judges: from /proc, /sys and the C library, changing nothing.
import { exists, namesIn, textOf } from "../file_facts.ts";
import type { MachineFacts, MachineInterface, ModuleState } from "../../ports/machine.ts";
import { libc } from "../libc.ts";
import { readSysctl } from "../sysctl.ts";
import { readNetworkd } from "./networkd.ts";

const SETTINGS = [
  "ipv4/ip_forward",
  "ipv6/conf/all/forwarding",
  "netfilter/nf_conntrack_count",
  "netfilter/nf_conntrack_max",
  ...[
    "conntrack",
    "conn_reuse_mode",
    "expire_nodest_conn",
    "expire_quiescent_template",
    "sloppy_tcp",
    "sync_threshold",
    "sync_refresh_period",
  ].map((name) => `ipv4/vs/${name}`),
];
const INTERFACE_SETTINGS = ["arp_ignore", "rp_filter", "send_redirects"];

/** adjtimex(2): the clock is not synchronised. */
const TIME_ERROR = 5;
/** More than struct timex, which begins with what shall be changed: nothing. */
const TIMEX_BYTES = 256;

/** A route's flag: it is there to refuse (linux/route.h). */
const RTF_REJECT = 0x200;

/** Looks at this machine. @param modules those to look for */
export function collectFacts(modules: readonly string[]): MachineFacts {
  const names = namesIn("/proc/sys/net/ipv4/conf");
  const paths = [
    ...SETTINGS,
    ...names.flatMap((name) => INTERFACE_SETTINGS.map((setting) => `ipv4/conf/${name}/${setting}`)),
  ];
  const settings: Record<string, string> = {};
  for (const path of paths) {
    const value = readSysctl(path);
    if (value !== undefined) settings[path] = value;
  }
  const clock = clockIsSynchronised();
  const networkd = isFirstNamespace() ? readNetworkd() : undefined;
  return {
    settings,
    interfaces: names.filter((name) => name !== "all" && name !== "default").map(interfaceOf),
    defaultRoutes: defaultRoutes(),
    modules: moduleStates(modules),
    ...(clock === undefined ? {} : { clockIsSynchronised: clock }),
    ...(networkd === undefined ? {} : { networkd }),
  };
}

function interfaceOf(name: string): MachineInterface {
  const mtu = Number(textOf(`/sys/class/net/${name}/mtu`) ?? "");
  const addresses = Deno.networkInterfaces().filter((entry) => entry.name === name).map(({ address, cidr }) => ({
    address,
    prefixLength: Number(cidr?.split("/")[1] ?? (address.includes(":") ? 128 : 32)),
  }));
  return { name, ...(mtu > 0 ? { mtu } : {}), addresses };
}

/** Of the main table. */
function defaultRoutes(): MachineFacts["defaultRoutes"] {
  const rows = (path: string): string[][] => (textOf(path) ?? "").split("\n").map((line) => line.trim().split(/\s+/));
  const four = rows("/proc/net/route").filter(([, to, , , , , , mask]) => to === "00000000" && mask === "00000000");
  const six = rows("/proc/net/ipv6_route").filter(([to = "", length, , , , , , , flags = "0", device]) =>
    /^0{32}$/.test(to) && length === "00" && device !== "lo" && (parseInt(flags, 16) & RTF_REJECT) === 0
  );
  return [
    ...four.map(([device = ""]) => ({ family: 4 as const, device })),
    ...six.map((row) => ({ family: 6 as const, device: row[9] ?? "" })),
  ];
}

/** Loaded or built in, on disk, or neither. */
function moduleStates(modules: readonly string[]): Record<string, ModuleState> {
  if (modules.length === 0) return {};
  const folder = `/lib/modules/${(textOf("/proc/sys/kernel/osrelease") ?? "").trim()}`;
  const [builtIn, onDisk] = ["modules.builtin", "modules.dep"].map((file) => textOf(`${folder}/${file}`) ?? "");
  return Object.fromEntries(modules.map((name): [string, ModuleState] => {
    const inText = (text: string | undefined): boolean =>
      new RegExp(`/${name.replaceAll(/[-_]/g, "[-_]")}\\.ko`).test(text ?? "");
    const isThere = exists(`/sys/module/${name}`) || inText(builtIn) || (name === "ip_vs" && exists("/proc/net/ip_vs"));
    return [name, isThere ? "present" : inText(onDisk) ? "loadable" : "missing"];
  }));
}

/** networkd's state, which is in files, is about the network namespace of the first process. */
function isFirstNamespace(): boolean {
  try {
    return Deno.readLinkSync("/proc/1/ns/net") === Deno.readLinkSync("/proc/self/ns/net");
  } catch {
    return true; // only root may look
  }
}

function clockIsSynchronised(): boolean | undefined {
  const state = libc().adjtimex(new Uint8Array(TIMEX_BYTES));
  return state < 0 ? undefined : state !== TIME_ERROR;
}
