import { assertEquals } from "../../test/assert.ts";
import { Agenda } from "./agenda.ts";
import { Prng } from "./prng.ts";

Deno.test("an agenda hands out nobody too late, whatever deadlines do", () => {
  for (let seed = 0; seed < 200; seed++) {
    const prng = new Prng(seed);
    const agenda = new Agenda<number>();
    const deadlines = new Map<number, number>();
    for (let nowUs = 0; nowUs < 2000; nowUs += prng.integer(1, 40)) {
      for (let change = prng.integer(0, 4); change > 0; change--) {
        const item = prng.integer(0, 20);
        const deadline = prng.chance(0.1) ? undefined : nowUs + prng.integer(1, 300);
        if (deadline === undefined) deadlines.delete(item);
        else deadlines.set(item, deadline);
        agenda.note(item, deadline);
      }
      if (prng.chance(0.3)) {
        agenda.refresh((item) => deadlines.get(item));
        assertEquals(agenda.firstUs, Math.min(...deadlines.values()), "right, not only early");
      }
      const due = [...deadlines].filter(([, at]) => at <= nowUs).map(([item]) => item).sort();
      const taken = agenda.take(nowUs);
      assertEquals(new Set(taken).size, taken.length, "each once");
      const really = taken.filter((item) => (deadlines.get(item) ?? Infinity) <= nowUs).sort();
      assertEquals(really, due, `seed ${seed}`);
      for (const item of really) deadlines.delete(item);
      for (const item of taken) agenda.note(item, deadlines.get(item));
      assertEquals(agenda.firstUs <= Math.min(...deadlines.values()), true);
    }
  }
});

Deno.test("a deadline that moves away leaves the first where it was until it has been looked at", () => {
  const agenda = new Agenda<string>();
  assertEquals(agenda.firstUs, Infinity);
  agenda.note("a", 500);
  agenda.note("b", 700);
  agenda.note("a", 900);
  assertEquals(agenda.firstUs, 500);
  assertEquals(agenda.take(600), ["a"]);
  agenda.note("a", 900);
  assertEquals([agenda.firstUs, agenda.take(650)], [700, []]);
  agenda.clear();
  assertEquals([agenda.firstUs, agenda.take(1000)], [Infinity, []]);
});
