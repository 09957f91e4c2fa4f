// Two to four hosts with witnesses: a gateway each of them may reach or not, and each other's API over another path. The real
// engine and the real panel on fake ports. Nobody becomes master against its witnesses, nobody stops being master for them,
// and once they are silent or content there is one master again.
import { assert, assertEquals } from "../assert.ts";
import { instance } from "../support/vrrp_world.ts";
import { Prng } from "../../src/base/prng.ts";
import { SimulatedHost } from "../../src/engine/simulation/simulated_host.ts";
import { PERFECT_LINK, SimulatedNetwork } from "../../src/engine/simulation/simulated_network.ts";
import {
  type Ban,
  banOf,
  hearWitness,
  judgePanel,
  type PanelConfig,
  type PanelState,
  startPanel,
  UNASKED,
  type WitnessAnswer,
  type WitnessView,
} from "../../src/core/vrrp/witness.ts";

const SEEDS = Number(Deno.env.get("HOLDFAST_SIMULATION_SEEDS") ?? "200");
const SECOND = 1_000_000;
/** Master_Down_Interval of the lowest priority here, and a little. */
const DOWN_US = 4 * SECOND;
const TROUBLE_US = 60 * SECOND;

/** What one host knows of its witnesses. */
interface Asking {
  views: WitnessView[];
  panel: PanelState;
  ban: Ban | undefined;
  hasGateway: boolean;
  hasOtherPath: boolean;
}

class World {
  readonly network: SimulatedNetwork;
  readonly asking = new Map<SimulatedHost, Asking>();
  readonly story: string[] = [];
  takeoversForbidden = 0;
  readonly panel: PanelConfig;

  constructor(readonly prng: Prng, panel: Partial<PanelConfig> = {}, count = prng.integer(2, 4)) {
    const whenSilent = prng.chance(0.5) ? "allow" : "forbid";
    this.panel = { need: prng.integer(1, 2), timeoutUs: prng.integer(0, 8) * SECOND, whenSilent, ...panel };
    this.network = new SimulatedNetwork(prng);
    for (let index = 1; index <= count; index++) {
      const config = { instances: [instance({ priority: 50 * index, initialState: "backup" })], syncGroups: [] };
      const host = new SimulatedHost(`host${index}`, index, config, this.network, {
        transition: (_, { from, to }) => this.#moved(host, from, to),
        log: (_, line) => this.#log(host, line),
      });
      host.addInterface("eth0", [`192.0.2.${index}`]);
      this.network.hosts.push(host);
    }
    for (const host of this.network.hosts) {
      const asking = {
        views: this.network.hosts.map(() => UNASKED),
        panel: startPanel(this.network.nowUs),
        ban: undefined,
        hasGateway: true,
        hasOtherPath: true,
      };
      this.asking.set(host, asking);
      this.#steer(host, banOf(asking.panel));
      host.start();
    }
  }

  get masters(): SimulatedHost[] {
    return this.network.hosts.filter((host) => host.snapshot()[0]?.state === "master");
  }

  /** Everybody asks its witnesses every second. */
  pass(durationUs: number): void {
    for (const endUs = this.network.nowUs + durationUs; this.network.nowUs < endUs;) {
      for (const host of this.network.hosts) if (host.runs) this.#ask(host);
      this.network.run(Math.min(this.network.nowUs + SECOND, endUs));
    }
  }

  heal(): void {
    this.network.mend();
    this.network.quality = PERFECT_LINK;
    for (const host of this.network.hosts) {
      Object.assign(this.asking.get(host) ?? {}, { hasGateway: true, hasOtherPath: true });
      if (!host.runs) host.start();
    }
  }

  partition(): void {
    for (const from of this.network.hosts) for (const to of this.network.hosts) this.network.cut(from, to);
  }

  fail(what: string): never {
    throw new Error(`${what}\n${this.story.slice(-40).join("\n")}`);
  }

  #ask(host: SimulatedHost): void {
    const asking = this.#of(host);
    const answers = this.network.hosts.map((other): WitnessAnswer => {
      if (other === host) return asking.hasGateway ? "yes" : "no"; // its own place is the gateway's
      if (!other.runs || !asking.hasOtherPath || !this.#of(other).hasOtherPath) return "none";
      return this.masters.includes(other) ? "no" : "yes";
    });
    asking.views = asking.views.map((view, index) => {
      const name = this.network.hosts[index]?.name ?? "";
      return hearWitness({ rise: 1, fall: 2 }, view, answers[index] ?? "none", `of ${name}`);
    });
    const members = asking.views.map((view, index) => {
      const other = this.network.hosts[index];
      return { name: other === host ? "gateway" : "peer", view, inSilenceOnly: other !== host };
    });
    asking.panel = judgePanel(this.panel, asking.panel, members, this.network.nowUs);
    this.#steer(host, banOf(asking.panel));
  }

  #steer(host: SimulatedHost, ban: Ban | undefined): void {
    const before = host.snapshot()[0]?.state;
    this.#of(host).ban = ban;
    host.steer({ held: false, ...(ban && { ban }) });
    const after = host.snapshot()[0]?.state;
    if (after !== before) this.fail(`${host.name} went from ${before} to ${after} at the word of a witness`);
  }

  #moved(host: SimulatedHost, from: string, to: string): void {
    this.story.push(`${this.network.nowUs / SECOND} ${host.name} ${from} -> ${to}`);
    if (to !== "master" || from === "init") return; // from init: it was master a moment ago and resumes
    const { ban } = this.#of(host);
    if (ban?.always !== undefined) this.fail(`${host.name} is master although ${ban.always}`);
    const heardMs = host.snapshot()[0]?.peer?.heardMs ?? -Infinity;
    const isSilent = this.network.nowUs / 1000 - heardMs > 2000;
    if (ban?.inSilence !== undefined && isSilent) {
      this.fail(`${host.name} is master in silence although ${ban.inSilence}`);
    }
  }

  #log(host: SimulatedHost, line: string): void {
    this.story.push(`${this.network.nowUs / SECOND} ${host.name} ${line}`);
    if (line.includes("must not")) this.takeoversForbidden++;
  }

  #of(host: SimulatedHost): Asking {
    const asking = this.asking.get(host);
    assert(asking !== undefined);
    return asking;
  }
}

function makeTrouble(prng: Prng, world: World): void {
  const host = prng.pick(world.network.hosts);
  const asking = world.asking.get(host);
  assert(asking !== undefined);
  switch (prng.integer(0, 6)) {
    case 0:
      return world.network.cut(host, prng.pick(world.network.hosts));
    case 1:
      return world.partition();
    case 2:
      return world.network.mend();
    case 3:
      asking.hasGateway = !asking.hasGateway;
      return;
    case 4:
      asking.hasOtherPath = !asking.hasOtherPath;
      return;
    case 5:
      if (host.runs) prng.chance(0.5) ? host.crash() : host.stop();
      else host.start();
      return;
    default:
      if (host.runs) host.restartRole(true);
      return;
  }
}

function live(seed: number): number {
  const prng = new Prng(seed);
  const world = new World(prng);
  const endUs = world.network.nowUs + TROUBLE_US;
  while (world.network.nowUs < endUs) {
    makeTrouble(prng, world);
    world.pass(prng.integer(1, 8 * SECOND));
  }
  world.heal();
  // Witnesses come round, silence is waited out, and so is the Master_Down_Interval, twice.
  world.pass(3 * SECOND + world.panel.timeoutUs + 3 * DOWN_US);
  const best = world.network.hosts.at(-1)?.name;
  assertEquals(world.masters.map(({ name }) => name), [best], `seed ${seed}\n${world.story.slice(-40).join("\n")}`);
  return world.takeoversForbidden;
}

Deno.test(`witnesses forbid to become master and nothing else, and there is one in the end (${SEEDS} seeds)`, () => {
  let forbidden = 0;
  for (let seed = 1; seed <= SEEDS; seed++) forbidden += live(seed);
  assert(forbidden > SEEDS / 2, "they do forbid it in times of trouble");
});

Deno.test("hosts that do not hear each other's advertisements are one master by each other's API, else two", () => {
  const world = new World(new Prng(1), { need: 1, timeoutUs: 3 * SECOND, whenSilent: "allow" }, 2);
  world.pass(10 * SECOND);
  assertEquals(world.masters.length, 1);
  world.partition();
  world.pass(60 * SECOND);
  assertEquals(world.masters.length, 1);
  for (const asking of world.asking.values()) asking.hasOtherPath = false;
  // The gateway still has nothing against it: it is the other witness that knew better.
  world.pass(3 * SECOND + 2 * DOWN_US);
  assertEquals(world.masters.length, 2);
});

Deno.test("a host that is cut off from its gateway waits; a master that is, stays", () => {
  const world = new World(new Prng(1), { need: 1, timeoutUs: 0, whenSilent: "allow" }, 2);
  const [low, high] = world.network.hosts;
  assert(low !== undefined && high !== undefined);
  Object.assign(world.asking.get(low) ?? {}, { hasGateway: false });
  world.pass(10 * SECOND);
  assertEquals(world.masters, [high]);
  high.crash();
  world.pass(30 * SECOND);
  assertEquals(world.masters, []);
  Object.assign(world.asking.get(low) ?? {}, { hasGateway: true });
  world.pass(SECOND + DOWN_US);
  assertEquals(world.masters, [low]);
  Object.assign(world.asking.get(low) ?? {}, { hasGateway: false });
  world.pass(30 * SECOND);
  assertEquals(world.masters, [low]);
});

Deno.test("when all witnesses are silent, when_silent decides after the timeout, at the start too", () => {
  for (const whenSilent of ["allow", "forbid"] as const) {
    const world = new World(new Prng(1), { need: 2, timeoutUs: 20 * SECOND, whenSilent }, 1);
    const [only] = world.network.hosts;
    assert(only !== undefined);
    // Never asked: nothing of `pass()` but the passing of time.
    const judge = (): void => {
      const asking = world.asking.get(only);
      assert(asking !== undefined);
      const members = [{ name: "peer", view: UNASKED, inSilenceOnly: true }];
      asking.panel = judgePanel(world.panel, asking.panel, members, world.network.nowUs);
      asking.ban = banOf(asking.panel);
      only.steer({ held: false, ...(asking.ban && { ban: asking.ban }) });
    };
    judge();
    world.network.run(world.network.nowUs + 19 * SECOND);
    judge();
    assertEquals(world.masters, []);
    world.network.run(world.network.nowUs + SECOND);
    judge();
    world.network.run(world.network.nowUs + 2 * DOWN_US);
    assertEquals(world.masters, whenSilent === "allow" ? [only] : []);
  }
});
