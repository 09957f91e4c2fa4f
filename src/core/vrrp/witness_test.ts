import { assertEquals } from "../../../test/assert.ts";
import { peerWord } from "./peer_word.ts";
import {
  bannedBecause,
  banOf,
  hearWitness,
  joinBans,
  judgePanel,
  nextPanelUs,
  type PanelConfig,
  type PanelMember,
  startPanel,
  UNASKED,
  type WitnessAnswer,
  type WitnessView,
} from "./witness.ts";

const SECOND = 1_000_000;
const PACE = { rise: 2, fall: 3 };
const PANEL: PanelConfig = { need: 1, timeoutUs: 5 * SECOND, whenSilent: "allow" };

function after(...answers: readonly WitnessAnswer[]): WitnessView {
  return answers.reduce<WitnessView>((view, answer) => hearWitness(PACE, view, answer, `said ${answer}`), UNASKED);
}

function member(name: string, says: WitnessView["says"], inSilenceOnly = false): PanelMember {
  return { name, view: { says, reason: says }, inSilenceOnly };
}

Deno.test("hearWitness() believes the first answer at once, and later ones after rise and fall in a row", () => {
  assertEquals(after("no"), { says: "no", reason: "said no" });
  assertEquals(after("yes", "no", "no").says, "yes");
  assertEquals(after("yes", "no", "no", "yes", "no", "no").says, "yes");
  assertEquals(after("yes", "no", "no", "no").says, "no");
  assertEquals(after("no", "yes").says, "no");
  assertEquals(after("no", "yes", "yes").says, "yes");
  assertEquals(after("yes", "none", "none").says, "yes");
  assertEquals(after("yes", "none", "none", "none").says, "none");
  assertEquals(after("yes", "no", "none", "no").says, "yes");
});

Deno.test("judgePanel() forbids when so many as needed say no, whatever the others say", () => {
  const judged = (need: number, ...members: PanelMember[]): string | undefined =>
    judgePanel({ ...PANEL, need }, startPanel(0), members, 0).always.reason;
  assertEquals(judged(1, member("a", "no"), member("b", "yes")), "a no");
  assertEquals(judged(2, member("a", "no"), member("b", "yes")), undefined);
  assertEquals(judged(2, member("a", "no"), member("b", "none")), undefined);
  assertEquals(judged(2, member("a", "no"), member("b", "no")), "a no; b no");
  assertEquals(judged(7, member("a", "no")), "a no");
  assertEquals(judged(1), undefined);
});

Deno.test("judgePanel() lets the last decision stand while all are silent, and decides alone after the time", () => {
  const silent = [member("a", "none"), member("b", "unasked")];
  let state = judgePanel(PANEL, startPanel(0), silent, SECOND);
  assertEquals(state.always, { reason: "no witness has answered yet", silentSinceUs: 0 });
  assertEquals(nextPanelUs(PANEL, state, SECOND), 5 * SECOND);
  assertEquals(judgePanel(PANEL, state, silent, 5 * SECOND).always, { silentSinceUs: 0 });
  const strict = { ...PANEL, whenSilent: "forbid" } as const;
  assertEquals(judgePanel(strict, state, silent, 5 * SECOND).always.reason, "all witnesses are silent");
  assertEquals(nextPanelUs(PANEL, judgePanel(PANEL, state, silent, 5 * SECOND), 5 * SECOND), undefined);

  state = judgePanel(PANEL, state, [member("a", "yes")], 6 * SECOND);
  assertEquals(banOf(state), undefined);
  state = judgePanel(PANEL, state, silent, 7 * SECOND);
  assertEquals(banOf(state), undefined);
  state = judgePanel(PANEL, state, [member("a", "no")], 8 * SECOND);
  state = judgePanel(PANEL, state, silent, 9 * SECOND);
  assertEquals(banOf(state), { always: "a no", inSilence: "a no" });
  assertEquals(banOf(judgePanel(PANEL, state, silent, 14 * SECOND)), undefined);
});

Deno.test("a witness that speaks of an unheard master forbids nothing to who hears the master, or its farewell", () => {
  const members = [member("gateway", "yes"), member("peer", "no", true)];
  const ban = banOf(judgePanel(PANEL, startPanel(0), members, 0));
  assertEquals(ban, { inSilence: "peer no" });
  assertEquals(bannedBecause(ban, undefined), "peer no");
  assertEquals(bannedBecause(ban, "master"), undefined);
  assertEquals(bannedBecause(ban, "goodbye"), undefined);
  assertEquals(bannedBecause({ always: "cut off" }, "goodbye"), "cut off");
  assertEquals(bannedBecause(undefined, undefined), undefined);
});

Deno.test("joinBans() forbids all what is forbidden to one", () => {
  assertEquals(joinBans([undefined, undefined]), undefined);
  assertEquals(joinBans([undefined, { inSilence: "x" }, { always: "y", inSilence: "y" }]), {
    always: "y",
    inSilence: "x",
  });
});

Deno.test("peerWord() finds our router in the peer's status, and believes nothing that is not there", () => {
  const ours = { vrid: 51, family: 4, addresses: ["192.0.2.100"] } as const;
  const instance = { vrid: 51, family: 4, state: "master", faults: [], vips: [{ address: "192.0.2.100" }] };
  const status = (change: object, role = "running"): unknown => {
    return { roles: [{ name: "vrrp", state: role }], vrrpInstances: [{ ...instance, ...change }] };
  };
  const says = (document: unknown): WitnessAnswer => peerWord(document, ours).answer;
  assertEquals(says(status({})), "no");
  assertEquals(says(status({ state: "backup" })), "yes");
  assertEquals(says(status({ state: "fault", faults: ["x"] })), "yes");
  assertEquals(says(status({ vrid: 52 })), "none");
  assertEquals(says(status({ family: 6 })), "none");
  assertEquals(says(status({ vips: [{ address: "192.0.2.101" }] })), "none");
  assertEquals(says(status({}, "restarting")), "none");
  assertEquals(says(status({}, "stopped")), "yes");
  for (const odd of [null, 7, "x", [], {}, { roles: 1 }, { roles: [null], vrrpInstances: [null] }]) {
    assertEquals(says(odd), "none");
  }
});
