import { assert, assertEquals } from "../../../test/assert.ts";
import { nextDeadlineUs, step } from "./router.ts";
import type { RouterAction, RouterConfig, RouterEvent, RouterState } from "./state.ts";

const SECOND = 1_000_000;

Deno.test("step() startup waits a whole master down interval as backup (RFC 9568 6.4.1)", () => {
  const { state, actions } = step(config(), { name: "init" }, { type: "startup" }, 5 * SECOND);
  assertEquals(state, backup({ masterDownTimerUs: 8_609_375 }));
  assertEquals(actions, [transition("init", "backup", "startup")]);
});

Deno.test("step() startup with `state MASTER` waits one interval and the skew (keepalived)", () => {
  const { state } = step(config({ initialState: "master" }), { name: "init" }, { type: "startup" }, 0);
  assertEquals(state, backup({ masterDownTimerUs: 1_609_375 }));
});

Deno.test("step() startup makes the address owner master at once (RFC 9568 6.4.1)", () => {
  const { state, actions } = step(config({ priority: 255 }), { name: "init" }, { type: "startup" }, 0);
  assertEquals(state, { name: "master", adverTimerUs: SECOND, announceTimerUs: 5 * SECOND, announceRepeat: 5 });
  assertEquals(types(actions), ["send-advertisement", "add-addresses", "announce-addresses", "transition"]);
});

Deno.test("step() takes over when Master_Down_Timer expires, advertisement first (RFC 9568 6.4.2)", () => {
  const waiting = backup({ masterDownTimerUs: 3_609_375 });
  assertEquals(step(config(), waiting, { type: "timer" }, 3_609_374), { state: waiting, actions: [] });
  const { state, actions } = step(config(), waiting, { type: "timer" }, 3_609_375);
  assertEquals(state, {
    name: "master",
    adverTimerUs: 4_609_375,
    announceTimerUs: 8_609_375,
    announceRepeat: 5,
  });
  assertEquals(actions, [
    { type: "send-advertisement", priority: 100 },
    { type: "add-addresses" },
    { type: "announce-addresses", repeat: 5 },
    transition("backup", "master", "no advertisement within the master down interval"),
  ]);
});

Deno.test("step() a backup that slept through its deadline listens for one more advertisement, once", () => {
  const waiting = backup({ masterDownTimerUs: 3_600_000 });
  assertEquals(step(config(), waiting, { type: "timer" }, 4_099_999).state.name, "master", "half an interval is late");
  const late = step(config(), waiting, { type: "timer" }, 4_100_000);
  assertEquals(late.state, { ...waiting, masterDownTimerUs: 5_100_000, listensUntilUs: 5_100_000 });
  assertEquals(late.actions, [{
    type: "forbidden",
    reason: "this host was not awake for 500 ms, and listens for one more advertisement",
  }]);
  assertEquals(step(config(), late.state, { type: "timer" }, 9_000_000).state.name, "master", "late again or not");
  const saved = step(config(), late.state, heard(200), 5_000_000).state;
  assertEquals(
    step(config(), saved, { type: "timer" }, 20_000_000).state.name,
    "backup",
    "another silence, another sleep",
  );
  assertEquals(step(config(), waiting, { type: "timer", heard: "goodbye" }, 9_000_000).state.name, "master");
});

Deno.test("step() a sleep of less than 50 ms is none, whatever the interval", () => {
  const fast = backup({ masterDownTimerUs: 36_000, masterAdverIntervalUs: 10_000 });
  assertEquals(step(config({ version: 3 }), fast, { type: "timer" }, 85_999).state.name, "master");
  assertEquals(step(config({ version: 3 }), fast, { type: "timer" }, 86_000).state.name, "backup");
});

Deno.test("step() sets Master_Down_Timer to Skew_Time on priority 0 (6.4.2)", () => {
  const { state, actions } = step(config(), backup(), heard(0), 5 * SECOND);
  assertEquals(actions, []);
  assertEquals(state, backup({ masterDownTimerUs: 5_609_375 }));
});

Deno.test("step() takes Skew_Time from the interval already learned, not from the priority 0 packet (6.4.2)", () => {
  const learned = backup({ masterAdverIntervalUs: 100_000 });
  const event = heard(0, { advertisementIntervalUs: 40 * SECOND });
  const { state } = step(config({ version: 3 }), learned, event, 5 * SECOND);
  assertEquals(state, { ...learned, masterDownTimerUs: 5_060_938 });
});

Deno.test("step() backup follows an equal or higher master and learns its interval in version 3 (6.4.2)", () => {
  for (const priority of [100, 101, 255]) {
    const event = heard(priority, { advertisementIntervalUs: 100_000 });
    const { state, actions } = step(config({ version: 3 }), backup(), event, 5 * SECOND);
    assertEquals(state, backup({ masterDownTimerUs: 5_360_938, masterAdverIntervalUs: 100_000 }));
    assertEquals(actions, []);
  }
});

Deno.test("step() backup ignores a lower master: its timer runs on (6.4.2)", () => {
  const waiting = backup({ masterDownTimerUs: 6 * SECOND });
  assertEquals(step(config(), waiting, heard(99), 5 * SECOND), { state: waiting, actions: [] });
});

Deno.test("step() backup without Preempt_Mode follows a lower master (6.4.2)", () => {
  const { state } = step(config({ preemptMode: false }), backup(), heard(1), 5 * SECOND);
  assertEquals(state, backup({ masterDownTimerUs: 8_609_375 }));
});

Deno.test("step() preempt_delay leaves a lower master alone for that long, and a higher one clears it", () => {
  const delayed = config({ preemptDelayUs: 10 * SECOND });
  const first = step(delayed, backup(), heard(50), 5 * SECOND).state;
  assertEquals(first, backup({ masterDownTimerUs: 8_609_375, preemptDelayTimerUs: 15 * SECOND }));
  const second = step(delayed, first, heard(50), 14 * SECOND).state;
  assertEquals(second, backup({ masterDownTimerUs: 17_609_375, preemptDelayTimerUs: 15 * SECOND }));
  assertEquals(step(delayed, second, heard(50), 15 * SECOND).state, second);
  assertEquals(step(delayed, second, heard(120), 14 * SECOND).state, backup({ masterDownTimerUs: 17_609_375 }));
});

Deno.test("step() master keeps its beat, and does not send a burst after a stall", () => {
  const { state, actions } = step(config(), master({ adverTimerUs: 10 * SECOND }), { type: "timer" }, 10_000_400);
  assertEquals(actions, [{ type: "send-advertisement", priority: 100 }]);
  assertEquals(state, master({ adverTimerUs: 11 * SECOND }));
  const late = step(config(), master({ adverTimerUs: 10 * SECOND }), { type: "timer" }, 13_500_000);
  assertEquals(late.state, master({ adverTimerUs: 14_500_000 }));
  assertEquals(types(late.actions), ["send-advertisement"]);
});

Deno.test("step() masters of one host come to advertise together, at hundredths of their interval", () => {
  const beatOf = (adverTimerUs: number): number | undefined =>
    nextDeadlineUs(step(config(), { name: "master", adverTimerUs }, { type: "timer" }, adverTimerUs + 700).state);
  assertEquals([5_003_000, 5_004_999, 5_010_000].map(beatOf), [6_000_000, 6_000_000, 6_010_000]);
  assertEquals(beatOf(6_010_000), 7_010_000); // exactly an interval from then on
});

Deno.test("step() master announces a second time after the delay, then by the refresh interval", () => {
  const state = master({ adverTimerUs: 20 * SECOND, announceTimerUs: 5 * SECOND, announceRepeat: 5 });
  const once = step(config(), state, { type: "timer" }, 5 * SECOND);
  assertEquals(once, {
    state: master({ adverTimerUs: 20 * SECOND }),
    actions: [{ type: "announce-addresses", repeat: 5 }],
  });
  const refreshing = config({ announcements: { ...config().announcements, refreshUs: 60 * SECOND, refreshRepeat: 2 } });
  const due = master({ adverTimerUs: 100 * SECOND, refreshTimerUs: 60 * SECOND });
  assertEquals(step(refreshing, due, { type: "timer" }, 61 * SECOND), {
    state: master({ adverTimerUs: 100 * SECOND, refreshTimerUs: 121 * SECOND }),
    actions: [{ type: "announce-addresses", repeat: 2 }],
  });
});

Deno.test("step() master answers priority 0 at once and stays (6.4.3)", () => {
  const { state, actions } = step(config(), master(), heard(0), 5 * SECOND);
  assertEquals(actions, [{ type: "send-advertisement", priority: 100 }]);
  assertEquals(state, master({ adverTimerUs: 6 * SECOND }));
});

Deno.test("step() master yields to a higher priority, or to a greater address at equal priority (6.4.3)", () => {
  for (const event of [heard(101), heard(100, { senderOrder: 1 })]) {
    const { state, actions } = step(config(), master(), event, 5 * SECOND);
    assertEquals(state, backup({ masterDownTimerUs: 8_609_375 }));
    assertEquals(types(actions), ["remove-addresses", "transition"]);
  }
});

Deno.test("step() master answers a lower one, or a lesser address, and announces again (keepalived)", () => {
  for (const event of [heard(99), heard(100, { senderOrder: -1 })]) {
    const { state, actions } = step(config(), master(), event, 5 * SECOND);
    assertEquals(types(actions), ["note", "send-advertisement", "announce-addresses"]);
    assertEquals(state, master({ adverTimerUs: 6 * SECOND, announceTimerUs: 10 * SECOND, announceRepeat: 5 }));
  }
});

Deno.test("step() with lower_prio_no_advert a master leaves a lower one without an answer, but announces (keepalived)", () => {
  const silent = config({ silentTowardsLower: true });
  const { state, actions } = step(silent, master(), heard(90), 3_500_000);
  assertEquals(actions.map(({ type }) => type), ["note", "announce-addresses"]);
  assertEquals(state, master({ announceTimerUs: 8_500_000, announceRepeat: 5 }));
});

Deno.test("step() with higher_prio_send_advert a master advertises once more before it gives way (keepalived)", () => {
  const polite = config({ advertisesBeforeGivingWay: true });
  const { actions } = step(polite, master(), heard(200), 3_500_000);
  assertEquals(actions.slice(0, 2), [{ type: "send-advertisement", priority: 100 }, { type: "remove-addresses" }]);
});

Deno.test("step() with down_timer_adverts waits for so many lost advertisements (keepalived)", () => {
  const { state } = step(config({ downTimerAdverts: 5 }), backup(), heard(200), 1_000_000);
  assertEquals(state, backup({ masterDownTimerUs: 6_609_375 }));
});

Deno.test("step() a stubborn lower master does not push the second set of announcements away", () => {
  const first = step(config(), master(), heard(99), 5 * SECOND).state;
  const second = step(config(), first, heard(99), 6 * SECOND).state;
  assertEquals(second, master({ adverTimerUs: 7 * SECOND, announceTimerUs: 10 * SECOND, announceRepeat: 5 }));
});

Deno.test("step() master stays when it hears itself, and says so", () => {
  const { state, actions } = step(config(), master(), heard(100, { senderOrder: 0 }), 5 * SECOND);
  assertEquals(state, master());
  assertEquals(types(actions), ["note"]);
});

Deno.test("step() shutdown of a master sends priority 0, then removes the addresses (6.4.3)", () => {
  const { state, actions } = step(config(), master(), { type: "shutdown" }, 0);
  assertEquals(state, { name: "init" });
  assertEquals(actions, [
    { type: "send-advertisement", priority: 0 },
    { type: "remove-addresses" },
    transition("master", "init", "shutdown"),
  ]);
});

Deno.test("step() shutdown of a backup sends nothing (6.4.2)", () => {
  assertEquals(types(step(config(), backup(), { type: "shutdown" }, 0).actions), ["transition"]);
});

Deno.test("step() resumes as master where a predecessor was killed a moment ago", () => {
  const { state, actions } = step(config(), { name: "init" }, { type: "resume" }, SECOND);
  assertEquals(state.name, "master");
  assertEquals(types(actions), ["send-advertisement", "add-addresses", "announce-addresses", "transition"]);
});

Deno.test("step() fault takes a master down with priority 0 and is left only when every cause is gone", () => {
  const first = step(config(), master(), { type: "fault", cause: "interface eth0 is down" }, 0);
  assertEquals(types(first.actions), ["send-advertisement", "remove-addresses", "transition"]);
  const second = step(config(), first.state, { type: "fault", cause: "interface eth0 has no address" }, 0);
  assertEquals(second.actions, []);
  const one = step(config(), second.state, { type: "fault-cleared", cause: "interface eth0 is down" }, 0);
  assertEquals(one.state, { name: "fault", causes: ["interface eth0 has no address"] });
  const none = step(config(), one.state, { type: "fault-cleared", cause: "interface eth0 has no address" }, SECOND);
  assertEquals(none.state, backup({ masterDownTimerUs: 4_609_375 }));
});

Deno.test("step() in fault hears nothing and sends nothing", () => {
  const state: RouterState = { name: "fault", causes: ["x"] };
  for (const event of [heard(1), heard(0), { type: "timer" }, { type: "startup" }] as const) {
    assertEquals(step(config(), state, event, 99 * SECOND), { state, actions: [] });
  }
});

Deno.test("step() a master whose address somebody removed starts over as backup with priority 0 (keepalived)", () => {
  const { state, actions } = step(config(), master(), { type: "address-lost", what: "address 192.0.2.1" }, SECOND);
  assertEquals(state, backup({ masterDownTimerUs: 4_609_375 }));
  assertEquals(types(actions), ["send-advertisement", "remove-addresses", "transition"]);
});

Deno.test("step() sends nothing from init, whatever comes", () => {
  const events: RouterEvent[] = [
    heard(0),
    heard(1),
    heard(255),
    { type: "timer" },
    { type: "shutdown" },
    { type: "reconfigure", previous: config(), addressesAdded: true },
    { type: "fault-cleared", cause: "x" },
    { type: "address-lost", what: "address 192.0.2.1" },
  ];
  for (const event of events) {
    assertEquals(step(config(), { name: "init" }, event, SECOND), { state: { name: "init" }, actions: [] });
  }
});

Deno.test("nextDeadlineUs() is the earliest timer of the state", () => {
  assertEquals(nextDeadlineUs({ name: "init" }), undefined);
  assertEquals(nextDeadlineUs({ name: "fault", causes: [] }), undefined);
  assertEquals(nextDeadlineUs(backup({ masterDownTimerUs: 7 })), 7);
  assertEquals(nextDeadlineUs(master({ adverTimerUs: 9, announceTimerUs: 8, refreshTimerUs: 7 })), 7);
});

Deno.test("step() becomes backup instead of advertising after a peer has taken over (timer_expired_backup)", () => {
  const late = config({ timerExpiredBackup: 150, preemptMode: false });
  // The last advertisement was sent at 3 s; a peer of priority 150 takes over 3 s + 106/256 s later.
  const inTime = step(late, master(), { type: "timer" }, 6_414_062);
  assertEquals(types(inTime.actions), ["send-advertisement"]);
  const { state, actions } = step(late, master(), { type: "timer" }, 6_414_063);
  assertEquals(types(actions), ["remove-addresses", "transition"]);
  assertEquals(state, backup({ masterDownTimerUs: 6_414_063 + 3_609_375 }));
});

Deno.test("step() of two owners the lower address leaves at once, the higher one after two more advertisements", () => {
  const owner = config({ priority: 255 });
  assertEquals(step(owner, master(), heard(255), 0).state.name, "backup");
  let state: RouterState = master();
  const names = [0, 1, 2, 3].map((second) => {
    ({ state } = step(owner, state, heard(255, { senderOrder: -1 }), second * SECOND));
    ({ state } = step(owner, state, { type: "timer" }, second * SECOND + 1));
    return state.name;
  });
  assertEquals(names, ["master", "master", "master", "backup"]);
});

Deno.test("step() of two owners the higher address stays when the other one was gone in between", () => {
  const owner = config({ priority: 255 });
  let state: RouterState = master();
  for (const second of [0, 2, 4, 6]) {
    ({ state } = step(owner, state, heard(255, { senderOrder: -1 }), second * SECOND));
    assertEquals(state.name, "master");
  }
});

function config(changes: Partial<RouterConfig> = {}): RouterConfig {
  return {
    version: 2,
    priority: 100,
    advertisementIntervalUs: SECOND,
    initialState: "backup",
    preemptMode: true,
    preemptDelayUs: 0,
    announcements: {
      repeat: 5,
      delayUs: 5 * SECOND,
      refreshUs: 0,
      refreshRepeat: 1,
      lowerPriorityRepeat: 5,
      lowerPriorityDelayUs: 5 * SECOND,
    },
    ...changes,
  };
}

function backup(changes: Partial<RouterState & { name: "backup" }> = {}): RouterState & { name: "backup" } {
  return { name: "backup", masterDownTimerUs: 3_609_375, masterAdverIntervalUs: SECOND, ...changes };
}

function master(changes: Partial<RouterState & { name: "master" }> = {}): RouterState & { name: "master" } {
  return { name: "master", adverTimerUs: 4 * SECOND, ...changes };
}

function heard(
  priority: number,
  changes: { advertisementIntervalUs?: number; senderOrder?: number } = {},
): RouterEvent {
  return {
    type: "advertisement",
    advertisement: { priority, advertisementIntervalUs: SECOND, senderOrder: 1, ...changes },
  };
}

function transition(from: RouterState["name"], to: RouterState["name"], reason: string): RouterAction {
  return { type: "transition", from, to, reason };
}

function types(actions: readonly RouterAction[]): string[] {
  assert(Array.isArray(actions));
  return actions.map((action) => action.type);
}

Deno.test("step() a master that resigns says so, removes its addresses and waits for another; nobody else minds", () => {
  const event: RouterEvent = { type: "resign", reason: "asked to" };
  const { state, actions } = step(config(), { name: "master", adverTimerUs: 0 }, event, 5 * SECOND);
  assertEquals(state, backup({ masterDownTimerUs: 8_609_375 }));
  assertEquals(actions, [
    { type: "send-advertisement", priority: 0 },
    { type: "remove-addresses" },
    transition("master", "backup", "asked to"),
  ]);
  for (const other of [{ name: "init" }, backup(), { name: "fault", causes: ["a"] }] as const) {
    assertEquals(step(config(), other, event, 5 * SECOND), { state: other, actions: [] });
  }
});

Deno.test("step() leaves a backup that witnesses forbid to be master waiting for another Master_Down_Interval", () => {
  const banned = config({ ban: { inSilence: "peer is master" } });
  const waiting = backup({ masterDownTimerUs: 3_609_375 });
  assertEquals(step(banned, waiting, { type: "timer" }, 3_609_375), {
    state: backup({ masterDownTimerUs: 7_218_750 }),
    actions: [{ type: "forbidden", reason: "peer is master" }],
  });
  assertEquals(step(banned, waiting, { type: "timer", heard: "goodbye" }, 3_609_375).state.name, "master");
  assertEquals(step(banned, waiting, { type: "timer", heard: "master" }, 3_609_375).state.name, "master");
  const cutOff = config({ ban: { always: "cut off" } });
  assertEquals(step(cutOff, waiting, { type: "timer", heard: "goodbye" }, 3_609_375).state.name, "backup");
});

Deno.test("step() with a ban: an owner waits at the start, a master stays, and a resumed one is one", () => {
  const owner = config({ priority: 255, ban: { always: "cut off" } });
  const { state, actions } = step(owner, { name: "init" }, { type: "startup" }, 0);
  assertEquals(state.name, "backup");
  assertEquals(actions.at(-1), { type: "forbidden", reason: "cut off" });
  assertEquals(step(owner, { name: "init" }, { type: "resume" }, 0).state.name, "master");
  const banned = config({ ban: { always: "cut off" } });
  for (const event of [{ type: "timer" }, heard(1), heard(0)] as const) {
    assertEquals(step(banned, master({ adverTimerUs: 10 * SECOND }), event, 10 * SECOND).state.name, "master");
  }
});

Deno.test("step() with fencing asks for it when the master fell silent, and takes over when it succeeded", () => {
  const fences = config({ fencing: { timeoutUs: 5 * SECOND } });
  const asked = step(fences, backup({ masterDownTimerUs: SECOND }), { type: "timer" }, SECOND);
  assertEquals(asked.actions, [{ type: "fence", id: SECOND }]);
  assertEquals(asked.state, backup({ masterDownTimerUs: 6 * SECOND, fencingId: SECOND }));
  const answer = { type: "fenced", id: SECOND, allowed: true, reason: "" } as const;
  assertEquals(step(fences, asked.state, answer, 2 * SECOND).state.name, "master");
  assertEquals(step(fences, asked.state, { ...answer, id: 1 }, 2 * SECOND).state, asked.state, "an older attempt");
  const refused = step(fences, asked.state, { ...answer, allowed: false, reason: "status 1" }, 2 * SECOND);
  assertEquals(refused.state, backup({ masterDownTimerUs: 5_609_375 }));
  assertEquals(refused.actions, [{ type: "forbidden", reason: "status 1" }]);
  const late = step(fences, asked.state, { type: "timer" }, 6 * SECOND);
  assertEquals(late.state, backup({ masterDownTimerUs: 9_609_375 }));
  assertEquals(step(fences, late.state, answer, 6 * SECOND).state, late.state, "it was given up");
  const banned = { ...fences, ban: { inSilence: "peer is master" } };
  assertEquals(step(banned, asked.state, answer, 2 * SECOND).state.name, "backup");
});

Deno.test("step() with fencing fences nobody who is heard: a master that leaves, a lower one, one that comes back", () => {
  const fences = config({ fencing: { timeoutUs: 5 * SECOND } });
  const waiting = backup({ masterDownTimerUs: SECOND });
  for (const last of ["goodbye", "master"] as const) {
    assertEquals(step(fences, waiting, { type: "timer", heard: last }, SECOND).state.name, "master");
  }
  const fencing = backup({ masterDownTimerUs: 6 * SECOND, fencingId: SECOND });
  const answer = { type: "fenced", id: SECOND, allowed: true, reason: "" } as const;
  for (const priority of [0, 50, 200]) {
    const { state } = step(fences, fencing, heard(priority), 2 * SECOND);
    assert(state.name === "backup" && state.fencingId === undefined);
    assertEquals(step(fences, state, answer, 2 * SECOND).state, state, `priority ${priority}`);
  }
  const owner = step({ ...fences, priority: 255 }, { name: "init" }, { type: "startup" }, 0);
  assertEquals(owner.state.name, "backup");
});
