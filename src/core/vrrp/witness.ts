// Witnesses: what each says, counted until it is believed, and what all of them together mean for a router that would become
// master. They forbid that, or not; they never make or end a master. Pure: who asks them, and when, is not known here.

/** What a witness can say of one router becoming master; `none`: it could not be asked, or does not know. */
export type WitnessAnswer = "yes" | "no" | "none";

/** Answers in a row that change what a witness is taken to say; the first of all counts at once. */
export interface WitnessPace {
  readonly rise: number;
  /** For `no`, and for falling silent. */
  readonly fall: number;
}

/** What a witness is taken to say. */
export interface WitnessView {
  readonly says: WitnessAnswer | "unasked";
  /** Its last words, as a part of a sentence. */
  readonly reason: string;
  /** Answers in a row that say something else. */
  readonly differing?: { readonly answer: WitnessAnswer; readonly count: number };
}

/** Before the first answer. */
export const UNASKED: WitnessView = { says: "unasked", reason: "has not been asked yet" };

/** Takes an answer in. */
export function hearWitness(
  { rise, fall }: WitnessPace,
  view: WitnessView,
  answer: WitnessAnswer,
  reason: string,
): WitnessView {
  if (view.says === "unasked" || view.says === answer) return { says: answer, reason };
  const count = view.differing?.answer === answer ? view.differing.count + 1 : 1;
  if (count >= (answer === "yes" ? rise : fall)) return { says: answer, reason };
  return { ...view, differing: { answer, count } };
}

/** Why a router must not become master now, each as the end of a sentence; empty: it may. */
export interface Ban {
  /** In whatever way. */
  readonly always?: string;
  /** When nothing was heard of the master, neither an advertisement nor that it leaves: it may be there all the same. */
  readonly inSilence?: string;
}

/** What the panel of witnesses of one router is told. */
export interface PanelConfig {
  /** So many must say no; more than there are is all of them. */
  readonly need: number;
  /** How long the last decision holds, and a start waits, while all are silent. Microseconds. */
  readonly timeoutUs: number;
  readonly whenSilent: "allow" | "forbid";
}

/** A witness of a panel. */
export interface PanelMember {
  readonly name: string;
  readonly view: WitnessView;
  /** It speaks of a master that is not heard: whoever hears it knows better. */
  readonly inSilenceOnly: boolean;
}

/** The last decision, and since when all are silent. */
export interface Ruling {
  readonly reason?: string;
  readonly silentSinceUs?: number;
}

/** A panel's decisions, for both ways of becoming master. */
export interface PanelState {
  readonly always: Ruling;
  readonly inSilence: Ruling;
}

/** At the start: nobody has said anything. */
export function startPanel(nowUs: number): PanelState {
  const waiting = { reason: "no witness has answered yet", silentSinceUs: nowUs };
  return { always: waiting, inSilence: waiting };
}

/** Decides anew, after an answer or when `nextPanelUs` has come. */
export function judgePanel(
  config: PanelConfig,
  state: PanelState,
  members: readonly PanelMember[],
  nowUs: number,
): PanelState {
  return {
    always: rule(config, state.always, members.filter(({ inSilenceOnly }) => !inSilenceOnly), nowUs),
    inSilence: rule(config, state.inSilence, members, nowUs),
  };
}

/** When the silence of a panel has lasted long enough; undefined: somebody speaks, or that was so already. */
export function nextPanelUs({ timeoutUs }: PanelConfig, state: PanelState, nowUs: number): number | undefined {
  const ends = [state.always, state.inSilence].flatMap(({ silentSinceUs }) =>
    silentSinceUs === undefined || silentSinceUs + timeoutUs <= nowUs ? [] : [silentSinceUs + timeoutUs]
  );
  return ends.length === 0 ? undefined : Math.min(...ends);
}

/** What the router is told; undefined when it may become master. */
export function banOf({ always, inSilence }: PanelState): Ban | undefined {
  if (always.reason === undefined && inSilence.reason === undefined) return undefined;
  return {
    ...(always.reason !== undefined && { always: always.reason }),
    ...(inSilence.reason !== undefined && { inSilence: inSilence.reason }),
  };
}

/** One ban of several: members of a sync group move together, so what forbids one forbids all. */
export function joinBans(bans: readonly (Ban | undefined)[]): Ban | undefined {
  const first = (kind: keyof Ban): string | undefined => bans.find((ban) => ban?.[kind] !== undefined)?.[kind];
  const [always, inSilence] = [first("always"), first("inSilence")];
  if (always === undefined && inSilence === undefined) return undefined;
  return { ...(always !== undefined && { always }), ...(inSilence !== undefined && { inSilence }) };
}

/**
 * Why a router must not become master at this moment.
 *
 * @param heard what was heard of the master within the Master_Down_Interval
 */
export function bannedBecause(ban: Ban | undefined, heard: "master" | "goodbye" | undefined): string | undefined {
  if (ban === undefined) return undefined;
  return ban.always ?? (heard === undefined ? ban.inSilence : undefined);
}

function rule(
  { need, timeoutUs, whenSilent }: PanelConfig,
  before: Ruling,
  members: readonly PanelMember[],
  nowUs: number,
): Ruling {
  if (members.length === 0) return {};
  const against = members.filter(({ view }) => view.says === "no");
  if (against.length >= Math.min(need, members.length)) {
    return { reason: against.map(({ name, view }) => `${name} ${view.reason}`).join("; ") };
  }
  if (members.some(({ view }) => view.says === "yes" || view.says === "no")) return {};
  const silentSinceUs = before.silentSinceUs ?? nowUs;
  if (nowUs - silentSinceUs < timeoutUs) return { ...before, silentSinceUs };
  return whenSilent === "forbid" ? { reason: "all witnesses are silent", silentSinceUs } : { silentSinceUs };
}
