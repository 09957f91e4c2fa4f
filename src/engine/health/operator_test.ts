import { assertEquals, assertThrows } from "../../../test/assert.ts";
import { engineWith, type HealthWorld, serversOf } from "../../../test/support/health_engine.ts";
import type { Override } from "../../core/health/presence.ts";
import type { RealServerSnapshot } from "../../ports/snapshot.ts";
import { NoSuchServerError, overrideAfter } from "./operator.ts";

const FIRST = { virtualServer: "tcp 10.0.0.1:80", realServer: "10.0.1.1:80" };
const BY = { author: "alice", reason: "disk" };

const TEXT = `virtual_server 10.0.0.1 80 {
    delay_loop 6
    lvs_sched wrr
    lvs_method NAT
    protocol TCP
    real_server 10.0.1.1 80 {
        TCP_CHECK {
            retry 0
        }
    }
    real_server 10.0.1.2 80 {
    }
}
`;

function world(): HealthWorld {
  const made = engineWith(serversOf(TEXT));
  made.engine.run();
  return made;
}

function shown({ engine }: HealthWorld): RealServerSnapshot | undefined {
  return engine.snapshot()[0]?.realServers.find(({ address }) => address === "10.0.1.1");
}

const table = ({ ipvs }: HealthWorld): string => ipvs.text().join().replace("tcp 10.0.0.1:80 wrr: ", "");

Deno.test("a server counts as what an operator says, until its checks are to decide again", async () => {
  const now = world();
  await now.time.pass(1_000);
  assertEquals(now.engine.obey(FIRST, { action: "health", health: "down", ...BY }).override?.health, "down");
  assertEquals([table(now), shown(now)?.state], ["10.0.1.2:80=1", "down"]);
  assertEquals(shown(now)?.causes?.[0], "an operator says that it is down, whatever its checks say (alice: disk)");
  await now.time.pass(20_000);
  assertEquals(table(now), "10.0.1.2:80=1", "good checks change nothing");
  assertEquals(now.engine.obey(FIRST, { action: "health", health: undefined, ...BY }).override, undefined);
  assertEquals([table(now), shown(now)?.state], ["10.0.1.1:80=1 10.0.1.2:80=1", "up"]);

  now.probes.dead.add("10.0.1.1");
  await now.time.pass(20_000);
  assertEquals(table(now), "10.0.1.2:80=1");
  now.engine.obey(FIRST, { action: "health", health: "up", ...BY });
  assertEquals([table(now), shown(now)?.state], ["10.0.1.1:80=1 10.0.1.2:80=1", "up"]);
  now.engine.reconfigure(serversOf(TEXT.replace("delay_loop 6", "delay_loop 7")));
  assertEquals(table(now), "10.0.1.1:80=1 10.0.1.2:80=1", "through a reload");
  now.engine.obey(FIRST, { action: "ready", ...BY });
  assertEquals(table(now), "10.0.1.2:80=1", "`ready` takes everything back");
});

Deno.test("checks run when they are asked for, and in their time again", async () => {
  const now = world();
  await now.time.pass(1_000);
  assertEquals(now.probes.asked.length, 1);
  assertEquals(now.engine.checkNow(FIRST), { ...FIRST, started: 1 });
  await now.time.pass(1);
  assertEquals(now.probes.asked.length, 2);
  await now.time.pass(6_000);
  assertEquals(now.probes.asked.length, 3, "one timer, not two");
  assertEquals(now.engine.checkNow({ ...FIRST, realServer: "10.0.1.2" }).started, 0, "nothing checks it");
  assertThrows(() => now.engine.checkNow({ ...FIRST, realServer: "10.0.1.9" }), NoSuchServerError);
});

Deno.test("each order changes its part of what holds, and signs all of it", () => {
  const drained = overrideAfter(undefined, { action: "drain", ...BY }, 5);
  assertEquals(drained, { ...BY, atMs: 5, mode: "drain" });
  const weighted = overrideAfter(drained, { action: "weight", weight: 3, author: "bob", untilMs: 100 }, 6);
  assertEquals(weighted, { author: "bob", atMs: 6, untilMs: 100, mode: "drain", weight: 3 });
  const up = overrideAfter(weighted, { action: "health", health: "up", author: "bob" }, 7);
  assertEquals(up, { author: "bob", atMs: 7, mode: "drain", weight: 3, health: "up" } as Override);
  const back = overrideAfter(up, { action: "weight", weight: undefined, author: "bob" }, 8);
  assertEquals(back, { author: "bob", atMs: 8, mode: "drain", health: "up" } as Override);
  assertEquals(overrideAfter(back, { action: "ready", author: "bob" }, 9), undefined);
  assertEquals(overrideAfter(undefined, { action: "health", health: undefined, author: "bob" }, 9), undefined);
});
