// A configuration on a machine: what the rules of `holdfast doctor` ask about both at once.
import { familyOf, parseIp } from "../../base/ip.ts";
import type { MachineFacts, MachineInterface } from "../../ports/machine.ts";
import type { Config, RealServer, VirtualAddress, VirtualServer, VrrpInstance } from "../config.ts";

/** A real server with its virtual server. */
export interface Pair {
  readonly virtualServer: VirtualServer;
  readonly realServer: RealServer;
}

/** The two together. */
export class Site {
  readonly config: Config;
  readonly facts: MachineFacts;
  /** All real servers. */
  readonly pairs: readonly Pair[];

  constructor(config: Config, facts: MachineFacts) {
    this.config = config;
    this.facts = facts;
    this.pairs = config.virtualServers.flatMap((virtualServer) =>
      virtualServer.realServers.map((realServer) => ({ virtualServer, realServer }))
    );
  }

  /** Value of a setting below /proc/sys/net, as the configuration makes it; undefined when there is none. */
  setting(path: string): string | undefined {
    const [, name = ""] = path.match(/^ipv4\/vs\/(.+)$/) ?? [];
    return this.config.ipvs?.[name] ?? this.facts.settings[path];
  }

  /** The greater of `all` and the interface's own, which is what the kernel goes by for `rp_filter`, `arp_ignore`. */
  effective(name: string, setting: string): number {
    const [all, own] = ["all", name].map((of) => Number(this.setting(`ipv4/conf/${of}/${setting}`) ?? 0));
    return Math.max(all ?? 0, own ?? 0);
  }

  /** The interface whose own network has the address: it is reached without a router. */
  neighbourInterface(address: string): MachineInterface | undefined {
    return this.facts.interfaces.find(({ name, addresses }) =>
      name !== "lo" && addresses.some((own) => contains(own, address))
    );
  }

  /** The interface by which an address is reached: its own network's, else the default route's. */
  deviceTo(address: string): string | undefined {
    return this.neighbourInterface(address)?.name ??
      this.facts.defaultRoutes.find(({ family }) => family === familyOf(address))?.device;
  }

  interfaceNamed(name: string | undefined): MachineInterface | undefined {
    return this.facts.interfaces.find((entry) => entry.name === name);
  }

  /** Whether this machine has the address itself now. */
  has(address: string): boolean {
    return this.facts.interfaces.some(({ addresses }) => addresses.some((own) => own.address === address));
  }

  /** All virtual addresses with their instances. */
  get virtualAddresses(): { readonly instance: VrrpInstance; readonly address: VirtualAddress }[] {
    return this.config.vrrpInstances.flatMap((instance) =>
      [...instance.virtualAddresses, ...instance.excludedAddresses].map((address) => ({ instance, address }))
    );
  }

  /** The instance that moves an address. */
  instanceOf(address: string): { readonly instance: VrrpInstance; readonly address: VirtualAddress } | undefined {
    return this.virtualAddresses.find((entry) => entry.address.address === address);
  }
}

/** Whether an address is in a network, given by any address in it. */
export function contains(
  network: { readonly address: string; readonly prefixLength: number },
  address: string,
): boolean {
  const [one, other] = [parseIp(network.address), parseIp(address)];
  if (one === undefined || other === undefined || one.length !== other.length) return false;
  for (let bit = 0; bit < network.prefixLength; bit += 8) {
    const mask = 0xff & ~(0xff >> Math.min(8, network.prefixLength - bit));
    if (((one[bit / 8] ?? 0) & mask) !== ((other[bit / 8] ?? 0) & mask)) return false;
  }
  return true;
}

/** `sysctl -w`, and the line that keeps it after a restart of the machine. A dot in a name (eth0.5) is a slash there. */
export function sysctlFix(path: string, value: string): string {
  const name = `net.${path.replaceAll(/[./]/g, (sign) => sign === "/" ? "." : "/")}`;
  return `sysctl -w ${name}=${value}; echo ${name} = ${value} >> /etc/sysctl.d/90-holdfast.conf`;
}

/** Names of virtual servers, each once. */
export function namesOf(pairs: readonly Pair[]): string[] {
  return [...new Set(pairs.map(({ virtualServer }) => virtualServer.name))];
}
