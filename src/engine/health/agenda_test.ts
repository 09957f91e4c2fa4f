import { assertEquals } from "../../../test/assert.ts";
import { Agenda } from "./agenda.ts";
import { FakeTime } from "./fake_time.ts";

Deno.test("Agenda calls in the order of time, first come first served, on one timer", async () => {
  const time = new FakeTime();
  const agenda = new Agenda(time, time);
  const calls: string[] = [];
  const times = [500, 100, 300, 100, 400, 200, 100];
  for (const [index, atMs] of times.entries()) {
    agenda.at(atMs * 1000, () => calls.push(`${index}@${time.nowUs() / 1000}`));
  }
  assertEquals(time.pending, 1);
  await time.pass(1000);
  assertEquals(calls, ["1@100", "3@100", "6@100", "5@200", "2@300", "4@400", "0@500"]);
  assertEquals(time.pending, 0);
});

Deno.test("Agenda calls a thousand random deadlines in order", async () => {
  const time = new FakeTime();
  const agenda = new Agenda(time, time);
  const seen: number[] = [];
  for (let index = 0; index < 1000; index++) agenda.at(((index * 7919) % 1009) * 1000, () => seen.push(time.nowUs()));
  await time.pass(1009);
  assertEquals(seen.length, 1000);
  assertEquals(seen, seen.toSorted((a, b) => a - b));
});

Deno.test("Agenda is never early: a part of a millisecond is rounded up", async () => {
  const time = new FakeTime();
  const agenda = new Agenda(time, time);
  let calledUs = 0;
  agenda.at(1_001, () => calledUs = time.nowUs());
  await time.pass(10);
  assertEquals(calledUs, 2_000);
});

Deno.test("Agenda does not call what was cancelled or cleared", async () => {
  const time = new FakeTime();
  const agenda = new Agenda(time, time);
  const calls: string[] = [];
  agenda.at(1000, () => calls.push("cancelled")).cancel();
  agenda.at(2000, () => calls.push("called"));
  await time.pass(5);
  agenda.at(9000, () => calls.push("cleared"));
  agenda.clear();
  await time.pass(10);
  assertEquals(calls, ["called"]);
  assertEquals(time.pending, 0);
});

Deno.test("Agenda takes an appointment for a time that is past, made by an appointment", async () => {
  const time = new FakeTime();
  const agenda = new Agenda(time, time);
  const calls: number[] = [];
  const again = (): void => {
    calls.push(time.nowUs());
    if (calls.length < 3) agenda.at(0, again);
  };
  agenda.at(1000, again);
  await time.pass(1);
  assertEquals(calls, [1000, 1000, 1000]);
});
