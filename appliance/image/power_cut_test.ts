// Updates, starts and confirmations that lose their power at random moments: whatever then is on the disk, a whole release that
// was healthy, or is on trial, starts. And the script that keeps the last good configuration, stopped at each of its steps.
import { assert, assertEquals, assertRejects } from "../../test/assert.ts";
import type { Slot } from "../../src/appliance/slots.ts";
import { Prng } from "../../src/base/prng.ts";
import { KeptConfiguration } from "./power_cut/configuration.ts";
import { Disk, PowerCut } from "./power_cut/disk.ts";
import { Machine, PARTITIONS, type Release } from "./power_cut/machine.ts";

const CUTS = 50;

async function inFolder(body: (folder: string) => Promise<void> | void): Promise<void> {
  const folder = Deno.makeTempDirSync();
  try {
    await body(folder);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

/** The versions that an appliance may start, and whether it has started one. */
class Life {
  readonly machine: Machine;
  readonly #disk: Disk;
  readonly #random: Prng;
  readonly #healthyOnce = new Set<number>();
  #last = 1;
  #candidate: Release | undefined = { version: 1, healthy: true };
  /** An update came to its end: the next start is its own. */
  #armed = false;
  #running: Slot = "a";

  constructor(folder: string, seed: number) {
    this.#random = new Prng(seed);
    this.#disk = new Disk(PARTITIONS, () => this.#random.next());
    this.machine = new Machine(this.#disk, folder);
    this.machine.flash({ version: 1, healthy: true });
  }

  /** Starts, is found healthy or not, takes an update; without power from a random moment on. @returns whether that came */
  async untilPowerCut(): Promise<boolean> {
    this.#disk.cutAfter = this.#disk.moments + this.#random.integer(0, 70);
    try {
      if (await this.start()) await this.#update();
      return false;
    } catch (error) {
      if (!(error instanceof PowerCut)) throw error;
      this.#disk.loseCache();
      for (const slot of ["a", "b"] as const) {
        assert(!this.machine.mayStart(slot) || this.machine.release(slot) !== undefined, `slot ${slot} may be started`);
      }
      return true;
    } finally {
      this.#disk.cutAfter = Infinity;
    }
  }

  /** Power on. @returns whether the release is healthy */
  start(): boolean {
    const slot = this.machine.boot();
    const release = this.machine.release(slot);
    assert(release !== undefined, `slot ${slot} was started, and is not whole`);
    const { version, healthy } = release;
    assert(this.#healthyOnce.has(version) || version === this.#candidate?.version, `version ${version} was started`);
    if (this.#armed) assertEquals(version, this.#candidate?.version, "the update is started");
    this.#armed = false;
    this.machine.tell(slot, healthy ? "good" : "bad");
    if (healthy) this.#healthyOnce.add(version);
    this.#running = slot;
    return healthy;
  }

  async #update(): Promise<void> {
    this.#last += 1;
    this.#candidate = { version: this.#last, healthy: this.#random.chance(0.7) };
    await this.machine.update(this.#running, this.#candidate);
    this.#armed = true;
  }
}

Deno.test("an appliance whose power is cut at 50 random moments always starts a whole release", async () => {
  let cuts = 0;
  for (let seed = 1; cuts < CUTS; seed++) {
    await inFolder(async (folder) => {
      const life = new Life(folder, seed);
      for (let episode = 0; episode < 5; episode++) cuts += Number(await life.untilPowerCut());
      // With the power back it becomes healthy, at once or after what was on trial has given up.
      assert(life.start() || life.start(), `seed ${seed}: not healthy`);
    });
  }
});

Deno.test("a slot whose root is damaged is tried three times, then the other one is started", async () => {
  await inFolder(async (folder) => {
    const disk = new Disk(PARTITIONS, () => 0);
    const machine = new Machine(disk, folder);
    machine.flash({ version: 1, healthy: true });
    machine.tell(machine.boot(), "good");
    await machine.update("a", { version: 2, healthy: true });
    disk.write("root-b", 1000, new Uint8Array([1, 2, 3]));
    disk.sync("root-b");
    assertEquals([1, 2, 3, 4, 5].map(() => machine.boot()), ["b", "b", "b", "a", "a"]);
    // Whatever happens to it then: a slot that was healthy once is never given up.
    assertEquals([1, 2, 3].map(() => machine.boot()), ["a", "a", "a"]);
  });
});

Deno.test("an environment block that is destroyed is replaced by its copy, and written again", async () => {
  await inFolder((folder) => {
    const disk = new Disk(PARTITIONS, () => 0);
    const machine = new Machine(disk, folder);
    machine.flash({ version: 1, healthy: true });
    machine.tell(machine.boot(), "good");
    for (
      const [label, text] of [["grubenv", "rubbish"], ["grubenv2", "# GRUB Environment Block\norder=b a\n"]] as const
    ) {
      disk.write(label, 0, new TextEncoder().encode(text.padEnd(1024, "\0")));
      disk.sync(label);
      assertEquals(machine.boot(), "a");
      machine.tell("a", "good");
      const blocks = ["grubenv", "grubenv2"].map((copy) => new TextDecoder().decode(disk.read(copy)));
      assertEquals(blocks[0], blocks[1]);
      assert(blocks[0]?.includes("a_left=3\na_ok=1\nb_left=0\nb_ok=0\nvalid=1\n#"), blocks[0]);
    }
  });
});

Deno.test("a slot on trial must not overwrite the one to go back to; what was never healthy is not gone back to", async () => {
  await inFolder(async (folder) => {
    const machine = new Machine(new Disk(PARTITIONS, () => 0), folder);
    machine.flash({ version: 1, healthy: true });
    const slot = machine.boot();
    const early = await assertRejects(() => machine.update(slot, { version: 2, healthy: true }), Error);
    assertEquals(early.message, "this slot, a, has not been found healthy yet");
    machine.tell(slot, "good");
    const never = await assertRejects(() => Promise.resolve().then(() => machine.tell(slot, "prefer", "b")), Error);
    assertEquals(never.message, "slot b was never healthy");
  });
});

Deno.test("a configuration that is saved while the power is cut at 50 random moments is whole afterwards, old or new", async () => {
  const random = new Prng(7);
  const used = { old: 0, new: 0 };
  for (let cut = 0; cut < CUTS; cut++) {
    await inFolder((folder) => {
      const machine = new KeptConfiguration(folder, random);
      machine.putOnPartition(1);
      assertEquals(machine.start(), 1);
      machine.putOnPartition(2);
      machine.startAndCut(random.integer(1, 14));
      // Whoever wrote the partition may have been cut short, too; then the last good one is used.
      const isWhole = random.chance(0.5);
      if (!isWhole) machine.tearPartition();
      const version = machine.start();
      assert(version === 2 || (!isWhole && version === 1), `configuration ${version} is used, cut ${cut}`);
      used[version === 1 ? "old" : "new"] += 1;
      if (cut % 5 === 0) assertEquals(machine.start(), version, "and again the same at the next start");
    });
  }
  assert(used.old > 3 && used.new > 3, JSON.stringify(used));
});

Deno.test("what a release has found of a configuration it does not find again after power on", async () => {
  await inFolder((folder) => {
    const machine = new KeptConfiguration(folder, new Prng(1));
    const asked = (): string => machine.takeAsked().join(" ");
    machine.putOnPartition(1);
    machine.start();
    assertEquals(asked(), "check firewall");
    assertEquals([machine.start(), asked()], [1, ""]);
    assertEquals(machine.firewall, "flush chain inet holdfast services\n");
    machine.restart();
    assertEquals(asked(), "check firewall", "a daemon that did not start with it");
    machine.putOnPartition(2);
    assertEquals([machine.start(), asked()], [2, "check firewall"], "other files");
    machine.releaseHash = "0c2d";
    assertEquals([machine.start(), asked()], [2, "check firewall"], "another release");
    assertEquals([machine.start(), asked()], [2, ""]);
    machine.tearPartition();
    assertEquals([machine.start(), asked()], [2, "check firewall"], "a wrong one: the last good one is used");
    machine.putOnPartition(2);
    machine.isFull = true;
    machine.releaseHash = "0e3f";
    for (const _ of [1, 2]) assertEquals([machine.start(), asked()], [2, "check firewall"], "nothing can be kept");
  });
});

Deno.test("a full state partition: the configuration of the partition is used as it is, and the copy stays whole", async () => {
  await inFolder((folder) => {
    const machine = new KeptConfiguration(folder, new Prng(1));
    machine.putOnPartition(1);
    assertEquals(machine.start(), 1);
    machine.putOnPartition(2);
    machine.isFull = true;
    assertEquals(machine.start(), 2);
    machine.tearPartition();
    assertEquals(machine.start(), 1);
  });
});

Deno.test("credentials are used when the partition has no configuration, and the partition's when it has one", async () => {
  await inFolder((folder) => {
    const machine = new KeptConfiguration(folder, new Prng(1));
    assertEquals(machine.start(), 0);
    machine.putIntoCredentials(5);
    assertEquals(machine.start(), 5);
    machine.putIntoCredentials(6, { isWhole: false });
    assertEquals(machine.start(), 5, "the last good one of the credentials");
    machine.putOnPartition(1);
    assertEquals(machine.start(), 1);
    machine.putOnPartition(2);
    machine.tearPartition();
    assertEquals(machine.start(), 1, "the last good one of the partition, not the credentials");
  });
});

Deno.test("a reload: the path that the daemon reads again stays, a wrong configuration or another syntax is refused", async () => {
  await inFolder((folder) => {
    const machine = new KeptConfiguration(folder, new Prng(1));
    machine.start();
    const path = machine.path;
    machine.putOnPartition(1);
    assert(machine.reload(), "from nothing to something");
    assertEquals([machine.path, machine.used], [path, 1]);
    machine.putOnPartition(2);
    assert(machine.reload(), "from one to the next");
    assertEquals([machine.path, machine.used], [path, 2]);
    machine.tearPartition();
    assert(!machine.reload(), "to a wrong one");
    assertEquals([machine.path, machine.used], [path, 2]);
    machine.putOnPartition(3);
    machine.renameToYaml();
    assert(!machine.reload(), "to the other syntax");
    assertEquals([machine.path, machine.used], [path, 2]);
    assertEquals(machine.start(), 3);
    assert(machine.reload(), "once it was started with it");
  });
});
