// Hosts that fence each other, with an instance each and with a sync group over two links: hosts that do not hear each other at
// all are never master beside each other; when they hear each other again nobody is fenced, and there is one master.
import { assert, assertEquals } from "../assert.ts";
import { Prng } from "../../src/base/prng.ts";
import { FencingWorld, liveThrough, SECOND, SEEDS } from "./fencing_world.ts";

const LINKS = ["eth0", "eth1"];

Deno.test(`hosts that fence each other are never two masters, and one in the end (${SEEDS} seeds)`, () => {
  const { fenced, refused } = liveThrough(["eth0"]);
  assert(fenced > SEEDS && refused > SEEDS / 2, `in trouble it is tried: ${fenced}, ${refused}`);
});

Deno.test(`groups that fence each other are never two masters, and one in the end (${SEEDS} seeds)`, () => {
  const { fenced, refused } = liveThrough(LINKS);
  assert(fenced > SEEDS && refused > SEEDS / 2, `in trouble it is tried: ${fenced}, ${refused}`);
});

Deno.test("a group that hears its master on one link of two fences nobody, and does not take over", () => {
  for (const device of LINKS) {
    const world = new FencingWorld(new Prng(1), LINKS);
    world.failure = 0;
    const [low, high] = world.network.hosts;
    assert(low !== undefined && high !== undefined);
    // Nobody was ever heard then: it fences.
    world.start(high);
    world.pass(15 * SECOND);
    world.start(low);
    world.pass(15 * SECOND);
    const { asked } = world;
    world.network.cut(high, low, device);
    world.pass(60 * SECOND);
    assertEquals([world.asked - asked, world.masters.map(({ name }) => name)], [0, [high.name]]);
    // One that says good-bye needs no fencing either, though only one link carries it.
    high.stop();
    world.pass(10 * SECOND);
    assertEquals([world.asked - asked, world.masters.map(({ name }) => name)], [0, [low.name]], world.story.join("\n"));
  }
});
