import { assert, assertEquals } from "../../../test/assert.ts";
import type { BfdState, ControlPacket } from "../../wire/bfd.ts";
import { stateAfter } from "./rules.ts";
import { nextDeadlineUs, startSession, stepSession } from "./session.ts";
import type { BfdAction, BfdConfig, BfdEvent, BfdSession, BfdStep } from "./state.ts";
import { detectionTimeUs, jitteredUs } from "./timing.ts";

const config: BfdConfig = {
  localDiscriminator: 7,
  minTxUs: 10_000,
  minRxUs: 20_000,
  idleTxUs: 1_000_000,
  multiplier: 5,
  passive: false,
};

/** A packet of the neighbor. */
const heard: ControlPacket = {
  diagnostic: 0,
  state: "down",
  poll: false,
  final: false,
  controlPlaneIndependent: false,
  demand: false,
  detectMult: 3,
  myDiscriminator: 9,
  yourDiscriminator: 7,
  desiredMinTxUs: 1_000_000,
  requiredMinRxUs: 30_000,
  requiredMinEchoRxUs: 0,
};

/** With random 0 the jitter is the whole 25 %: an interval of 1 s becomes 750 ms. */
function step(session: BfdSession, event: BfdEvent, nowUs: number, own = config): BfdStep {
  return stepSession(own, session, event, { nowUs, random: 0 });
}

function hear(session: BfdSession, change: Partial<ControlPacket>, nowUs: number, own = config): BfdStep {
  return step(session, { type: "packet", packet: { ...heard, ...change } }, nowUs, own);
}

/** A session that came up at `nowUs` by hearing Down and Init; its Poll is not answered yet. */
function up(nowUs: number, own = config): BfdSession {
  const init = hear(startSession(own, 0), {}, nowUs, own).session;
  const { session } = hear(init, { state: "init" }, nowUs, own);
  assertEquals(session.state, "up");
  return session;
}

/** Up, and the neighbor has confirmed and says that it sends every 10 ms. */
function settled(nowUs: number, own = config): BfdSession {
  return hear(up(nowUs, own), { state: "up", final: true, desiredMinTxUs: 10_000 }, nowUs, own).session;
}

/** What was sent, in a few words. */
function sent(actions: readonly BfdAction[]): string[] {
  return actions.flatMap((action) => {
    if (action.type !== "send") return [];
    const { state, poll, final } = action.packet;
    return [`${state}${poll ? " P" : ""}${final ? " F" : ""}`];
  });
}

Deno.test("stateAfter() is the table of RFC 5880 6.8.6", () => {
  const neighbors: BfdState[] = ["admin-down", "down", "init", "up"];
  const table = (own: BfdState): BfdState[] => neighbors.map((neighbor) => stateAfter(own, neighbor));
  assertEquals(table("down"), ["down", "init", "up", "down"]);
  assertEquals(table("init"), ["down", "init", "up", "up"]);
  assertEquals(table("up"), ["down", "down", "up", "up"]);
  assertEquals(table("admin-down"), ["admin-down", "admin-down", "admin-down", "admin-down"]);
});

Deno.test("startSession() sends Down at once and then every idle_tx, with jitter", () => {
  const { session, actions } = step(startSession(config, 1_000), { type: "timer" }, 1_000);
  assertEquals(actions, [{
    type: "send",
    packet: {
      diagnostic: 0,
      state: "down",
      poll: false,
      final: false,
      controlPlaneIndependent: false,
      demand: false,
      detectMult: 5,
      myDiscriminator: 7,
      yourDiscriminator: 0,
      desiredMinTxUs: 1_000_000,
      requiredMinRxUs: 20_000,
      requiredMinEchoRxUs: 0,
    },
  }]);
  assertEquals(session.transmitTimerUs, 751_000);
  assertEquals(step(session, { type: "timer" }, 750_999).actions, []);
});

Deno.test("an idle_tx below 1 s, or below min_tx, is raised (6.8.3)", () => {
  assertEquals(startSession({ ...config, idleTxUs: 100 }, 0).desiredMinTxUs, 1_000_000);
  assertEquals(startSession({ ...config, minTxUs: 3_000_000 }, 0).desiredMinTxUs, 3_000_000);
});

Deno.test("jitteredUs() takes 0 to 25 %, with a multiplier of 1 10 to 25 % (6.8.7)", () => {
  assertEquals([0, 0.5, 0.999].map((random) => jitteredUs(config, 100_000, random)), [75_000, 87_500, 99_975]);
  const one = { ...config, multiplier: 1 };
  assertEquals([0, 0.5, 0.999].map((random) => jitteredUs(one, 100_000, random)), [75_000, 82_500, 89_985]);
});

Deno.test("three ways shake hands: Down, Init, Up, each told at once (6.2)", () => {
  const first = step(startSession(config, 0), { type: "timer" }, 0).session;
  const init = hear(first, {}, 100_000);
  assertEquals(init.actions[0], { type: "transition", from: "down", to: "init", diagnostic: 0 });
  assertEquals(sent(init.actions), ["init"]);
  const upNow = hear(init.session, { state: "init" }, 110_000);
  assertEquals(upNow.actions[0], { type: "transition", from: "init", to: "up", diagnostic: 0 });
  assertEquals(sent(upNow.actions), ["up P"]); // the interval changed from idle_tx to min_tx
  assertEquals(upNow.session.desiredMinTxUs, 10_000);
});

Deno.test("a session that is Down goes Up when it hears Init, and stays Down when it hears Up", () => {
  assertEquals(hear(startSession(config, 0), { state: "init" }, 0).session.state, "up");
  const { session, actions } = hear(startSession(config, 0), { state: "up" }, 0);
  assertEquals([session.state, actions.length], ["down", 0]);
});

Deno.test("packets go out at the longer of min_tx and what the neighbor bears (6.8.2)", () => {
  // The neighbor takes one every 30 ms; a quarter less by jitter.
  assertEquals(settled(1_000_000).transmitTimerUs, 1_022_500);
});

Deno.test("a neighbor that bears more is served at once, counted from the last packet (6.8.3)", () => {
  const session = settled(1_000_000);
  const faster = hear(session, { state: "up", requiredMinRxUs: 4_000 }, 1_005_000).session;
  assertEquals(faster.transmitTimerUs, 1_007_500); // 10 ms less a quarter
  const late = hear(session, { state: "up", requiredMinRxUs: 4_000 }, 1_009_000).session;
  assertEquals(late.transmitTimerUs, 1_009_000);
});

Deno.test("the Poll goes on until a Final comes; both are never in one packet (6.5)", () => {
  let session = up(1_000_000);
  const again = step(session, { type: "timer" }, 1_030_000);
  assertEquals(sent(again.actions), ["up P"]);
  session = again.session;
  const asked = hear(session, { state: "up", poll: true }, 1_031_000);
  assertEquals(sent(asked.actions), ["up F"]); // at once
  assertEquals(asked.session.transmitTimerUs, session.transmitTimerUs); // and not instead of a periodic one
  session = hear(asked.session, { state: "up", final: true }, 1_032_000).session;
  assertEquals(session.poll, "none");
  assertEquals(sent(step(session, { type: "timer" }, 1_060_000).actions), ["up"]);
});

Deno.test("a Final that nobody asked for changes nothing", () => {
  const session = settled(1_000_000);
  const after = hear(session, { state: "up", final: true, desiredMinTxUs: 10_000 }, 1_000_000);
  assertEquals(after.session, session);
  assertEquals(after.actions, []);
});

Deno.test("the detection time is the neighbor's multiplier times the slower of its min_tx and our min_rx (6.8.4)", () => {
  const session = settled(1_000_000);
  assertEquals(detectionTimeUs(session), 60_000); // 3 x 20 ms
  assertEquals(session.detectionTimerUs, 1_060_000);
  const slower = hear(session, { state: "up", desiredMinTxUs: 50_000 }, 1_010_000).session;
  assertEquals(slower.detectionTimerUs, 1_160_000);
});

Deno.test("silence for a detection time is Down with diagnostic 1, and the neighbor is forgotten (6.8.4)", () => {
  const session = settled(1_000_000);
  assertEquals(step(session, { type: "timer" }, 1_059_999).session.state, "up");
  const { session: down, actions } = step(session, { type: "timer" }, 1_060_000);
  assertEquals(actions[0], { type: "transition", from: "up", to: "down", diagnostic: 1 });
  const [, packet] = actions;
  assert(packet?.type === "send");
  const { state, diagnostic, yourDiscriminator, desiredMinTxUs } = packet.packet;
  assertEquals([state, diagnostic, yourDiscriminator, desiredMinTxUs], ["down", 1, 0, 1_000_000]);
  assertEquals(down.detectionTimerUs, Infinity);
  assertEquals(down.transmitTimerUs, 1_810_000); // idle_tx again
});

Deno.test("silence in Init is Down, too; in Down it is only forgotten", () => {
  const init = hear(startSession(config, 0), {}, 0).session;
  assertEquals(init.detectionTimerUs, 3_000_000);
  assertEquals(step(init, { type: "timer" }, 3_000_000).session.state, "down");
  const down = hear(startSession(config, 0), { state: "up" }, 0).session;
  assertEquals(down.remote.discriminator, 9);
  const after = step(down, { type: "timer" }, 3_000_000);
  assertEquals(after.session.remote.discriminator, 0);
  assertEquals(after.actions.filter((action) => action.type === "transition"), []);
});

Deno.test("a neighbor that says Down or AdminDown ends the session with diagnostic 3 (6.8.6)", () => {
  for (const state of ["down", "admin-down"] as const) {
    const { actions } = hear(settled(0), { state }, 0);
    assertEquals(actions[0], { type: "transition", from: "up", to: "down", diagnostic: 3 });
    assertEquals(sent(actions), ["down P"]); // the interval changed back
  }
});

Deno.test("an unfinished Poll is followed by a packet without before the next one begins (6.5)", () => {
  let { session } = hear(up(0), { state: "down" }, 0); // two changes, no Final yet
  assertEquals(session.poll, "changed");
  session = hear(session, { state: "admin-down", final: true }, 10).session;
  assertEquals(session.poll, "gap");
  const gap = step(session, { type: "timer" }, 800_000);
  assertEquals(sent(gap.actions), ["down"]);
  assertEquals(sent(step(gap.session, { type: "timer" }, 1_600_000).actions), ["down P"]);
});

Deno.test("a passive session says nothing before its neighbor does, and nothing when it is gone", () => {
  const passive = { ...config, passive: true };
  const start = startSession(passive, 0);
  assertEquals(nextDeadlineUs(start), Infinity);
  const first = hear(start, { yourDiscriminator: 0 }, 50, passive);
  assertEquals(sent(first.actions), ["init"]);
  const gone = step(first.session, { type: "timer" }, 3_000_050, passive);
  assertEquals(gone.actions, [{ type: "transition", from: "init", to: "down", diagnostic: 1 }]);
  assertEquals(nextDeadlineUs(gone.session), Infinity);
});

Deno.test("a neighbor that wants no packets gets none, but its Polls are answered (6.8.7)", () => {
  const session = hear(settled(0), { state: "up", requiredMinRxUs: 0 }, 10).session;
  assertEquals(session.transmitTimerUs, Infinity);
  assertEquals(sent(hear(session, { state: "up", requiredMinRxUs: 0, poll: true }, 20).actions), ["up F"]);
  const wanted = hear(session, { state: "up", requiredMinRxUs: 30_000 }, 30_000).session;
  assertEquals(wanted.transmitTimerUs, 30_000);
});

Deno.test("a neighbor in Demand mode gets no periodic packets while both are up and nothing is asked (6.8.7)", () => {
  const demand = { state: "up", demand: true, desiredMinTxUs: 10_000 } as const;
  assertEquals(hear(settled(0), demand, 10).session.transmitTimerUs, Infinity);
  assert(hear(up(0), demand, 10).session.transmitTimerUs < Infinity); // our Poll is not answered yet
});

Deno.test("packets for another session change nothing", () => {
  const session = settled(0);
  assertEquals(hear(session, { state: "down", yourDiscriminator: 8 }, 10), { session, actions: [] });
});

Deno.test("`disable` tells AdminDown with diagnostic 7 and hears nothing; `enable` begins again", () => {
  const off = step(settled(0), { type: "disable" }, 100);
  assertEquals(off.actions[0], { type: "transition", from: "up", to: "admin-down", diagnostic: 7 });
  assertEquals(sent(off.actions), ["admin-down"]);
  assertEquals(hear(off.session, { state: "up" }, 200), { session: off.session, actions: [] });
  assertEquals(step(off.session, { type: "disable" }, 300).actions, []);
  assertEquals(off.session.detectionTimerUs, Infinity);
  const on = step(off.session, { type: "enable" }, 400);
  assertEquals(on.actions[0], { type: "transition", from: "admin-down", to: "down", diagnostic: 0 });
  assertEquals(sent(on.actions), ["down"]);
});

Deno.test("a slower min_tx and a shorter min_rx wait for the Final (6.8.3)", () => {
  const changed: BfdConfig = { ...config, minTxUs: 200_000, minRxUs: 5_000 };
  const asking = step(settled(0), { type: "reconfigured" }, 10, changed).session;
  assertEquals([asking.desiredMinTxUs, asking.requiredMinRxUs, asking.poll], [200_000, 5_000, "asking"]);
  assertEquals([asking.actingMinTxUs, asking.actingMinRxUs], [10_000, 20_000]);
  const done = hear(asking, { state: "up", final: true, desiredMinTxUs: 10_000 }, 20, changed).session;
  assertEquals([done.actingMinTxUs, done.actingMinRxUs], [200_000, 5_000]);
  assertEquals(detectionTimeUs(done), 30_000);
});

Deno.test("a faster min_tx and a longer min_rx hold at once (6.8.3)", () => {
  const changed: BfdConfig = { ...config, minTxUs: 5_000, minRxUs: 100_000 };
  const session = step(settled(0), { type: "reconfigured" }, 10, changed).session;
  assertEquals([session.actingMinTxUs, session.actingMinRxUs, session.poll], [5_000, 100_000, "asking"]);
  assertEquals(session.detectionTimerUs, 300_000); // 3 x 100 ms from the last packet, which came at 0
});

Deno.test("`reconfigured` without a change asks nothing and keeps the session", () => {
  const session = settled(0);
  assertEquals(step(session, { type: "reconfigured" }, 10), { session, actions: [] });
});
