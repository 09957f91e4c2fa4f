import { assert, assertEquals } from "../../test/assert.ts";
import { pause, run, until } from "../../test/support/command.ts";
import { libc } from "./libc.ts";
import { ignoreRealTimeSignal, onRealTimeSignal } from "./real_time_signal.ts";
import { Reactor } from "./reactor.ts";

/**
 * The descriptors of those numbers are free in this process, which runs other tests too. The highest ones: whatever is opened
 * meanwhile gets the lowest.
 */
const FREE = freeUpTo(64);
const TAKEN = freeUpTo(FREE - 1);

function freeUpTo(last: number): number {
  const numbers = Array.from({ length: last - 49 }, (_, index) => 50 + index);
  const free = numbers.findLast((fd) => libc().fcntl(fd, 1, 0) < 0);
  assert(free !== undefined);
  return free;
}

Deno.test("onRealTimeSignal() hears signals, many at once as fewer, and the process lives", async () => {
  const reactor = new Reactor();
  let heard = 0;
  assert(onRealTimeSignal(FREE, reactor, () => heard++));
  libc().kill(Deno.pid, FREE);
  await until("it is heard", () => heard === 1, 5000);
  await run("bash", "-c", `for i in $(seq 500); do kill -${FREE} ${Deno.pid}; done`);
  await until("they are heard", () => heard > 1, 5000);
  assert(heard <= 501);
  ignoreRealTimeSignal(FREE);
  reactor.remove(FREE);
  libc().close(FREE);
  reactor.close();
  await reactor.stopped();
});

Deno.test("onRealTimeSignal() takes no descriptor that is in use, and ignores the signal then", async () => {
  const reactor = new Reactor();
  const taken = libc().fcntl(0, 1030, TAKEN);
  assertEquals(taken, TAKEN);
  assertEquals(onRealTimeSignal(TAKEN, reactor, () => {}), false);
  libc().kill(Deno.pid, TAKEN);
  await pause(20);
  libc().close(taken);
  reactor.close();
  await reactor.stopped();
});
