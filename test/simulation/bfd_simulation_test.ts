// Two BFD sessions on one link, byte for byte: loss, duplication, delay and cuts, one way or both, and new configurations
// at any moment. In trouble only the rules must hold; without trouble both come up and nothing ever takes them down.
import { assert, assertEquals } from "../assert.ts";
import { Prng } from "../../src/base/prng.ts";
import { nextDeadlineUs, startSession, stepSession } from "../../src/core/bfd/session.ts";
import type { BfdConfig, BfdEvent, BfdSession } from "../../src/core/bfd/state.ts";
import { BFD_PACKET_BYTES, readControlPacket, writeControlPacket } from "../../src/wire/bfd.ts";

const SEEDS = 300;
/** Small beside the jitter of the shortest interval. */
const HEALTHY_DELAY_US = 500;

class End {
  session: BfdSession;
  cut = false;
  /** Times that it left Up. */
  losses = 0;
  sentPackets = 0;

  constructor(readonly world: World, public config: BfdConfig) {
    this.session = startSession(config, world.nowUs);
  }

  happens(event: BfdEvent): void {
    const { world, config } = this;
    const before = this.session;
    const step = stepSession(config, before, event, { nowUs: world.nowUs, random: world.prng.next() });
    this.session = step.session;
    for (const action of step.actions) {
      if (action.type === "transition") {
        if (action.from === "up") this.losses++;
        continue;
      }
      const { packet } = action;
      assert(!(packet.poll && packet.final), `${world.label}: Poll and Final together`);
      assert(packet.state === "up" || packet.desiredMinTxUs >= 1_000_000, `${world.label}: too fast while not up`);
      assert(!config.passive || packet.yourDiscriminator !== 0, `${world.label}: a passive session speaks first`);
      this.sentPackets++;
      world.transmit(this, packet);
    }
    const deadlineUs = nextDeadlineUs(this.session);
    assert(deadlineUs >= world.nowUs, `${world.label}: a deadline in the past`);
    const { state, detectionTimerUs } = this.session;
    if (state === "up" || state === "init") assert(detectionTimerUs < Infinity, `${world.label}: nobody watches`);
  }
}

class World {
  nowUs = 1_000_000;
  loss = 0;
  duplicates = 0;
  maxDelayUs = HEALTHY_DELAY_US;
  /** Packets overtake one another. */
  reorders = false;
  readonly ends: readonly [End, End];
  #inFlight: { readonly atUs: number; readonly to: End; readonly bytes: Uint8Array }[] = [];

  constructor(readonly prng: Prng, readonly label: string) {
    const a = new End(this, randomConfig(prng, 1, false));
    this.ends = [a, new End(this, randomConfig(prng, 2, prng.chance(0.3)))];
  }

  transmit(from: End, packet: Parameters<typeof writeControlPacket>[1]): void {
    const bytes = new Uint8Array(BFD_PACKET_BYTES);
    writeControlPacket(bytes, packet);
    const to = from === this.ends[0] ? this.ends[1] : this.ends[0];
    if (from.cut || this.prng.chance(this.loss)) return;
    for (let copies = this.prng.chance(this.duplicates) ? 2 : 1; copies > 0; copies--) {
      const soonestUs = this.reorders
        ? 0
        : Math.max(0, ...this.#inFlight.map((packet) => packet.to === to ? packet.atUs : 0));
      const atUs = Math.max(soonestUs, this.nowUs + this.prng.integer(50, this.maxDelayUs));
      this.#inFlight.push({ atUs, to, bytes });
    }
  }

  run(untilUs: number): void {
    for (;;) {
      let [nextUs, act]: [number, () => void] = [Infinity, () => {}];
      for (const packet of this.#inFlight) {
        if (packet.atUs < nextUs) [nextUs, act] = [packet.atUs, () => this.#deliver(packet)];
      }
      for (const end of this.ends) {
        const deadlineUs = nextDeadlineUs(end.session);
        if (deadlineUs < nextUs) [nextUs, act] = [deadlineUs, () => end.happens({ type: "timer" })];
      }
      if (nextUs > untilUs) break;
      this.nowUs = Math.max(this.nowUs, nextUs);
      act();
    }
    this.nowUs = untilUs;
  }

  heal(): void {
    this.loss = this.duplicates = 0;
    this.maxDelayUs = HEALTHY_DELAY_US;
    this.reorders = false;
    for (const end of this.ends) {
      end.cut = false;
      end.happens({ type: "enable" });
    }
  }

  get bothUp(): boolean {
    return this.ends.every((end) => end.session.state === "up");
  }

  #deliver(packet: { readonly to: End; readonly bytes: Uint8Array }): void {
    this.#inFlight = this.#inFlight.filter((other) => other !== packet);
    const result = readControlPacket(packet.bytes, packet.bytes.length);
    assert(result.ok);
    packet.to.happens({ type: "packet", packet: result.value });
  }
}

function randomConfig(prng: Prng, localDiscriminator: number, passive: boolean): BfdConfig {
  return {
    localDiscriminator,
    minTxUs: prng.integer(10, 300) * 1000,
    minRxUs: prng.integer(10, 300) * 1000,
    idleTxUs: prng.integer(1000, 2000) * 1000,
    multiplier: prng.pick([1, 2, 3, 5]),
    passive,
  };
}

function reconfigure(prng: Prng, end: End): void {
  const { localDiscriminator, passive } = end.config;
  end.config = randomConfig(prng, localDiscriminator, passive);
  end.happens({ type: "reconfigured" });
}

function makeTrouble(prng: Prng, world: World): void {
  const end = prng.pick(world.ends);
  switch (prng.integer(0, 5)) {
    case 0:
      world.loss = prng.next() * 0.8;
      world.duplicates = prng.next() * 0.3;
      return;
    case 1:
      world.maxDelayUs = prng.integer(HEALTHY_DELAY_US, 500_000);
      world.reorders = true;
      return;
    case 2:
      end.cut = !end.cut;
      return;
    case 3:
      return reconfigure(prng, end);
    case 4:
      return end.happens({ type: "disable" });
    default:
      return end.happens({ type: "enable" });
  }
}

Deno.test(`two BFD sessions come up after any trouble (${SEEDS} seeds)`, () => {
  let losses = 0;
  for (let seed = 1; seed <= SEEDS; seed++) {
    const prng = new Prng(seed);
    const world = new World(prng, `seed ${seed}`);
    while (world.nowUs < 30_000_000) {
      makeTrouble(prng, world);
      world.run(world.nowUs + prng.integer(1, 3_000_000));
    }
    world.heal();
    // Detection of at most 5 x 2 s, then a few packets at up to 2 s each.
    world.run(world.nowUs + 20_000_000);
    assert(world.bothUp, `seed ${seed}: ${world.ends.map((end) => end.session.state).join(" and ")} after healing`);
    losses += world.ends[0].losses;
  }
  assert(losses > SEEDS, "the seeds make trouble");
});

Deno.test(`on a healthy link no new configuration takes a session down (${SEEDS} seeds)`, () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const prng = new Prng(seed);
    const world = new World(prng, `seed ${seed}`);
    world.run(world.nowUs + 10_000_000);
    assert(world.bothUp, `seed ${seed}: up on a healthy link`);
    for (let count = 0; count < 20; count++) {
      reconfigure(prng, prng.pick(world.ends));
      world.run(world.nowUs + prng.integer(1, 1_000_000));
    }
    world.run(world.nowUs + 2_000_000);
    assertEquals(world.ends.map((end) => end.losses), [0, 0], `seed ${seed}`);
    for (const { session, config } of world.ends) {
      const { poll, actingMinTxUs, actingMinRxUs } = session;
      assertEquals([poll, actingMinTxUs, actingMinRxUs], ["none", config.minTxUs, config.minRxUs], `seed ${seed}`);
    }
  }
});

Deno.test("a cut is seen within the detection time, the other end by what it hears, and packets keep the interval", () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const world = new World(new Prng(seed), `seed ${seed}`);
    world.run(world.nowUs + 10_000_000);
    const [a, b] = world.ends;
    const before = a.sentPackets;
    world.run(world.nowUs + 10_000_000);
    const intervalUs = Math.max(a.config.minTxUs, b.config.minRxUs);
    const sentPackets = a.sentPackets - before;
    const expected = 10_000_000 / intervalUs;
    assert(sentPackets >= expected && sentPackets <= expected / 0.75 + 1, `seed ${seed}: ${sentPackets} packets`);

    a.cut = true; // b hears nothing any more, a hears b say Down
    const detectionUs = a.config.multiplier * Math.max(b.config.minRxUs, a.config.minTxUs);
    world.run(world.nowUs + 500 + detectionUs);
    assertEquals([b.session.state, b.session.diagnostic], ["down", 1], `seed ${seed}`);
    if (b.config.passive) continue; // says nothing more: a sees silence
    world.run(world.nowUs + 500);
    assert(a.session.state === "down" && a.session.diagnostic === 3, `seed ${seed}: ${a.session.state}`);
  }
});
