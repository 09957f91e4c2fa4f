import { assertEquals } from "../../../test/assert.ts";
import { countProcesses, passProcessTimer, type ProcessConfig, startProcessCount } from "./process_count.ts";

const config: ProcessConfig = { quorum: 2, quorumMax: 4, forkDelayUs: 500_000, terminateDelayUs: 200_000 };
const hasty: ProcessConfig = { ...config, forkDelayUs: 0, terminateDelayUs: 0 };

Deno.test("startProcessCount() believes what it finds: up from quorum to quorum_max", () => {
  const ups = [0, 1, 2, 3, 4, 5].map((count) => startProcessCount(config, count).up);
  assertEquals(ups, [false, false, true, true, true, false]);
});

Deno.test("quorum_max 0 means up while none runs", () => {
  const none = { ...hasty, quorum: 0, quorumMax: 0 };
  assertEquals(startProcessCount(none, 0).up, true);
  assertEquals(startProcessCount(none, 1).up, false);
});

Deno.test("countProcesses() without delays follows at once", () => {
  assertEquals(countProcesses(hasty, { up: true, count: 2 }, 1, 0), { up: false, count: 1 });
  assertEquals(countProcesses(hasty, { up: false, count: 1 }, 2, 0), { up: true, count: 2 });
  assertEquals(countProcesses(hasty, { up: true, count: 4 }, 5, 0), { up: false, count: 5 });
  assertEquals(countProcesses(hasty, { up: true, count: 2 }, 3, 0), { up: true, count: 3 });
});

Deno.test("countProcesses() waits terminate_delay after processes that ended", () => {
  const waiting = countProcesses(config, { up: true, count: 2 }, 1, 1_000_000);
  assertEquals(waiting, { up: true, count: 1, changeTimerUs: 1_200_000 });
  assertEquals(passProcessTimer(waiting, 1_199_999), waiting);
  assertEquals(passProcessTimer(waiting, 1_200_000), { up: false, count: 1 });
});

Deno.test("countProcesses() waits fork_delay after new processes, for the lower and for the upper limit", () => {
  assertEquals(countProcesses(config, { up: false, count: 1 }, 2, 1_000_000), {
    up: false,
    count: 2,
    changeTimerUs: 1_500_000,
  });
  assertEquals(countProcesses(config, { up: true, count: 4 }, 5, 1_000_000), {
    up: true,
    count: 5,
    changeTimerUs: 1_500_000,
  });
});

Deno.test("countProcesses() forgets a change that goes back in time", () => {
  const waiting = { up: true, count: 1, changeTimerUs: 1_200_000 };
  assertEquals(countProcesses(config, waiting, 2, 1_100_000), { up: true, count: 2 });
});

Deno.test("countProcesses() does not begin the delay again while the change lasts", () => {
  const waiting = { up: true, count: 1, changeTimerUs: 1_200_000 };
  assertEquals(countProcesses(config, waiting, 0, 1_100_000), { up: true, count: 0, changeTimerUs: 1_200_000 });
});

Deno.test("countProcesses() believes a delay that ended unnoticed before it looks at the new count", () => {
  const waiting = { up: true, count: 1, changeTimerUs: 1_200_000 };
  assertEquals(countProcesses(config, waiting, 2, 1_300_000), { up: false, count: 2, changeTimerUs: 1_800_000 });
});
