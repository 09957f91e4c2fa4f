// Two daemons on two hosts, for tests of what one does to the other.
import { BackgroundProcess, tryRun, until } from "./command.ts";
import { holdfastCommand } from "./holdfast.ts";
import { testWith } from "./requirements.ts";
import { inside, type TestHost, TwoHosts } from "./two_hosts.ts";

const LIMIT_MS = 30_000;

/** What the command line of a host says. */
export interface Answer {
  readonly code: number;
  readonly output: string;
}

/** What a test of a pair works with. */
export interface Pair {
  readonly hosts: TwoHosts;
  /** Of files of this test; removed with it. */
  readonly folder: string;
  /** Runs Holdfast on a host with that configuration. */
  readonly start: (host: TestHost, config: string, ...options: readonly string[]) => BackgroundProcess;
  /** Writes another configuration for a host, without telling it. */
  readonly write: (host: TestHost, config: string) => void;
  /** Runs a command of Holdfast on a host. */
  readonly holdfast: (host: TestHost, ...args: readonly string[]) => Promise<Answer>;
  readonly has: (host: TestHost, address: string) => Promise<boolean>;
  readonly comes: (what: string, condition: () => boolean | Promise<boolean>) => Promise<void>;
}

/** A test with two hosts; it ends the daemons and removes everything. */
export function pairTest(name: string, hostsName: string, body: (pair: Pair) => Promise<void>): void {
  testWith(["root", "program:ip"], name, async () => {
    const hosts = await TwoHosts.create(hostsName);
    const folder = await Deno.makeTempDir({ prefix: "holdfast-pair-" });
    const started: BackgroundProcess[] = [];
    const file = (host: TestHost): string => `${folder}/${host.namespace}.conf`;
    try {
      await body({
        hosts,
        folder,
        start: (host, config, ...options) => {
          Deno.writeTextFileSync(file(host), config);
          const command = [...holdfastCommand(), "run", "-f", file(host), "--api", "off", ...options];
          const daemon = new BackgroundProcess(inside(host, command));
          started.push(daemon);
          return daemon;
        },
        write: (host, config) => Deno.writeTextFileSync(file(host), config),
        holdfast: async (host, ...args) => {
          const { code, output } = await tryRun(...inside(host, [...holdfastCommand(), ...args]));
          return { code, output };
        },
        has: (host, address) => hosts.has(host, address),
        comes: (what, condition) =>
          until(what, condition, LIMIT_MS, () => started.map((daemon) => daemon.output).join("\n---\n")),
      });
    } finally {
      for (const daemon of started) await daemon.killTree();
      await Deno.remove(folder, { recursive: true });
      await hosts.close();
    }
  });
}
