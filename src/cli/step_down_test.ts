// What an update does to a machine that is master: hands over or leaves everything as it was.
import { assertEquals, assertRejects } from "../../test/assert.ts";
import type { Snapshot, VrrpInstanceSnapshot, VrrpStateName } from "../ports/snapshot.ts";
import { type Director, HOLD_MS, masters, stepDown } from "./step_down.ts";

type Instances = Record<string, { state: VrrpStateName; group?: string }>;

function snapshotOf(instances: Instances): Pick<Snapshot, "vrrpInstances"> {
  const vrrpInstances = Object.entries(instances).map(([name, { state, group }]) =>
    ({ name, state, ...(group === undefined ? {} : { syncGroup: group }) }) as VrrpInstanceSnapshot
  );
  return { vrrpInstances };
}

/** A daemon with these instances; `refuses` names whose failover it refuses, `deaf` whose peer never takes over. */
function director(instances: Instances, { refuses = "", deaf = "" } = {}): Director & { orders: string[] } {
  const orders: string[] = [];
  return {
    orders,
    status: () => Promise.resolve(snapshotOf(instances)),
    order: ({ command, name, forMs, force }) => {
      orders.push(`${command} ${name}${forMs === HOLD_MS && force === false ? " for an hour" : ""}`);
      if (command === "failover" && name === refuses) return Promise.reject(new Error("no peer has been heard"));
      for (const [instance, one] of Object.entries(instances)) {
        if (command === "failover" && name !== deaf && (one.group ?? instance) === name) one.state = "backup";
      }
      return Promise.resolve("done");
    },
    wait: () => Promise.resolve(),
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
  assertEquals(await stepDown(daemon), ["a", "g"]);
  assertEquals(daemon.orders, ["failover a for an hour", "failover g for an hour"]);
});

Deno.test("stepDown() has nothing to do on a backup, and where no daemon runs", async () => {
  assertEquals(await stepDown(director({ a: { state: "backup" } })), []);
  assertEquals(await stepDown({ ...director({}), status: () => Promise.resolve(undefined) }), []);
});

Deno.test("stepDown() takes back what it handed over when one of them cannot be", async () => {
  const refusing = director({ a: { state: "master" }, b: { state: "master" } }, { refuses: "b" });
  await assertRejects(() => stepDown(refusing), Error, "no peer has been heard");
  assertEquals(refusing.orders.at(-1), "release a");
  const deaf = director({ a: { state: "master" } }, { deaf: "a" });
  await assertRejects(() => stepDown(deaf), Error, "no peer takes over a");
  assertEquals(deaf.orders.at(-1), "release a");
});
