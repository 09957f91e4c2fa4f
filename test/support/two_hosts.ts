// Two hosts on one link, as network namespaces:
//
//     NAME-a [eth0 10.9.0.1/24] ──── veth ──── [eth0 10.9.0.2/24] NAME-b
import { run, tryRun } from "./command.ts";

/** One of the two. */
export interface TestHost {
  readonly namespace: string;
  readonly address: string;
}

/** Two namespaces joined by a link; `close` removes them. */
export class TwoHosts {
  readonly a: TestHost;
  readonly b: TestHost;

  private constructor(name: string) {
    this.a = { namespace: `${name}-a`, address: "10.9.0.1" };
    this.b = { namespace: `${name}-b`, address: "10.9.0.2" };
  }

  /** @param name prefix of the namespaces, unique to the test */
  static async create(name: string): Promise<TwoHosts> {
    const hosts = new TwoHosts(name);
    await hosts.close();
    for (const { namespace } of [hosts.a, hosts.b]) {
      await run("ip", "netns", "add", namespace);
      await run("ip", "-n", namespace, "link", "set", "lo", "up");
    }
    const { a, b } = hosts;
    const link = ["link", "add", "eth0", "netns", a.namespace, "type", "veth", "peer", "name", "eth0"];
    await run("ip", ...link, "netns", b.namespace);
    for (const { namespace, address } of [a, b]) {
      await run("ip", "-n", namespace, "addr", "add", `${address}/24`, "dev", "eth0");
      await run("ip", "-n", namespace, "link", "set", "eth0", "up");
    }
    return hosts;
  }

  /** Whether a host has an address on its link. */
  async has(host: TestHost, address: string): Promise<boolean> {
    const { output } = await tryRun("ip", "-n", host.namespace, "-4", "-o", "addr", "show", "dev", "eth0");
    return output.includes(` ${address}/`);
  }

  /** Takes a host off the link with everything that a power loss takes: its addresses. */
  async powerOff(host: TestHost): Promise<void> {
    await run("ip", "-n", host.namespace, "link", "set", "eth0", "down");
    await run("ip", "-n", host.namespace, "addr", "flush", "dev", "eth0");
  }

  async powerOn(host: TestHost): Promise<void> {
    await run("ip", "-n", host.namespace, "addr", "add", `${host.address}/24`, "dev", "eth0");
    await run("ip", "-n", host.namespace, "link", "set", "eth0", "up");
  }

  async close(): Promise<void> {
    for (const { namespace } of [this.a, this.b]) await tryRun("ip", "netns", "del", namespace);
  }
}

/** A command that runs another inside a host. */
export function inside(host: TestHost, command: readonly string[]): string[] {
  return ["ip", "netns", "exec", host.namespace, ...command];
}
