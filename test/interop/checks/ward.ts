// Two hosts for tests of checks: all the servers on b, and what makes them ill; the configuration that checks them from a.
import { BackgroundProcess, run, until } from "../../support/command.ts";
import { inside, TwoHosts } from "../../support/two_hosts.ts";
import { CASES, portOf } from "./cases.ts";
import type { CheckCase } from "./check_case.ts";
import { SCRIPTS } from "./other_cases.ts";
import { type RealServer, RealServers } from "./real_servers.ts";

const SERVERS = "10.9.0.2";
const IPV6 = { a: "2001:db8:9::1/64", b: "2001:db8:9::2/64" } as const;
/** Files of FILE_CHECK: what is in them while all are ill. */
const FILES = { one: "1\n", overflow: "99999999999\n" } as const;

/** The servers and their hosts. Use: `create()`, `become()` at will, `close()`. */
export class Ward {
  readonly hosts: TwoHosts;
  readonly folder: string;
  readonly cases: readonly CheckCase[];
  readonly #sick: BackgroundProcess;
  readonly #real: RealServers;

  private constructor(hosts: TwoHosts, folder: string, cases: readonly CheckCase[], kinds: readonly RealServer[]) {
    this.hosts = hosts;
    this.folder = folder;
    this.cases = cases;
    this.#real = new RealServers(hosts.b, folder, kinds);
    const program = new URL("sick_server.ts", import.meta.url).pathname;
    const deno = [
      Deno.execPath(),
      "run",
      "--quiet",
      "--allow-all",
      "--unstable-net",
      "--no-check",
      "--no-lock",
      program,
    ];
    this.#sick = new BackgroundProcess(inside(hosts.b, deno));
  }

  /** All are well. @param name prefix of the namespaces @param kinds the real servers that this machine has */
  static async create(name: string, kinds: readonly RealServer[], cases: readonly CheckCase[] = CASES): Promise<Ward> {
    const hosts = await TwoHosts.create(name);
    const folder = await Deno.makeTempDir({ prefix: "holdfast-checks-" });
    await Deno.chmod(folder, 0o755);
    for (const host of [hosts.a, hosts.b]) {
      const address = host === hosts.a ? IPV6.a : IPV6.b;
      await run("ip", "-n", host.namespace, "addr", "add", address, "dev", "eth0", "nodad");
      // Anybody may ping, and ICMP errors come as often as they are due.
      const settings = "net.ipv4.ping_group_range=0\t2147483647 net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0";
      for (const setting of settings.split(" ")) await run(...inside(host, ["sysctl", "-qw", setting]));
    }
    const ward = new Ward(hosts, folder, cases, kinds);
    await ward.#writeFiles("well");
    await ward.#addresses("well");
    await until("the servers serve", () => ward.#sick.output.includes("well"), 60_000, () => ward.output);
    return ward;
  }

  /** What the servers have said, for when a test fails. */
  get output(): string {
    return this.#sick.output + this.#real.output;
  }

  /** All fall ill, or all get well. */
  async become(health: "well" | "ill"): Promise<void> {
    await this.#writeFiles(health);
    await this.#real.become(health);
    const said = this.#sick.output.length;
    this.#sick.signal(health === "ill" ? "SIGUSR1" : "SIGUSR2");
    await until(`the servers are ${health}`, () => this.#sick.output.length > said, 60_000, () => this.output);
    await this.#filter(health);
    await this.#addresses(health);
  }

  /** A virtual server with one real server for each case, at a port of its own, checked every so many seconds. */
  configuration(delayLoop: number): string {
    const files = Object.keys({ ...FILES, folder: "" }).map((name) =>
      `track_file ${name} {\n  file "${this.folder}/${name}"\n  weight 0\n}\n`
    );
    const servers = this.cases.map((one) => {
      const address = one.address ?? SERVERS;
      const at = realPortOf(one);
      const virtual = address.includes(":") ? `2001:db8:8::${at}` : `10.8.${at >> 8}.${at & 255}`;
      const checker = one.checker({ folder: this.folder, port: portOf(one.name) });
      return `# ${one.name}
virtual_server ${virtual} 80 {
  delay_loop ${delayLoop}
  lvs_sched rr
  lvs_method NAT
  protocol TCP
  alpha
  real_server ${address} ${at} {
    weight 1
    ${checker}
  }
}
`;
    });
    return `global_defs {\n  script_user root\n}\n${files.join("")}${servers.join("")}`;
  }

  async close(): Promise<void> {
    await this.#real.close();
    await this.#sick.killTree();
    await this.hosts.close();
    await Deno.remove(this.folder, { recursive: true });
  }

  async #writeFiles(health: "well" | "ill"): Promise<void> {
    const { folder } = this;
    for (const name of [...Object.keys(SCRIPTS), "removed", "forbidden"]) {
      const path = `${folder}/${name}`;
      if (name === "removed" && health === "ill") {
        await Deno.remove(path);
        continue;
      }
      const text = `#!/bin/sh\n[ -e ${folder}/ill ] || exit 0\n${SCRIPTS[name] ?? ""}\n`;
      // Another file in its place: one that is being run cannot be written.
      await Deno.writeTextFile(`${path}.new`, text, { mode: 0o755 });
      await Deno.rename(`${path}.new`, path);
      if (name === "forbidden" && health === "ill") await Deno.chmod(path, 0o644);
    }
    for (const [name, text] of Object.entries(FILES)) {
      await Deno.writeTextFile(`${folder}/${name}`, health === "ill" ? text : "0\n");
    }
    await Deno.remove(`${folder}/folder`).catch(() => {});
    if (health === "ill") await Deno.mkdir(`${folder}/folder`);
    if (health === "ill") await Deno.writeTextFile(`${folder}/ill`, "");
    else await Deno.remove(`${folder}/ill`).catch(() => {});
  }

  async #filter(health: "well" | "ill"): Promise<void> {
    const rules = this.cases.flatMap(({ name, server, address = SERVERS }) => {
      if (server.kind !== "filtered" || health === "well") return [];
      const destination = `${address.includes(":") ? "ip6" : "ip"} daddr ${address}`;
      return [`${destination} ${server.well === "ping" ? "" : `tcp dport ${portOf(name)}`} ${server.rule}`];
    });
    const chain = `chain input {\ntype filter hook input priority 0\n${rules.join("\n")}\n}`;
    const file = `${this.folder}/rules.nft`;
    await Deno.writeTextFile(file, `table inet ill\ndelete table inet ill\ntable inet ill {\n${chain}\n}\n`);
    await run(...inside(this.hosts.b, ["nft", "-f", file]));
  }

  async #addresses(health: "well" | "ill"): Promise<void> {
    const { namespace } = this.hosts.b;
    for (const { address, server } of this.cases) {
      if (address === undefined || `${address}/64` === IPV6.b) continue;
      const leaves = server.kind === "gone" && health === "ill";
      const prefix = address.includes(":") ? "64" : "24";
      const options = address.includes(":") ? ["nodad"] : [];
      await run(
        "ip",
        "-n",
        namespace,
        "addr",
        leaves ? "del" : "replace",
        `${address}/${prefix}`,
        "dev",
        "eth0",
        ...(leaves ? [] : options),
      );
    }
    // What b's neighbor remembers of it would be good for a minute.
    if (health === "ill") await run("ip", "-n", this.hosts.a.namespace, "neigh", "flush", "dev", "eth0");
  }
}

/** The port of a case's real server in the configuration: it names the case. */
export function realPortOf({ name }: CheckCase): number {
  return 1 + CASES.findIndex((one) => one.name === name);
}
