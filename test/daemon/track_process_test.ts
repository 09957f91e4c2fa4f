// Processes that an instance tracks, in a network namespace: there the kernel tells no events, so they are counted again and
// again.
import { assert } from "../assert.ts";
import { BackgroundProcess } from "../support/command.ts";
import { daemonTest as test, QUICK_INSTANCE } from "../support/daemon_test.ts";

function config(duration: string, more = ""): string {
  return `vrrp_track_process needed {
  process sleep ${duration}
}
vrrp_track_process extra {
  process sleep ${duration}
  quorum 2
  weight 20
}
${more}
${QUICK_INSTANCE}
  track_process {
    needed
    extra
    ${more === "" ? "" : "new"}
  }
}
`;
}

test("tracked processes move addresses and priorities", "hfproc", async (lab) => {
  const duration = "9471";
  const sleepers: BackgroundProcess[] = [];
  const sleep = (): BackgroundProcess => {
    const process = new BackgroundProcess(["sh", "-c", `exec sleep ${duration}`]);
    sleepers.push(process);
    return process;
  };
  try {
    await lab.write(config(duration));
    const daemon = lab.start();
    const effective = async (): Promise<number | undefined> => (await lab.instances())[0]?.priority.effective;
    const state = async (): Promise<string | undefined> => (await lab.instances())[0]?.state;
    await lab.comes("it is in fault, for nothing runs", async () => await state() === "fault");
    const first = sleep();
    await lab.comes("one process is enough", () => lab.has("10.9.0.100"));
    const second = sleep();
    await lab.comes("two add to the priority", async () => await effective() === 120);
    // A reload that tracks something more takes nothing away.
    await lab.write(config(duration, `vrrp_track_process new {\n  process sleep ${duration}\n  weight 3\n}\n`));
    assert((await lab.reload()).code === 0);
    await lab.comes("what the reload brought counts", async () => await effective() === 123);
    assert(await lab.has("10.9.0.100"));
    assert(!daemon.output.slice(daemon.output.indexOf("is in use")).includes("FAULT"), daemon.output);
    await first.stop();
    await lab.comes("one is left", async () => await effective() === 103);
    await second.stop();
    await lab.comes("none is left", async () => !await lab.has("10.9.0.100"));
  } finally {
    for (const process of sleepers) await process.stop();
  }
});
