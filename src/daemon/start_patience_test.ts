// Which roles are waited for while they start, by the processor time that they get.
import { assertEquals } from "../../test/assert.ts";
import { StartPatience } from "./start_patience.ts";

/** @returns after how many steps it is given up */
function steps(cpuSeconds: (step: number) => number | undefined): number {
  const patience = new StartPatience();
  for (let step = 1;; step++) {
    if (!patience.waitsOn(cpuSeconds(step))) return step;
  }
}

Deno.test("a role that gets a tenth of the processor is waited for, up to ten steps", () => {
  assertEquals(steps((step) => step * 2.9), 10);
});

Deno.test("a role that uses no processor waits for something that does not come", () => {
  assertEquals(steps(() => 0.3), 1);
  assertEquals(steps((step) => step === 1 ? 6 : 6.2), 2, "it got on at first");
});

Deno.test("a role that has used more than any start needs turns in a circle", () => {
  assertEquals(steps((step) => step * 59), 3);
  assertEquals(steps((step) => step * 20), 7);
});

Deno.test("where nobody knows the processor time there is one step", () => {
  assertEquals(steps(() => undefined), 1);
});
