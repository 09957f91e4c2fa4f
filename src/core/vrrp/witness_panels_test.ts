import { assertEquals } from "../../../test/assert.ts";
import type { WitnessView } from "./witness.ts";
import { type HeardWitness, WitnessPanels } from "./witness_panels.ts";

const PANEL = { need: 1, timeoutUs: 5_000_000, whenSilent: "forbid" } as const;

function witness(says: WitnessView["says"], instances?: readonly string[]): HeardWitness {
  const views = new Map(["A", "B"].map((name) => [name, { says, reason: `says ${says}` }] as const));
  return { name: "gateway 192.0.2.1", inSilenceOnly: false, instances, views };
}

Deno.test("WitnessPanels judges each instance by the witnesses that count for it", () => {
  const panels = new WitnessPanels();
  const judged = { panel: PANEL, instances: ["A", "B"], groups: [] };
  const reason = "gateway 192.0.2.1 says no";
  assertEquals(panels.judge(judged, [witness("no", ["A"])], 0), {
    bans: new Map([["A", { always: reason, inSilence: reason }]]),
  });
  assertEquals(panels.judge(judged, [witness("yes")], 0).bans.size, 0);
});

Deno.test("WitnessPanels bans all members of a sync group together, and nobody without a panel", () => {
  const panels = new WitnessPanels();
  const judged = { panel: PANEL, instances: ["A", "B"], groups: [["A", "B"]] };
  assertEquals([...panels.judge(judged, [witness("no", ["B"])], 0).bans.keys()], ["A", "B"]);
  assertEquals(panels.judge({ ...judged, panel: undefined }, [witness("no")], 0), { bans: new Map() });
});

Deno.test("WitnessPanels says when the silence of all has lasted long enough, and forgets who is not judged any more", () => {
  const panels = new WitnessPanels();
  const judged = { panel: PANEL, instances: ["A"], groups: [] };
  const waiting = panels.judge(judged, [witness("none")], 1_000_000);
  assertEquals(waiting.nextUs, 6_000_000);
  assertEquals(waiting.bans.get("A")?.always, "no witness has answered yet");
  const silent = panels.judge(judged, [witness("none")], 6_000_000);
  assertEquals([silent.nextUs, silent.bans.get("A")?.always], [undefined, "all witnesses are silent"]);
  panels.judge({ ...judged, instances: [] }, [], 7_000_000);
  assertEquals(panels.judge(judged, [witness("none")], 8_000_000).nextUs, 13_000_000);
});
