import { assert, assertEquals } from "../../../test/assert.ts";
import { parseIp } from "../../base/ip.ts";
import { Prng } from "../../base/prng.ts";
import type { BfdInstance } from "../../config/config_vrrp.ts";
import type { BfdArrival, BfdPath } from "../../ports/bfd.ts";
import { type ControlPacket, writeControlPacket } from "../../wire/bfd.ts";
import { BfdEngine } from "./bfd_engine.ts";

const SECOND = 1_000_000;
const A = "192.0.2.1";
const B = "192.0.2.2";

function instance(neighbor: string, more: Partial<BfdInstance> = {}): BfdInstance {
  return {
    name: "peer",
    neighbor,
    minRxUs: 10_000,
    minTxUs: 10_000,
    idleTxUs: SECOND,
    multiplier: 5,
    passive: false,
    ttl: 255,
    maxHops: 0,
    multihop: false,
    forVrrp: true,
    forCheckers: true,
    weight: 0,
    reverse: false,
    location: { file: "test.conf", line: 1, column: 1, length: 1 },
    ...more,
  };
}

interface Parcel {
  readonly from: string;
  readonly path: BfdPath;
  readonly bytes: Uint8Array;
}

/** Two hosts on one link. */
class World {
  nowUs = SECOND;
  /** Nothing arrives. */
  cut = false;
  ttlLoss = 0;
  readonly log: string[] = [];
  readonly prng = new Prng(7);
  readonly hosts = new Map<string, BfdEngine>();
  readonly sent: Parcel[] = [];
  changes = 0;

  add(address: string, instances: readonly BfdInstance[]): BfdEngine {
    const engine = new BfdEngine(instances, {
      clock: { nowUs: () => this.nowUs, wallMs: () => 0 },
      random: () => this.prng.next(),
      log: (line) => this.log.push(`${address} ${line}`),
      changed: () => this.changes++,
      network: {
        open: (path) => ({
          send: (bytes) => void this.sent.push({ from: path.source ?? address, path, bytes: bytes.slice() }),
          close: () => {},
        }),
      },
    });
    this.hosts.set(address, engine);
    engine.start();
    return engine;
  }

  pass(durationUs: number): void {
    const endUs = this.nowUs + durationUs;
    for (;;) {
      this.deliver();
      const nextUs = Math.min(...[...this.hosts.values()].map((engine) => engine.nextDeadlineUs()));
      if (nextUs > endUs) break;
      assert(nextUs >= this.nowUs, "a deadline in the past");
      this.nowUs = nextUs;
      for (const engine of this.hosts.values()) engine.runDue();
    }
    this.nowUs = endUs;
  }

  deliver(): void {
    for (const { from, path, bytes } of this.sent.splice(0)) {
      const engine = this.hosts.get(path.neighbor);
      if (this.cut || engine === undefined) continue;
      engine.receive(this.arrival(from, path), bytes, bytes.length);
    }
  }

  arrival(from: string, { neighbor, multihop, ttl }: BfdPath): BfdArrival {
    const [source, destination] = [parseIp(from), parseIp(neighbor)];
    assert(source !== undefined && destination !== undefined);
    return { family: 4, multihop, source, destination, ttl: ttl - this.ttlLoss };
  }

  states(): unknown[] {
    return [...this.hosts.values()].map((engine) => engine.states().peer);
  }
}

function pair(more: Partial<BfdInstance> = {}): World {
  const world = new World();
  world.add(A, [instance(B, more)]);
  world.add(B, [instance(A, more)]);
  return world;
}

Deno.test("two sessions come up, go down within the detection time when the link is cut, and come back", () => {
  const world = pair();
  assertEquals(world.states(), [undefined, undefined]);
  world.pass(4 * SECOND);
  assertEquals(world.states(), [true, true]);
  world.cut = true;
  world.pass(51_000);
  assertEquals(world.states(), [false, false]);
  world.pass(10 * SECOND);
  world.cut = false;
  world.pass(4 * SECOND);
  assertEquals(world.states(), [true, true]);
  const of = (host: string): string[] =>
    world.log.filter((line) => line.startsWith(host)).map((line) => line.slice(10));
  assert(of(A).includes("BFD_Instance(peer) Entering down state (control detection time expired)"), of(A).join("\n"));
});

Deno.test("a session that nobody answers is down after its patience, not before", () => {
  const world = new World();
  world.add(A, [instance(B)]);
  world.pass(4 * SECOND);
  assertEquals(world.states(), [undefined]);
  world.pass(2 * SECOND);
  assertEquals([world.states(), world.changes], [[false], 1]);
});

Deno.test("a session that is stopped tells its neighbor, which goes down at once", () => {
  const world = pair();
  world.pass(4 * SECOND);
  world.hosts.get(A)?.stop();
  world.deliver();
  assertEquals(world.hosts.get(B)?.states(), { peer: false });
});

Deno.test("packets that have lost a hop are not believed, unless max_hops allows it", () => {
  const strict = pair();
  strict.ttlLoss = 1;
  strict.pass(6 * SECOND);
  assertEquals(strict.states(), [false, false]);
  assertEquals(strict.log.filter((line) => line.includes("TTL 254")).length, 2);
  const far = pair({ maxHops: 2, multihop: true });
  far.ttlLoss = 2;
  far.pass(4 * SECOND);
  assertEquals(far.states(), [true, true]);
});

Deno.test("a passive session waits for the other, and two passive ones wait for ever", () => {
  const world = new World();
  world.add(A, [instance(B, { passive: true })]);
  world.add(B, [instance(A)]);
  world.pass(4 * SECOND);
  assertEquals(world.states(), [true, true]);
  const silent = pair({ passive: true });
  silent.pass(60 * SECOND);
  assertEquals(silent.states(), [false, false]);
});

Deno.test("reconfigure() keeps a session that is up, with new intervals, and ends what is gone", () => {
  const world = pair();
  world.pass(4 * SECOND);
  const engine = world.hosts.get(A);
  engine?.reconfigure([instance(B, { minTxUs: 50_000, minRxUs: 30_000, multiplier: 3 })]);
  world.pass(20 * SECOND);
  assertEquals(world.states(), [true, true]);
  assertEquals(world.log.filter((line) => line.includes("down state")), []);
  engine?.reconfigure([instance("192.0.2.9", { name: "other" })]);
  world.deliver();
  assertEquals([world.hosts.get(B)?.states(), engine?.states()], [{ peer: false }, {}]);
});

Deno.test("two sessions with one neighbor are told apart by their sources", () => {
  const world = new World();
  const engine = world.add(A, [
    instance(B, { name: "other", source: "192.0.2.7" }),
    instance(B, { name: "peer", source: A }),
  ]);
  world.add(B, [instance(A)]);
  world.pass(6 * SECOND);
  assertEquals(engine.states(), { other: false, peer: true });
});

Deno.test("what strangers send changes nothing, throws nothing and is logged once a minute", () => {
  const world = pair();
  world.pass(4 * SECOND);
  const engine = world.hosts.get(A);
  assert(engine !== undefined);
  const before = world.log.length;
  const bytes = new Uint8Array(24);
  const stranger = { ...world.arrival("192.0.2.66", { neighbor: A, ttl: 255, multihop: false }) };
  for (let round = 0; round < 2000; round++) {
    for (let at = 0; at < bytes.length; at++) bytes[at] = Math.floor(world.prng.next() * 256);
    if (round % 2 === 0) writeControlPacket(bytes, { ...PACKET, yourDiscriminator: round, state: "admin-down" });
    engine.receive(stranger, bytes, Math.floor(world.prng.next() * 25));
    engine.receive(stranger, bytes, 24);
  }
  assertEquals(world.states(), [true, true]);
  assertEquals(engine.strays, 4000);
  assert(world.log.length - before < 10, world.log.slice(before).join("\n"));
});

Deno.test("a neighbor that floods us, valid packets and all, costs a bounded number of answers, lines and changes", () => {
  const world = pair();
  world.pass(4 * SECOND);
  const engine = world.hosts.get(A);
  assert(engine !== undefined);
  const bytes = new Uint8Array(24);
  const [before, changes] = [world.log.length, world.changes];
  world.sent.length = 0;
  const neighbor = world.arrival(B, { neighbor: A, ttl: 255, multihop: false });
  for (let round = 0; round < 10_000; round++) {
    const state = round % 2 === 0 ? "down" : "admin-down";
    writeControlPacket(bytes, { ...PACKET, state, poll: true, myDiscriminator: round + 1 });
    engine.receive(neighbor, bytes, 24);
  }
  assert(world.sent.length <= 2 * 250, `${world.sent.length} answers`);
  assert(world.log.length - before <= 22, world.log.slice(before).join("\n"));
  assert(world.changes - changes <= 250);
});

/** A packet of B. */
const PACKET: ControlPacket = {
  diagnostic: 0,
  state: "down",
  poll: false,
  final: false,
  controlPlaneIndependent: false,
  demand: false,
  detectMult: 5,
  myDiscriminator: 9,
  yourDiscriminator: 0,
  desiredMinTxUs: 10_000,
  requiredMinRxUs: 10_000,
  requiredMinEchoRxUs: 0,
};
