import { assert, assertEquals } from "../../test/assert.ts";
import { testWith } from "../../test/support/requirements.ts";
import { lockMemory, schedule, unlockMemory } from "./scheduling.ts";

/** Field of /proc/PID/stat, counted from 1 (proc(5)). */
function statField(pid: number, field: number): number {
  const text = Deno.readTextFileSync(`/proc/${pid}/stat`);
  return Number(text.slice(text.lastIndexOf(")") + 2).split(" ")[field - 3]);
}

/** Whether the kernel lets an ordinary process choose its slice. */
const [MAJOR = 0, MINOR = 0] = Deno.osRelease().split(".").map(Number);
const CAN_SLICE = MAJOR > 6 || (MAJOR === 6 && MINOR >= 12);

/** Nanoseconds. */
function sliceOf(pid: number): number {
  return Number(Deno.readTextFileSync(`/proc/${pid}/sched`).match(/^se\.slice\s*:\s*(\d+)$/m)?.[1]);
}

function statusOf(pid: number, name: string): string {
  return Deno.readTextFileSync(`/proc/${pid}/status`).match(new RegExp(`^${name}:\\s*(.*)$`, "m"))?.[1] ?? "";
}

testWith(
  ["root"],
  "schedule() sets priority, limit and processors of another process, and takes them back",
  async () => {
    const child = new Deno.Command("sleep", { args: ["30"] }).spawn();
    try {
      const allowed = statusOf(child.pid, "Cpus_allowed_list");
      const wanted = { realTimePriority: 50, realTimeLimitUs: 500_000, cpus: [0] };
      assertEquals(schedule(child.pid, wanted), []);
      const [RT_PRIORITY, POLICY, NICE] = [40, 41, 19];
      assertEquals([statField(child.pid, RT_PRIORITY), statField(child.pid, POLICY)], [50, 2]);
      assertEquals(statusOf(child.pid, "Cpus_allowed_list"), "0");
      assert(/realtime timeout\s+500000\s+unlimited/.test(Deno.readTextFileSync(`/proc/${child.pid}/limits`)));
      assertEquals(schedule(child.pid, { nice: -5 }, wanted), []);
      assertEquals([statField(child.pid, POLICY), statField(child.pid, NICE)], [0, -5]);
      assertEquals(statusOf(child.pid, "Cpus_allowed_list"), allowed);
      const usualSlice = sliceOf(child.pid); // older kernels show none
      const sliced = { nice: -5, sliceUs: 100 };
      assertEquals(schedule(child.pid, sliced, { nice: -5 }), []);
      assertEquals(sliceOf(child.pid), CAN_SLICE ? 100_000 : usualSlice);
      assertEquals(statField(child.pid, NICE), -5);
    } finally {
      child.kill("SIGKILL");
      await child.status;
    }
  },
);

testWith(["root"], "schedule() says what the kernel refuses", () => {
  assertEquals(schedule(1 << 22, { nice: 1, realTimePriority: 1 }).length, 2);
  return Promise.resolve();
});

testWith(["root"], "lockMemory() keeps what is used in RAM without asking for what is only reserved", () => {
  assertEquals(lockMemory(), undefined);
  const lockedKb = Number.parseInt(statusOf(Deno.pid, "VmLck"));
  unlockMemory();
  assert(lockedKb > 0);
  assertEquals(Number.parseInt(statusOf(Deno.pid, "VmLck")), 0);
  return Promise.resolve();
});
