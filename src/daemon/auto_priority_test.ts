// The priority that a role takes because it was late.
import { assertEquals } from "../../test/assert.ts";
import { AutoPriority, NO_AUTO_PRIORITY } from "./auto_priority.ts";

const SETTINGS = { highest: 2, tooLateUs: 1000, usual: 0 };

Deno.test("AutoPriority goes one up for each time, to the highest", () => {
  const auto = new AutoPriority();
  assertEquals(auto.late(5_000_000), undefined, "not configured");
  assertEquals(auto.use(SETTINGS), undefined);
  assertEquals([999, 1000, 5000, 5000].map((us) => auto.late(us)), [undefined, 1, 2, undefined]);
});

Deno.test("AutoPriority begins above what is configured anyway, and goes back there when it may not stay", () => {
  const auto = new AutoPriority();
  auto.use({ ...SETTINGS, highest: 99, usual: 40 });
  assertEquals(auto.late(1000), 41);
  assertEquals(auto.use({ ...SETTINGS, highest: 99, usual: 40 }), undefined);
  assertEquals(auto.use({ ...SETTINGS, usual: 1 }), 1);
  assertEquals(auto.late(1000), 2);
  assertEquals(auto.use(NO_AUTO_PRIORITY), 0);
  assertEquals(auto.use(NO_AUTO_PRIORITY), undefined);
});
