// What an update does to a machine that is master: hands over or leaves everything as it was.
import { assertEquals, assertRejects } from "../../test/assert.ts";
import type { Snapshot, VrrpInstanceSnapshot, VrrpStateName } from "../ports/snapshot.ts";
import { type Director, HOLD_MS, masters, stepDown } from "./step_down.ts";

interface Instance {
  state: VrrpStateName;
  sinceMs?: number;
  group?: string;
  heardMs?: number;
  priority?: number;
}
type Instances = Record<string, Instance>;

function snapshotOf(instances: Instances): Pick<Snapshot, "vrrpInstances"> {
  const vrrpInstances = Object.entries(instances).map((
    [name, { state, sinceMs = 0, group, heardMs, priority = 100 }],
  ) =>
    ({
      name,
      state,
      sinceMs,
      ...(group === undefined ? {} : { syncGroup: group }),
      ...(heardMs === undefined ? {} : { peer: { address: "192.0.2.2", priority, heardMs } }),
    }) as VrrpInstanceSnapshot
  );
  return { vrrpInstances };
}

/** A daemon with these instances; `refuses` names whose failover it refuses, `deaf` who has no peer any more. */
function director(instances: Instances, { refuses = "", deaf = "" } = {}): Director & { orders: string[] } {
  const orders: string[] = [];
  let nowMs = 1000;
  const leaving = new Set<string>();
  return {
    orders,
    status: () => Promise.resolve(snapshotOf(instances)),
    order: ({ command, name, forMs, force }) => {
      orders.push(`${command} ${name}${forMs === HOLD_MS ? " for an hour" : ""}${force === true ? " by force" : ""}`);
      if (command === "failover" && name === refuses) return Promise.reject(new Error("no peer has been heard"));
      for (const [instance, one] of Object.entries(instances)) {
        if (command !== "failover" || (one.group ?? instance) !== name) continue;
        one.state = "backup";
        one.sinceMs = nowMs;
        leaving.add(instance);
      }
      return Promise.resolve("done");
    },
    wait: () => {
      nowMs += 250;
      // When a peer was heard is reckoned back from now, each time, and differs by a millisecond now and then.
      for (const one of Object.values(instances)) if (one.heardMs !== undefined) one.heardMs++;
      // The peer takes over a second later; without one, it is master again.
      for (const name of nowMs > 2000 ? leaving : []) {
        const one = instances[name];
        if (one === undefined) continue;
        if (name === deaf) one.state = "master";
        else one.heardMs = nowMs;
      }
      return Promise.resolve();
    },
  };
}

Deno.test("masters() names a sync group once", () => {
  const snapshot = snapshotOf({
    a: { state: "master", group: "both" },
    b: { state: "master", group: "both" },
    c: { state: "backup" },
    d: { state: "master" },
    e: { state: "fault" },
  });
  assertEquals(masters(snapshot), ["both", "d"]);
});

Deno.test("stepDown() hands over what is master, for as long as an update takes", async () => {
  const daemon = director({ a: { state: "master" }, b: { state: "backup" }, c: { state: "master", group: "g" } });
  assertEquals(await stepDown(daemon, false), ["a", "g"]);
  assertEquals(daemon.orders, ["failover a for an hour", "failover g for an hour"]);
});

Deno.test("stepDown() has nothing to do on a backup, and where no daemon runs", async () => {
  assertEquals(await stepDown(director({ a: { state: "backup" } }), false), []);
  assertEquals(await stepDown({ ...director({}), status: () => Promise.resolve(undefined) }, false), []);
});

Deno.test("stepDown() takes back what it handed over when one of them cannot be", async () => {
  const refusing = director({ a: { state: "master" }, b: { state: "master" } }, { refuses: "b" });
  await assertRejects(() => stepDown(refusing, false), Error, "no peer has been heard");
  assertEquals(refusing.orders.at(-1), "release a");
});

Deno.test("stepDown() believes in a peer when it hears it as master, and not before", async () => {
  // It was heard long ago, and has died since.
  const alone = director({ a: { state: "master", heardMs: 5 } }, { deaf: "a" });
  await assertRejects(() => stepDown(alone, false), Error, "no peer has taken a over, so it came back");
  assertEquals(alone.orders, ["failover a for an hour", "release a"]);
  // It has never been heard, being a backup all the time.
  const forced = director({ a: { state: "master" } });
  assertEquals(await stepDown(forced, true), ["a"]);
  assertEquals(forced.orders, ["failover a for an hour by force"]);
  // What is heard is a peer that leaves, too.
  const leaving = director({ a: { state: "master", priority: 0 } });
  await assertRejects(() => stepDown(leaving, true), Error, "no peer takes over a");
});
