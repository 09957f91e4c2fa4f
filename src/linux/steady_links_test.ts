import { assertEquals } from "../../test/assert.ts";
import type { LinkSettings } from "../ports/link_settings.ts";
import { SteadyLinks } from "./steady_links.ts";

const SECOND = 1_000_000;

class World {
  nowUs = SECOND;
  /** What the kernel says, and what the driver says. */
  up = true;
  link: boolean | undefined = true;
  index = 2;
  asked = 0;
  readonly links = new SteadyLinks({
    find: (name) =>
      name !== "eth0" || this.index === 0 ? undefined : {
        name,
        index: this.index,
        up: this.up,
        hardwareAddress: new Uint8Array(6),
        ipv4Addresses: [],
        ipv6Addresses: [],
      },
    hasLink: () => {
      this.asked++;
      return this.link;
    },
  }, { nowUs: () => this.nowUs, wallMs: () => 0 });

  constructor(settings: Partial<LinkSettings>) {
    this.links.configure({ delays: [], polled: [], ...settings });
    this.isUp;
  }

  get isUp(): boolean | undefined {
    return this.links.find("eth0")?.up;
  }

  pass(durationUs: number): boolean {
    this.nowUs += durationUs;
    return this.links.pass();
  }
}

const delays = [{ interface: "eth0", downUs: 2 * SECOND, upUs: SECOND }];

Deno.test("without settings a link is as the kernel says", () => {
  const world = new World({});
  world.up = false;
  assertEquals([world.isUp, world.links.deadlineUs], [false, Infinity]);
});

Deno.test("a link that goes down is believed after its delay, one that comes up after the other", () => {
  const world = new World({ delays });
  world.up = false;
  assertEquals([world.isUp, world.links.deadlineUs], [true, 3 * SECOND]);
  assertEquals([world.pass(2 * SECOND - 1), world.isUp], [false, true]);
  assertEquals([world.pass(1), world.isUp], [true, false]);
  world.up = true;
  assertEquals([world.isUp, world.pass(SECOND), world.isUp], [false, true, true]);
});

Deno.test("a link that comes back in time was never down", () => {
  const world = new World({ delays });
  world.up = false;
  assertEquals(world.isUp, true);
  world.pass(SECOND);
  world.up = true;
  assertEquals([world.isUp, world.links.deadlineUs, world.pass(5 * SECOND), world.isUp], [true, Infinity, false, true]);
});

Deno.test("an interface that is made anew is believed at once, and one that is gone is gone", () => {
  const world = new World({ delays });
  world.index = 0;
  assertEquals([world.isUp, world.links.deadlineUs], [undefined, Infinity]);
  world.index = 3;
  world.up = false;
  assertEquals(world.isUp, false);
});

Deno.test("a polled link is asked for every second, and counts beside what the kernel says", () => {
  const world = new World({ polled: [{ interface: "eth0" }] });
  assertEquals([world.asked, world.isUp, world.links.deadlineUs], [1, true, 2 * SECOND]);
  world.link = false;
  assertEquals([world.isUp, world.pass(SECOND), world.isUp, world.asked], [true, true, false, 2]);
  world.link = undefined;
  assertEquals([world.pass(SECOND), world.isUp], [true, true]);
  world.up = false;
  assertEquals([world.pass(SECOND), world.isUp], [false, false]);
});

Deno.test("configure() keeps what is believed", () => {
  const world = new World({ delays });
  world.up = false;
  assertEquals(world.isUp, true);
  world.links.configure({ delays, polled: [{ interface: "eth0" }] });
  assertEquals([world.isUp, world.pass(2 * SECOND), world.isUp], [true, true, false]);
  world.links.configure({ delays: [], polled: [] });
  assertEquals([world.isUp, world.links.deadlineUs], [false, Infinity]);
});
