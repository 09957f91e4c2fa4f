// Processes of this host as they come and go: told by the kernel where it tells, else counted every second.
import { assertEquals } from "../../test/assert.ts";
import { until } from "../../test/support/command.ts";
import { testWith } from "../../test/support/requirements.ts";
import { Reactor } from "../linux/reactor.ts";
import { linuxProcesses } from "./linux_processes.ts";
import { ProcessTracker } from "./process_tracker.ts";

testWith(["root"], "a process is counted from its start to its end, forks of it too", async () => {
  const reactor = new Reactor();
  const log: string[] = [];
  const tracker = new ProcessTracker(linuxProcesses(reactor), { log: (line) => log.push(line), changed: () => {} });
  const seconds = String(80_000 + Deno.pid % 10_000);
  const common = {
    quorum: 1,
    forkDelayUs: 0,
    terminateDelayUs: 0,
    comparesCommandLine: false,
    weight: 0,
    reverse: false,
  };
  const location = { file: "test.conf", line: 1, column: 1, length: 1 };
  const comes = (one: boolean, two: boolean): Promise<void> =>
    until(`${one} ${two}`, () => tracker.status.one === one && tracker.status.two === two, 10_000);
  const start = (): Deno.ChildProcess => new Deno.Command("sh", { args: ["-c", `exec sleep ${seconds}`] }).spawn();
  try {
    tracker.configure([
      { ...common, name: "one", process: ["sleep", seconds], location },
      { ...common, name: "two", process: ["sleep", seconds], quorum: 2, location },
    ]);
    assertEquals(tracker.status, { one: false, two: false });
    const first = start();
    await comes(true, false);
    const second = start();
    await comes(true, true);
    for (const child of [first, second]) child.kill("SIGKILL");
    await Promise.all([first.status, second.status]);
    await comes(false, false);
  } finally {
    tracker.stop();
    reactor.close();
    await reactor.stopped();
  }
});
