import { assert, assertEquals } from "../../test/assert.ts";
import { pause, until } from "../../test/support/command.ts";
import type { TrackedProcess } from "../config/config_vrrp.ts";
import type { ProcessEvent } from "../wire/process_events.ts";
import { type ProcessNews, ProcessTracker, type ProcessView } from "./process_tracker.ts";

const location = { file: "test.conf", line: 1, column: 1, length: 1 };

function tracked(name: string, more: Partial<TrackedProcess> = {}): TrackedProcess {
  return {
    name,
    process: [name],
    quorum: 1,
    forkDelayUs: 0,
    terminateDelayUs: 0,
    comparesCommandLine: false,
    weight: 0,
    reverse: false,
    location,
    ...more,
  };
}

/** A host whose processes are what the test says. */
class Host implements ProcessView {
  readonly processes = new Map<number, string>();
  readonly log: string[] = [];
  readonly told: Readonly<Record<string, boolean>>[] = [];
  readonly tracker = new ProcessTracker(this, {
    log: (line) => this.log.push(line),
    changed: () => this.told.push(this.tracker.status),
  });
  looks = 0;
  lists = 0;
  #heard: ((news: ProcessNews) => void) | undefined;

  constructor(readonly hasEvents = true) {}

  list = (): number[] => {
    this.lists++;
    return [...this.processes.keys()];
  };
  find = (pid: number): { name: string; commandLine: readonly string[] } | undefined => {
    this.looks++;
    const line = this.processes.get(pid);
    return line === undefined ? undefined : { name: line.split(" ")[0] ?? "", commandLine: line.split(" ") };
  };
  listen = (heard: (news: ProcessNews) => void): () => void => {
    if (!this.hasEvents) throw new Error("there are no events here");
    this.#heard = heard;
    queueMicrotask(() => this.say({ type: "listening", errno: 0 }));
    return () => this.#heard = undefined;
  };
  nowUs = (): number => performance.now() * 1000;

  say(...events: readonly ProcessEvent[]): void {
    this.#heard?.({ events, lost: false });
  }

  lose(): void {
    this.#heard?.({ events: [], lost: true });
  }

  start(pid: number, line: string): ProcessEvent {
    this.processes.set(pid, line);
    return { type: "changed", pid };
  }

  end(pid: number): ProcessEvent {
    this.processes.delete(pid);
    return { type: "exit", pid };
  }

  async comes(status: Readonly<Record<string, boolean>>): Promise<void> {
    const isSo = (): boolean => JSON.stringify(this.tracker.status) === JSON.stringify(status);
    await until(JSON.stringify(status), isSo, 5000, () => JSON.stringify(this.tracker.status));
  }
}

Deno.test("processes that run are known before configure() returns", () => {
  const host = new Host();
  host.start(10, "nginx");
  host.tracker.configure([tracked("nginx"), tracked("haproxy"), tracked("nginx", { name: "two", quorum: 2 })]);
  assertEquals(host.tracker.status, { nginx: true, haproxy: false, two: false });
  host.tracker.stop();
});

Deno.test("exec, fork and exit change what is known", async () => {
  const host = new Host();
  host.start(10, "nginx");
  host.tracker.configure([tracked("nginx"), tracked("nginx", { name: "two", quorum: 2, quorumMax: 2 })]);
  host.processes.set(11, "nginx");
  host.say({ type: "fork", pid: 11, parent: 10 }, { type: "fork", pid: 90, parent: 80 });
  await host.comes({ nginx: true, two: true });
  host.say(host.start(12, "nginx"));
  await host.comes({ nginx: true, two: false });
  host.say(host.end(10), host.end(11), host.start(12, "worker"));
  await host.comes({ nginx: false, two: false });
  assertEquals(host.tracker.tracked, 0);
  assertEquals(host.log.slice(0, 1), ["VRRP_Track_Process(two) has quorum (processes: 2)"]);
  host.tracker.stop();
});

Deno.test("terminate_delay waits for a successor", async () => {
  const host = new Host();
  host.start(10, "nginx");
  host.tracker.configure([tracked("nginx", { terminateDelayUs: 300_000 })]);
  host.say(host.end(10));
  await pause(100);
  host.say(host.start(11, "nginx"));
  await pause(400);
  assertEquals(host.told, [{ nginx: true }]);
  host.say(host.end(11));
  await host.comes({ nginx: false });
  assertEquals(host.told, [{ nginx: true }, { nginx: false }]);
  host.tracker.stop();
});

Deno.test("after lost events all processes are looked at", async () => {
  const host = new Host();
  host.start(10, "nginx");
  host.tracker.configure([tracked("nginx")]);
  await pause(50);
  host.end(10);
  host.lose();
  await host.comes({ nginx: false });
  host.tracker.stop();
});

Deno.test("without events all processes are looked at every second", async () => {
  const host = new Host(false);
  host.tracker.configure([tracked("nginx")]);
  assertEquals(host.log, ["tracked processes are counted every second (there are no events here)"]);
  host.start(10, "nginx");
  await host.comes({ nginx: true });
  host.end(10);
  await host.comes({ nginx: false });
  host.tracker.stop();
});

Deno.test("a reload keeps what it does not change", async () => {
  const host = new Host();
  host.start(10, "nginx");
  host.tracker.configure([tracked("nginx", { terminateDelayUs: 5_000_000 })]);
  await pause(20);
  host.say(host.end(10));
  await pause(100);
  host.tracker.configure([tracked("nginx", { terminateDelayUs: 5_000_000, weight: 5 }), tracked("other")]);
  assertEquals(host.tracker.status, { nginx: true, other: false });
  host.tracker.configure([tracked("nginx", { process: ["nginx", "-x"] })]);
  assertEquals(host.tracker.status, { nginx: false });
  host.tracker.stop();
});

Deno.test("a storm of processes costs a bounded number of looks, words and entries", async () => {
  const host = new Host();
  host.tracker.configure([tracked("bomb")]);
  await pause(20);
  host.looks = 0;
  const startMs = performance.now();
  for (let pid = 1000; pid < 201_000; pid++) {
    host.say(host.start(pid, "bomb"));
    host.say({ type: "fork", pid: pid + 1_000_000, parent: pid }, pid % 2 === 0 ? host.end(pid) : host.start(pid, "x"));
  }
  await pause(200);
  const elapsedMs = performance.now() - startMs;
  const windows = Math.ceil(elapsedMs / 50) + 1;
  // Too many to look at each: then all are, once a second.
  assert(host.lists <= elapsedMs / 1000 + 2, `${host.lists} looks at all in ${elapsedMs} ms`);
  const most = windows * 100 + host.lists * host.processes.size;
  assert(host.looks <= most, `${host.looks} looks in ${windows} windows`);
  assert(host.told.length <= windows);
  assert(host.tracker.tracked <= 65_536);
  host.tracker.stop();
  assertEquals(host.tracker.tracked, 0);
});
