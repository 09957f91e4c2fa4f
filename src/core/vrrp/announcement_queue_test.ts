// The queue of announcements: turns, pauses, and what is forgotten.
import { assertEquals } from "../../../test/assert.ts";
import { AnnouncementQueue } from "./announcement_queue.ts";

const ETH0 = { name: "eth0", pauseUs: 100 };
const ETH1 = { name: "eth1", pauseUs: 30 };

/** Items with the time that each left, until nothing waits. */
function drained(queue: AnnouncementQueue<string>, fromUs: number): string[] {
  const story: string[] = [];
  for (let nowUs = fromUs; queue.deadlineUs !== undefined; nowUs = Math.max(nowUs, queue.deadlineUs ?? nowUs)) {
    const item = queue.take(nowUs);
    if (item !== undefined) story.push(`${item} ${nowUs}`);
  }
  return story;
}

Deno.test("items of a lane take turns, with the pause between any two", () => {
  const queue = new AnnouncementQueue<string>();
  queue.add(ETH0, "a", "a", 3);
  queue.add(ETH0, "b", "b", 2);
  assertEquals(drained(queue, 1000), ["a 1000", "b 1100", "a 1200", "b 1300", "a 1400"]);
  queue.add(ETH0, "c", "c", 1);
  assertEquals(drained(queue, 1450), ["c 1500"], "the pause holds after the queue was empty");
});

Deno.test("lanes do not wait for each other, and a message that left without a turn counts", () => {
  const queue = new AnnouncementQueue<string>();
  queue.passed(ETH0, 1000);
  queue.add(ETH0, "a", "a", 2);
  queue.add(ETH1, "b", "b", 2);
  assertEquals(drained(queue, 1000), ["b 1000", "b 1030", "a 1100", "a 1200"]);
});

Deno.test("asking again does not make the queue longer", () => {
  const queue = new AnnouncementQueue<string>();
  for (let count = 0; count < 1000; count++) queue.add(ETH0, "a", "a", 2);
  queue.add(ETH0, "a", "a", 1);
  assertEquals(drained(queue, 0), ["a 0", "a 100"]);
});

Deno.test("what is dropped leaves no deadline behind", () => {
  const queue = new AnnouncementQueue<string>();
  queue.add(ETH0, "a", "a", 2);
  queue.add(ETH1, "b", "b", 2);
  queue.drop((item) => item === "a");
  assertEquals(drained(queue, 0), ["b 0", "b 30"]);
  assertEquals(queue.deadlineUs, undefined);
});

Deno.test("other lanes take over what waits, and when it may leave", () => {
  const queue = new AnnouncementQueue<string>();
  queue.passed(ETH0, 0);
  queue.add(ETH0, "a", "a", 2);
  queue.add(ETH0, "b", "b", 1);
  queue.rearrange(() => ETH1);
  assertEquals(drained(queue, 0), ["a 100", "b 130", "a 160"]);
  queue.add(ETH1, "a", "a", 2);
  queue.rearrange(() => ({ name: "eth2", pauseUs: 0 }));
  assertEquals(drained(queue, 170), ["a 170", "a 170"], "without a pause all leaves at once");
});
