// What a real server needs so that it takes packets for a virtual address and yet keeps silent about it on the network:
// which steps lead there, and which lead back to what was there before. Does nothing itself.

/** How the director hands packets over. NAT needs nothing on the real server but its route. */
export type RealServerForwarding = "dr" | "tun";

/** What the machine is like; values of settings are undefined where there is no such setting. */
export interface RealServerFacts {
  readonly setting: (path: string) => string | undefined;
  readonly link: (name: string) => LinkState;
  /** Devices that have the address. */
  readonly devicesOf: (address: string) => readonly string[];
}

/** State of a link. */
export type LinkState = "absent" | "down" | "up";

/** What was done and what was there before, for the way back. Plain data: it is kept in a file. */
export interface RealServerMemory {
  readonly addresses: readonly KeptAddress[];
  readonly settings: readonly KeptSetting[];
  readonly links: readonly { readonly name: string; readonly before: Exclude<LinkState, "up"> }[];
}

/** A virtual address of this real server. */
export interface KeptAddress {
  readonly address: string;
  readonly forwarding: RealServerForwarding;
  /** It was there before us and stays. */
  readonly wasThere: boolean;
}

interface KeptSetting {
  /** Below /proc/sys/net. */
  readonly path: string;
  readonly before: string;
  readonly set: string;
}

/** One change of the machine. */
export type RealServerStep =
  | { readonly type: "setting"; readonly path: string; readonly value: string; readonly before: string }
  | { readonly type: "link"; readonly name: string; readonly kind: TunnelKind; readonly to: LinkState }
  | {
    readonly type: "address";
    readonly address: string;
    readonly device: string;
    readonly action: "add" | "remove";
  };

/** rtnetlink's names of the two kinds of tunnels that IPVS speaks. */
export type TunnelKind = "ipip" | "ip6tnl";

/** What to do and what to remember; or why nothing can be done. */
export type RealServerPlan =
  | {
    readonly ok: true;
    readonly steps: readonly RealServerStep[];
    readonly memory: RealServerMemory;
    /** What is left as it is, and why. */
    readonly notes: readonly string[];
  }
  | { readonly ok: false; readonly problem: string };

/** Nothing was done yet. */
export const NO_MEMORY: RealServerMemory = { addresses: [], settings: [], links: [] };

const TUNNELS: Readonly<Record<4 | 6, { readonly name: string; readonly kind: TunnelKind }>> = {
  4: { name: "tunl0", kind: "ipip" },
  6: { name: "ip6tnl0", kind: "ip6tnl" },
};

/**
 * The device that gets an address: one that the network never asks. `tunl0` needs one, for the kernel applies even a loose
 * `rp_filter` strictly to devices without an IPv4 address.
 */
function deviceFor({ address, forwarding }: Pick<KeptAddress, "address" | "forwarding">): string {
  return forwarding === "tun" && familyOf(address) === 4 ? TUNNELS[4].name : "lo";
}

interface Wanted {
  readonly path: string;
  readonly value: string;
  readonly why: string;
}

/** The greater of `all` and the interface's own counts for these three, so one line serves every interface. */
function wantedSettings({ address, forwarding }: Pick<KeptAddress, "address" | "forwarding">): Wanted[] {
  // IPv6 needs none: neighbor discovery answers for addresses of the interface that was asked only.
  if (familyOf(address) === 6) return [];
  const silence = [
    { path: "ipv4/conf/all/arp_ignore", value: "1", why: "it answers ARP requests for the virtual address" },
    { path: "ipv4/conf/all/arp_announce", value: "2", why: "it names the virtual address as sender of ARP requests" },
  ];
  if (forwarding === "dr") return silence;
  return [...silence, {
    path: `ipv4/conf/${TUNNELS[4].name}/rp_filter`,
    value: "2",
    why: "packets that come out of the tunnel are dropped, as their senders are reached by another interface",
  }];
}

/** What makes a machine a real server of these addresses; nothing when it is one. */
export function planUp(
  addresses: readonly string[],
  forwarding: RealServerForwarding,
  facts: RealServerFacts,
  memory: RealServerMemory,
): RealServerPlan {
  const steps: RealServerStep[] = [];
  const notes: string[] = [];
  const kept = { addresses: [...memory.addresses], settings: [...memory.settings], links: [...memory.links] };
  for (const address of new Set(addresses)) {
    const known = kept.addresses.findIndex((entry) => entry.address === address);
    if (known >= 0 && kept.addresses[known]?.forwarding !== forwarding) {
      return { ok: false, problem: `${address} is up with another forwarding method; take it down first` };
    }
    const device = deviceFor({ address, forwarding });
    const others = facts.devicesOf(address).filter((other) => other !== device);
    if (others.length > 0) {
      const problem = `${address} is on ${others.join(", ")}, not on ${device}; ` +
        `take it off first: ip addr del ${address} dev ${others[0]}`;
      return { ok: false, problem };
    }
    if (forwarding === "tun") planTunnel(address, facts, steps, kept.links);
    for (const { path, value } of wantedSettings({ address, forwarding })) {
      if (steps.some((step) => step.type === "setting" && step.path === path)) continue;
      // A tunnel that is still to be made begins with the defaults.
      const before = facts.setting(path) ?? facts.setting(path.replace(/conf\/[^/]+\//, "conf/default/")) ?? "0";
      if (Number(before) >= Number(value)) continue;
      steps.push({ type: "setting", path, value, before });
      if (!kept.settings.some((entry) => entry.path === path)) kept.settings.push({ path, before, set: value });
    }
    const isThere = facts.devicesOf(address).includes(device);
    if (known < 0) kept.addresses.push({ address, forwarding, wasThere: isThere });
    if (isThere && known < 0) notes.push(`${address} is on ${device} already, and stays there after \`down\``);
    if (!isThere) steps.push({ type: "address", address, device, action: "add" });
  }
  return { ok: true, steps: inOrder(steps), memory: kept, notes };
}

function planTunnel(
  address: string,
  facts: RealServerFacts,
  steps: RealServerStep[],
  links: RealServerMemory["links"][number][],
): void {
  const { name, kind } = TUNNELS[familyOf(address)];
  const state = facts.link(name);
  if (state === "up" || steps.some((step) => step.type === "link" && step.name === name)) return;
  steps.push({ type: "link", name, kind, to: "up" });
  if (!links.some((link) => link.name === name)) links.push({ name, before: state });
}

/** What takes addresses off again, and with the last of them everything that was changed for it. */
export function planDown(
  addresses: readonly string[],
  facts: RealServerFacts,
  memory: RealServerMemory,
): RealServerPlan {
  const steps: RealServerStep[] = [];
  const notes: string[] = [];
  const gone = new Set(addresses);
  for (const address of gone) {
    const known = memory.addresses.find((entry) => entry.address === address);
    if (known === undefined) notes.push(`${address} was not put up by \`realserver up\`; it is left as it is`);
    else if (known.wasThere) notes.push(`${address} was there before and stays`);
    else if (facts.devicesOf(address).includes(deviceFor(known))) {
      steps.push({ type: "address", address, device: deviceFor(known), action: "remove" });
    }
  }
  const remaining = memory.addresses.filter(({ address }) => !gone.has(address));
  const wanted = new Set(remaining.flatMap((entry) => wantedSettings(entry).map(({ path }) => path)));
  const tunnels = new Set(
    remaining.filter(({ forwarding }) => forwarding === "tun").map(({ address }) => TUNNELS[familyOf(address)].name),
  );
  for (const { path, before, set } of memory.settings.filter((entry) => !wanted.has(entry.path))) {
    const now = facts.setting(path);
    if (now === set && now !== before) steps.push({ type: "setting", path, value: before, before: set });
    else if (now !== undefined && now !== before) {
      notes.push(`${dotted(path)} was changed to ${now} by somebody else and stays; before \`up\` it was ${before}`);
    }
  }
  for (const { name, before } of memory.links.filter((link) => !tunnels.has(link.name))) {
    const { kind } = Object.values(TUNNELS).find((tunnel) => tunnel.name === name) ?? TUNNELS[4];
    if (facts.link(name) !== "absent" && facts.link(name) !== before) {
      steps.push({ type: "link", name, kind, to: before });
    }
  }
  return {
    ok: true,
    steps: inOrder(steps).toReversed(),
    notes,
    memory: {
      addresses: remaining,
      settings: memory.settings.filter(({ path }) => wanted.has(path)),
      links: memory.links.filter(({ name }) => tunnels.has(name)),
    },
  };
}

/** What is wrong with a real server's address; empty: all is well. */
export function faultsOf(
  address: string,
  forwarding: RealServerForwarding,
  facts: RealServerFacts,
): readonly string[] {
  const wanted = deviceFor({ address, forwarding });
  const devices = facts.devicesOf(address);
  const faults = devices.filter((device) => device !== wanted).map((device) =>
    `the address is on ${device}${device === "lo" ? "" : ", where the network hears of it"}`
  );
  if (!devices.includes(wanted)) faults.push(`the address is not on ${wanted}: its packets are dropped`);
  if (forwarding === "tun") {
    const { name } = TUNNELS[familyOf(address)];
    const state = facts.link(name);
    if (state !== "up") faults.push(`${name} is ${state}: the director's packets are not unpacked`);
  }
  for (const { path, value, why } of wantedSettings({ address, forwarding })) {
    const now = facts.setting(path);
    if (now !== undefined && Number(now) < Number(value)) faults.push(`${dotted(path)} is ${now}: ${why}`);
  }
  return faults;
}

/** A step as the command that would do the same. */
export function commandOf(step: RealServerStep): string {
  switch (step.type) {
    case "setting":
      return `sysctl -w ${dotted(step.path)}=${step.value}   # was ${step.before}`;
    case "address": {
      const action = step.action === "add" ? "add" : "del";
      return `ip addr ${action} ${step.address}/${familyOf(step.address) === 6 ? 128 : 32} dev ${step.device}`;
    }
    case "link":
      if (step.to === "absent") return `ip link set ${step.name} down; ip link del ${step.name}`;
      return step.to === "down"
        ? `ip link set ${step.name} down`
        : `modprobe ${MODULES[step.kind]}; ip link set ${step.name} up`;
    default:
      return step satisfies never;
  }
}

const MODULES: Readonly<Record<TunnelKind, string>> = { ipip: "ipip", ip6tnl: "ip6_tunnel" };

/** The tunnel before its settings, and all settings before the address: from its first moment on, nobody tells of it. */
function inOrder(steps: readonly RealServerStep[]): RealServerStep[] {
  return (["link", "setting", "address"] as const).flatMap((type) => steps.filter((step) => step.type === type));
}

function familyOf(address: string): 4 | 6 {
  return address.includes(":") ? 6 : 4;
}

function dotted(path: string): string {
  return `net.${path.replaceAll("/", ".")}`;
}
