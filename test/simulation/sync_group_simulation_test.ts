// Two to four hosts with the same sync group, each of its virtual routers on a link of its own that fails by itself, one
// way or both. On every host all members are always in one state; once healed, one host is master of all of them.
import { assert, assertEquals } from "../assert.ts";
import { Prng } from "../../src/base/prng.ts";
import {
  type GroupAction,
  type GroupEvent,
  type GroupMember,
  type GroupState,
  type GroupStateName,
  startGroup,
  stepGroup,
} from "../../src/core/vrrp/sync_group.ts";
import { masterDownIntervalUs, skewTimeUs } from "../../src/core/vrrp/timing.ts";

const SEEDS = 1500;
const INTERVAL_US = 1_000_000;
const TROUBLE_US = 60_000_000;
const HEALING_US = 30_000_000;

interface Member {
  state: GroupStateName;
  /** Master down timer as backup, advertisement timer as master. */
  timerUs: number;
}

class Host {
  group: GroupState;
  readonly members: Map<string, Member>;

  constructor(readonly world: World, readonly index: number, readonly priority: number, readonly names: string[]) {
    this.group = startGroup(this.list);
    this.members = new Map(names.map((name) => [name, { state: "init", timerUs: Infinity }]));
  }

  get list(): GroupMember[] {
    return this.names.map((name) => ({ name, owner: false }));
  }

  get timing(): { version: 3; priority: number } {
    return { version: 3, priority: this.priority };
  }

  happens(event: GroupEvent): void {
    const step = stepGroup(this.list, this.group, event);
    this.group = step.state;
    for (const action of step.actions) this.#obey(action);
    for (const [name, member] of this.members) {
      assertEquals(member.state, this.group.name, `${this.world.label}: host ${this.index}, member ${name}`);
    }
  }

  timer(name: string): void {
    const member = this.member(name);
    if (member.state === "backup") return this.happens({ type: "timed-out", member: name });
    this.#advertise(name, this.priority);
    member.timerUs = this.world.nowUs + INTERVAL_US;
  }

  hear(name: string, from: Host, priority: number): void {
    const member = this.member(name);
    const now = this.world.nowUs;
    if (member.state === "backup") {
      if (priority === 0) member.timerUs = now + skewTimeUs(this.timing, INTERVAL_US);
      if (priority < this.priority) return;
      member.timerUs = now + masterDownIntervalUs(this.timing, INTERVAL_US);
      return this.happens({ type: "yield", member: name, reason: "advertisement", sayGoodbye: false });
    }
    if (member.state !== "master") return;
    const order = priority - this.priority || from.index - this.index;
    if (priority > 0 && order > 0) {
      return this.happens({ type: "yield", member: name, reason: "higher priority", sayGoodbye: false });
    }
    this.#advertise(name, this.priority);
  }

  member(name: string): Member {
    const member = this.members.get(name);
    assert(member !== undefined);
    return member;
  }

  #obey(action: GroupAction): void {
    if (action.type === "transition") return;
    const member = this.member(action.member);
    if (action.type === "order") {
      if (member.state === action.become) return;
      if (member.state === "master" && action.sayGoodbye) this.#advertise(action.member, 0);
      member.state = action.become;
    }
    if (member.state === "master") this.#advertise(action.member, this.priority);
    member.timerUs = this.world.nowUs + {
      init: Infinity,
      fault: Infinity,
      backup: masterDownIntervalUs(this.timing, INTERVAL_US),
      master: INTERVAL_US,
    }[member.state];
  }

  #advertise(name: string, priority: number): void {
    this.world.transmit(this, name, priority);
  }
}

class World {
  nowUs = 0;
  loss = 0;
  readonly cuts = new Set<string>();
  readonly hosts: Host[];
  #inFlight: { readonly atUs: number; readonly deliver: () => void }[] = [];

  constructor(readonly prng: Prng, readonly label: string) {
    const names = ["a", "b", "c"].slice(0, prng.integer(2, 3));
    this.hosts = Array.from({ length: prng.integer(2, 4) }, (_, index) => {
      return new Host(this, index, prng.integer(1, 4) * 50, names);
    });
  }

  get masters(): Host[] {
    return this.hosts.filter((host) => host.group.name === "master");
  }

  transmit(from: Host, name: string, priority: number): void {
    for (const to of this.hosts) {
      if (to === from || this.cuts.has(`${name}${from.index}${to.index}`) || this.prng.chance(this.loss)) continue;
      const atUs = this.nowUs + this.prng.integer(100, 50_000);
      this.#inFlight.push({ atUs, deliver: () => to.hear(name, from, priority) });
    }
  }

  run(untilUs: number): void {
    for (;;) {
      let [nextUs, act]: [number, () => void] = [Infinity, () => {}];
      for (const packet of this.#inFlight) {
        if (packet.atUs < nextUs) [nextUs, act] = [packet.atUs, () => this.#deliver(packet)];
      }
      for (const host of this.hosts) {
        for (const [name, member] of host.members) {
          if (member.timerUs < nextUs) [nextUs, act] = [member.timerUs, () => host.timer(name)];
        }
      }
      if (nextUs > untilUs) break;
      this.nowUs = Math.max(this.nowUs, nextUs);
      act();
    }
    this.nowUs = untilUs;
  }

  #deliver(packet: { readonly deliver: () => void }): void {
    this.#inFlight = this.#inFlight.filter((other) => other !== packet);
    packet.deliver();
  }
}

function makeTrouble(prng: Prng, world: World): void {
  const host = prng.pick(world.hosts);
  const other = prng.pick(world.hosts);
  const name = prng.pick(host.names);
  switch (prng.integer(0, 4)) {
    case 0:
      world.loss = prng.next() * 0.6;
      return;
    case 1:
      world.cuts.add(`${name}${host.index}${other.index}`);
      return;
    case 2:
      world.cuts.add(`${name}${host.index}${other.index}`).add(`${name}${other.index}${host.index}`);
      return;
    case 3:
      return host.happens({ type: "fault", member: name, reason: "interface down" });
    default:
      return host.happens({ type: "ready", member: name });
  }
}

function live(seed: number): number {
  const prng = new Prng(seed);
  const world = new World(prng, `seed ${seed}`);
  for (const host of world.hosts) for (const name of host.names) host.happens({ type: "ready", member: name });
  let mastersSeen = 0;
  while (world.nowUs < TROUBLE_US) {
    makeTrouble(prng, world);
    world.run(world.nowUs + prng.integer(1, 8_000_000));
    mastersSeen += world.masters.length;
  }
  world.loss = 0;
  world.cuts.clear();
  for (const host of world.hosts) for (const name of host.names) host.happens({ type: "ready", member: name });
  world.run(world.nowUs + HEALING_US);
  const best = world.hosts.reduce((left, right) => right.priority > left.priority ? right : left).priority;
  assertEquals(world.masters.map((host) => host.priority), [best], `seed ${seed}: masters after healing`);
  return mastersSeen;
}

Deno.test(`a sync group moves as one on every host, and heals to one master of all (${SEEDS} seeds)`, () => {
  let mastersSeen = 0;
  for (let seed = 1; seed <= SEEDS; seed++) mastersSeen += live(seed);
  assert(mastersSeen > SEEDS, "there are masters in times of trouble, too");
});
