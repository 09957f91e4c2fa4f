// A daemon in a network namespace of its own, for tests that talk to it from the outside.
import { BackgroundProcess, tryRun, until } from "./command.ts";
import { holdfastCommand } from "./holdfast.ts";
import { testWith } from "./requirements.ts";
import { inside, TwoHosts } from "./two_hosts.ts";

const LIMIT_MS = 30_000;

/** How an instance begins that advertises ten times a second; what it tracks, and its brace, come behind. */
export const QUICK_INSTANCE = `vrrp_instance VI_1 {
  interface eth0
  version 3
  virtual_router_id 51
  priority 100
  advert_int 0.1
  virtual_ipaddress {
    10.9.0.100/24
  }`;

/** A part of what the status says of an instance. */
export interface Instance {
  readonly state: string;
  readonly since: string;
  readonly faults: readonly string[];
  readonly priority: { readonly base: number; readonly effective: number };
  readonly counters: {
    readonly transitions: number;
    readonly advertsOut: number;
    readonly advertsIn: number;
    readonly discarded: Readonly<Record<string, number>>;
  };
}

/** What a test works with: a daemon on host a, its file, and what it says. */
export interface Lab {
  readonly hosts: TwoHosts;
  readonly write: (config: string) => Promise<void>;
  readonly start: () => BackgroundProcess;
  readonly reload: () => Promise<{ code: number; output: string }>;
  readonly status: () => Promise<string>;
  readonly instances: () => Promise<Instance[]>;
  readonly has: (address: string) => Promise<boolean>;
  readonly comes: (what: string, condition: () => boolean | Promise<boolean>) => Promise<void>;
}

/** A test of a daemon in a network namespace; it ends the daemon and removes everything. */
export function daemonTest(name: string, hostsName: string, body: (lab: Lab) => Promise<void>): void {
  testWith(["root", "program:ip", "program:curl", "program:python3"], name, async () => {
    const hosts = await TwoHosts.create(hostsName);
    const file = await Deno.makeTempFile({ suffix: ".conf" });
    const started: BackgroundProcess[] = [];
    // Empty when there is no answer, or a part of one.
    const status = async (): Promise<string> => {
      const ask = ["curl", "-sf", "-m", "5", "http://127.0.0.1:8404/api/v1/status"];
      const { success, output } = await tryRun(...inside(hosts.a, ask));
      return success ? output : "";
    };
    try {
      await body({
        hosts,
        write: (config) => Deno.writeTextFile(file, config),
        start: () => {
          const daemon = new BackgroundProcess(inside(hosts.a, [...holdfastCommand(), "run", "-f", file]));
          started.push(daemon);
          return daemon;
        },
        reload: async () => {
          const { code, output } = await tryRun(...inside(hosts.a, [...holdfastCommand(), "reload"]));
          return { code, output };
        },
        status,
        instances: async () => {
          const text = await status();
          return text === "" ? [] : JSON.parse(text).vrrpInstances;
        },
        has: (address) => hosts.has(hosts.a, address),
        comes: (what, condition) =>
          until(what, condition, LIMIT_MS, () => started.map((daemon) => daemon.output).join("\n---\n")),
      });
    } finally {
      for (const daemon of started) await daemon.killTree();
      await Deno.remove(file);
      await hosts.close();
    }
  });
}
