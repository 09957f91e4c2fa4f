import { assert, assertEquals, assertStringIncludes } from "../../test/assert.ts";
import { configOf } from "../../test/support/config_values.ts";
import type { Config } from "../config/config.ts";
import { differenceOf } from "../config/plan.ts";
import { ConfigChanges, type Origin, type ReadResult, Refusal } from "./config_changes.ts";
import { refusal } from "./reload_record.ts";

function text(priority: number): string {
  return `vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    priority ${priority}
    virtual_ipaddress {
        192.0.2.1/24
    }
}
`;
}

interface World {
  readonly changes: ConfigChanges;
  readonly path: string;
  readonly onDisk: () => string;
  readonly priority: () => number | undefined;
  /** As a reload would. */
  readonly reload: (text: string) => Promise<unknown>;
  refuses: boolean;
}

async function withChanges(body: (world: World) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/test.conf`;
  await Deno.writeTextFile(path, text(100), { mode: 0o640 });
  let config: Config = configOf(text(100));
  let generation = 1;
  const read = (given: string): ReadResult => {
    try {
      return { config: configOf(given), leftOut: [], report: "", hasFlaws: false, text: given };
    } catch (error) {
      return { config: undefined, leftOut: [], report: `error: ${error}`, hasFlaws: true };
    }
  };
  const takeOver = async (given: ReadResult, origin: Origin): Promise<ReturnType<typeof refusal>> => {
    await Promise.resolve();
    if (world.refuses || given.config === undefined) return refusal(generation, "", "a role refused it");
    const difference = differenceOf(config, given.config);
    config = given.config;
    generation++;
    changes.used(given, difference, origin);
    return { accepted: true, generation, report: "", changes: difference };
  };
  const changes = new ConfigChanges({
    log: () => {},
    running: () => ({ config, generation }),
    readConfig: read,
    takeOver,
    source: path,
    changed: () => {},
  });
  const world: World = {
    changes,
    path,
    onDisk: () => Deno.readTextFileSync(path),
    priority: () => config.vrrpInstances[0]?.priority,
    reload: (given) => takeOver(read(given), { origin: "reload" }),
    refuses: false,
  };
  changes.used(read(text(100)), [], { origin: "start" });
  try {
    await body(world);
  } finally {
    changes.stop();
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("what is applied runs and is in the file, with its mode; what is refused is in neither", async () => {
  await withChanges(async (world) => {
    const { changes, path, onDisk, priority } = world;
    const done = await changes.apply({ text: text(110), actor: "bob", comment: "more" });
    assertEquals([done.generation, priority(), onDisk()], [2, 110, text(110)]);
    assertEquals(((await Deno.stat(path)).mode ?? 0) & 0o777, 0o640);
    world.refuses = true;
    await refused(409, changes.apply({ text: text(120), actor: "bob" }));
    world.refuses = false;
    await refused(422, changes.apply({ text: "vrrp_instance {", actor: "bob" }));
    await refused(
      403,
      changes.apply({ text: text(120).replace("priority", "notify_master /bin/x\n priority"), actor: "bob" }),
    );
    assertEquals([priority(), onDisk()], [110, text(110)]);
    assertEquals([...Deno.readDirSync(path.replace(/\/[^/]*$/, ""))].length, 1, "nothing is left beside the file");
    assertEquals(changes.tasks.map(({ kind, state }) => [kind, state]), [["apply", "succeeded"]]);
    const [newest] = changes.history;
    assertEquals([newest?.origin, newest?.actor, newest?.comment, newest?.summary], [
      "apply",
      "bob",
      "more",
      "1 changed",
    ]);
  });
});

Deno.test("a file that cannot be written is found out before anything changes", async () => {
  await withChanges(async ({ changes, path, priority }) => {
    await Deno.remove(path);
    await refused(409, changes.apply({ text: text(110), actor: "bob" }));
    await refused(409, changes.apply({ text: text(110), actor: "bob", confirmMs: 60_000 }));
    assertEquals(priority(), 100);
    await changes.apply({ text: text(110), actor: "bob", save: false });
    assertEquals(priority(), 110);
  });
});

Deno.test("a trial is taken back when its time is over, and stays when it is confirmed", async () => {
  await withChanges(async ({ changes, onDisk, priority }) => {
    const trial = await changes.apply({ text: text(110), actor: "bob", confirmMs: 30 });
    assertEquals([priority(), onDisk(), changes.pending?.task], [110, text(100), trial.task]);
    await refused(409, changes.apply({ text: text(120), actor: "bob" }));
    await until(() => priority() === 100);
    await until(() => changes.tasks[0]?.state === "rolled_back");
    assertEquals(changes.pending, undefined);
    await refused(409, Promise.resolve().then(() => changes.confirm()));

    await changes.apply({ text: text(120), actor: "bob", confirmMs: 60_000 });
    changes.confirm();
    assertEquals([priority(), onDisk(), changes.tasks[0]?.state], [120, text(120), "succeeded"]);

    await changes.apply({ text: text(130), actor: "bob", confirmMs: 60_000 });
    const back = await changes.rollback("bob", undefined);
    assertEquals([back.generation, priority(), onDisk()], [6, 120, text(120)]);
  });
});

Deno.test("a reload ends a trial: the file decides", async () => {
  await withChanges(async ({ changes, priority, reload }) => {
    await changes.apply({ text: text(110), actor: "bob", confirmMs: 40 });
    await reload(text(140));
    assertEquals([priority(), changes.pending, changes.tasks[0]?.state], [140, undefined, "failed"]);
    await new Promise((resolve) => setTimeout(resolve, 100));
    assertEquals(priority(), 140, "its timer does nothing any more");
  });
});

Deno.test("a trial that cannot be taken back says so", async () => {
  await withChanges(async (world) => {
    await world.changes.apply({ text: text(110), actor: "bob", confirmMs: 30 });
    world.refuses = true;
    await until(() => world.changes.tasks[0]?.state === "failed");
    assertStringIncludes(world.changes.tasks[0]?.text ?? "", "rolling back failed");
  });
});

Deno.test("going back to earlier generations, as long as they are kept", async () => {
  await withChanges(async ({ changes, onDisk, priority }) => {
    for (const value of [101, 102, 103, 104, 105, 106]) await changes.apply({ text: text(value), actor: "bob" });
    assertEquals(changes.history.map(({ kept }) => kept), [true, true, true, true, true, false, false]);
    await refused(409, changes.rollback("bob", 1));
    await refused(409, changes.rollback("bob", 99));
    await changes.rollback("bob", 4);
    assertEquals([priority(), onDisk()], [103, text(103)]);
    await changes.rollback("bob", undefined);
    assertEquals([priority(), onDisk()], [106, text(106)]);
    for (let count = 0; count < 40; count++) await changes.apply({ text: text(100 + count), actor: "bob" });
    assert(changes.history.length <= 20 && changes.tasks.length <= 32);
  });
});

Deno.test("a difference says what would change, and whether it would be taken", async () => {
  await withChanges(async ({ changes, priority }) => {
    const good = changes.difference(text(110));
    assertEquals([good.acceptable, good.changes.map(({ details }) => details)], [true, [["priority 100 -> 110"]]]);
    assertEquals(changes.difference("vrrp_instance {").acceptable, false);
    const command = changes.difference(text(110).replace("priority", "notify_master /bin/x\n priority"));
    assertEquals(command.acceptable, false);
    assertStringIncludes(command.problem ?? "", "`/bin/x`");
    assertEquals([priority(), changes.tasks.length, changes.history.length], [100, 0, 1]);
    await Promise.resolve();
  });
});

async function refused(status: number, promise: Promise<unknown>): Promise<void> {
  const error = await promise.then(() => undefined, (reason) => reason);
  assert(error instanceof Refusal, String(error));
  assertEquals(error.status, status, error.message);
}

async function until(condition: () => boolean): Promise<void> {
  for (const end = Date.now() + 5000; !condition();) {
    assert(Date.now() < end, "it does not come");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
