// Two hosts on one switch, as network namespaces. A host that loses power leaves the other's carrier alone.
//
//     NAME-a [eth0 10.9.0.1/24] ──── a [NAME-sw, bridge] b ──── [eth0 10.9.0.2/24] NAME-b
import { run, tryRun } from "./command.ts";

/** One of the two. */
export interface TestHost {
  readonly namespace: string;
  readonly address: string;
  /** Link-local, besides the one that the kernel makes. */
  readonly address6: string;
}

/** Two hosts and their switch; `close` removes them. */
export class TwoHosts {
  readonly a: TestHost;
  readonly b: TestHost;
  readonly #switch: string;

  private constructor(name: string) {
    this.#switch = `${name}-sw`;
    this.a = { namespace: `${name}-a`, address: "10.9.0.1", address6: "fe80::9:1" };
    this.b = { namespace: `${name}-b`, address: "10.9.0.2", address6: "fe80::9:2" };
  }

  /** @param name prefix of the namespaces, unique to the test */
  static async create(name: string): Promise<TwoHosts> {
    const hosts = new TwoHosts(name);
    await hosts.close();
    await run("ip", "netns", "add", hosts.#switch);
    await run("ip", "-n", hosts.#switch, "link", "add", "bridge", "type", "bridge");
    await run("ip", "-n", hosts.#switch, "link", "set", "bridge", "up");
    for (const host of [hosts.a, hosts.b]) {
      await run("ip", "netns", "add", host.namespace);
      await run("ip", "-n", host.namespace, "link", "set", "lo", "up");
      await hosts.plugIn(host);
    }
    return hosts;
  }

  /** Makes a host's interface, with its address, and puts its cable into the switch. */
  async plugIn(host: TestHost): Promise<void> {
    const { namespace } = host;
    const port = host === this.a ? "a" : "b";
    const cable = ["type", "veth", "peer", "name", port, "netns", this.#switch];
    await run("ip", "link", "add", "eth0", "netns", namespace, ...cable);
    await run("ip", "-n", this.#switch, "link", "set", "dev", port, "master", "bridge", "up");
    await this.powerOn(host);
  }

  /** Deletes a host's interface, cable and all. */
  async unplug(host: TestHost): Promise<void> {
    await run("ip", "-n", host.namespace, "link", "del", "eth0");
  }

  /** Whether a host has an address, on its link or on one above it. */
  async has(host: TestHost, address: string): Promise<boolean> {
    const { output } = await tryRun("ip", "-n", host.namespace, "-o", "addr", "show");
    return output.includes(` ${address}/`);
  }

  /** All addresses of a host, on whatever interface, in one look. */
  async addresses(host: TestHost): Promise<ReadonlySet<string>> {
    const { output } = await tryRun("ip", "-n", host.namespace, "-o", "addr", "show");
    return new Set([...output.matchAll(/ inet6? ([0-9a-f.:]+)/g)].map((match) => match[1] ?? ""));
  }

  /** Pulls a host's cable out of the switch, or puts it back: the host loses its carrier and nothing else. */
  async cable(host: TestHost, plugged: boolean): Promise<void> {
    const port = host === this.a ? "a" : "b";
    await run("ip", "-n", this.#switch, "link", "set", "dev", port, plugged ? "up" : "down");
  }

  /** Takes a host off the link with everything that a power loss takes: its addresses. */
  async powerOff(host: TestHost): Promise<void> {
    await run("ip", "-n", host.namespace, "link", "set", "eth0", "down");
    await run("ip", "-n", host.namespace, "addr", "flush", "dev", "eth0");
    for (const kind of ["macvlan", "ipvlan"]) {
      const { output } = await tryRun("ip", "-n", host.namespace, "-br", "link", "show", "type", kind);
      for (const [name] of output.matchAll(/^[^@\s]+(?=@)/gm)) {
        await run("ip", "-n", host.namespace, "link", "del", name);
      }
    }
  }

  async powerOn(host: TestHost): Promise<void> {
    await run("ip", "-n", host.namespace, "addr", "add", `${host.address}/24`, "dev", "eth0");
    await run("ip", "-n", host.namespace, "link", "set", "eth0", "up");
    await run("ip", "-n", host.namespace, "addr", "add", `${host.address6}/64`, "dev", "eth0", "nodad");
  }

  async close(): Promise<void> {
    for (const namespace of [this.a.namespace, this.b.namespace, this.#switch]) {
      await tryRun("ip", "netns", "del", namespace);
    }
  }
}

/** A command that runs another inside a host. */
export function inside(host: TestHost, command: readonly string[]): string[] {
  return ["ip", "netns", "exec", host.namespace, ...command];
}
