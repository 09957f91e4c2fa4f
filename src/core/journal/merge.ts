// The journals of two nodes as one: how the peer's clock differs from ours, and which entries of both tell of one change.
import { preempts } from "./causes.ts";
import type { Entry, Fact, RouterFact } from "./entry.ts";
import { chain, lastTransition } from "./story.ts";

type Transition = RouterFact & { type: "transition" };

/** What is added to the peer's times to have them in ours, and how that is known. */
export interface Clock {
  readonly offsetMs: number;
  /** How wrong the measurement may be; undefined: nothing was measured, the peer's times are as it wrote them. */
  readonly uncertaintyMs: number | undefined;
}

/** The clock that fits what the nodes heard of one another. */
export interface FittedClock extends Clock {
  /** How much was added for that to `offsetMs`; 0: it fitted. */
  readonly movedMs: number;
  /** What the nodes heard of one another cannot be put in order by any difference of clocks. */
  readonly isContradictory: boolean;
}

/** One entry of either. */
export interface NodeEntry {
  readonly node: "here" | "peer";
  readonly entry: Entry;
  /** By our clock. */
  readonly atMs: number;
}

/** One change as both saw it. */
export interface MergedStory {
  readonly end: NodeEntry;
  readonly clock: FittedClock;
  /** In order. */
  readonly entries: readonly NodeEntry[];
}

/** Further apart are two changes that have nothing to do with one another, whatever the clocks. */
const RELATED_MS = 60_000;
/** What happens within this of a change belongs to it. */
const TOGETHER_MS = 3000;
/** A packet takes time, and so does what it leads to: this much at least lies between cause and effect. */
const LEAST_MS = 1;

/**
 * The story of the last change of state that either node knows, until a time by our clock.
 *
 * @param name as for `lastTransition`
 */
export function mergedStory(
  here: readonly Entry[],
  peer: readonly Entry[],
  clock: Clock,
  name?: string,
  untilMs = Infinity,
): MergedStory | undefined {
  const ours = lastTransition(here, name, untilMs);
  const theirs = lastTransition(peer, name, untilMs - clock.offsetMs);
  const isOurs = ours !== undefined && (theirs === undefined || ours.atMs >= theirs.atMs + clock.offsetMs);
  const last = isOurs ? ours : theirs;
  if (last === undefined) return undefined;
  const about = last.atMs + (isOurs ? 0 : clock.offsetMs);
  const fitted = fit(here, peer, clock, last.fact, about);
  const end = nodeEntry(isOurs ? "here" : "peer", last, fitted);
  const entries = [...partOf("here", here, end, fitted), ...partOf("peer", peer, end, fitted)];
  entries.sort((a, b) => a.atMs - b.atMs || (a.node === b.node ? a.entry.id - b.entry.id : a.node < b.node ? -1 : 1));
  return { end: entries.find(({ node, entry }) => node === end.node && entry === last) ?? end, clock: fitted, entries };
}

/** All that one node knows of a change: the changes of the same thing near to it, each with its chain. */
function partOf(node: NodeEntry["node"], entries: readonly Entry[], end: NodeEntry, clock: Clock): NodeEntry[] {
  const related = entries.map((entry) => nodeEntry(node, entry, clock))
    .filter(({ entry, atMs }) => isRelated(entry.fact, end.entry.fact) && Math.abs(atMs - end.atMs) <= RELATED_MS)
    .sort((a, b) => Math.abs(a.atMs - end.atMs) - Math.abs(b.atMs - end.atMs));
  const chosen = related.filter(({ atMs }, at) => at === 0 || Math.abs(atMs - end.atMs) <= TOGETHER_MS);
  const found = new Set(chosen.flatMap(({ entry }) => chain(entries, entry)));
  return [...found].map((entry) => nodeEntry(node, entry, clock));
}

function nodeEntry(node: NodeEntry["node"], entry: Entry, { offsetMs }: Clock): NodeEntry {
  return { node, entry, atMs: entry.atMs + (node === "peer" ? offsetMs : 0) };
}

/** Whether two changes of state are about one thing. */
function isRelated(fact: Fact, other: Fact): boolean {
  if (fact.type === "transition" && other.type === "transition") {
    return fact.kind === other.kind && fact.name === other.name ||
      (fact.addresses ?? []).some((address) => other.addresses?.includes(address));
  }
  if (fact.type === "server" && other.type === "server") {
    return fact.name === other.name && fact.service === other.service;
  }
  return fact.type === "service" && other.type === "service" && fact.name === other.name;
}

/** Moves the peer's times as little as it takes to have nothing heard before it was said. */
function fit(
  here: readonly Entry[],
  peer: readonly Entry[],
  clock: Clock,
  about: Fact,
  aboutMs: number,
): FittedClock {
  const { offsetMs } = clock;
  const near = (entries: readonly Entry[], movedMs: number): Entry[] =>
    entries.filter(({ fact, atMs }) => isRelated(fact, about) && Math.abs(atMs + movedMs - aboutMs) <= RELATED_MS);
  const [ours, theirs] = [near(here, 0), near(peer, offsetMs)];
  // Both by how much the peer's times have to be moved on top of what is known.
  const atMost = pairs(theirs, ours, offsetMs).map(({ cause, effect }) => effect - LEAST_MS - cause);
  const atLeast = pairs(ours, theirs, -offsetMs).map(({ cause, effect }) => cause + LEAST_MS - effect);
  const [low, high] = [Math.max(-Infinity, ...atLeast), Math.min(Infinity, ...atMost)];
  const isContradictory = low > high;
  const movedMs = isContradictory ? 0 : Math.min(Math.max(0, low), high);
  return { ...clock, offsetMs: offsetMs + movedMs, movedMs, isContradictory };
}

/**
 * What one node did and the other heard of, in the time of the one who heard.
 *
 * @param offsetMs what the causes' times are moved by to be in the effects' time
 */
function pairs(
  causes: readonly Entry[],
  effects: readonly Entry[],
  offsetMs: number,
): { readonly cause: number; readonly effect: number }[] {
  return effects.flatMap(({ fact, atMs }) => {
    const heard = fact.type === "transition" ? heardOf(fact) : undefined;
    if (heard === undefined) return [];
    const effect = atMs - heard.agoMs;
    const candidates = causes.filter(({ fact: said }) => said.type === "transition" && heard.isIt(said))
      .map((entry) => entry.atMs + offsetMs)
      .sort((a, b) => Math.abs(a - effect) - Math.abs(b - effect));
    const [cause] = candidates;
    return cause === undefined ? [] : [{ cause, effect }];
  });
}

/** Which transition of the other node a transition follows from, and how long before it was heard of. */
function heardOf(
  { to, from, reason, priority, heard }: Transition,
): { readonly agoMs: number; readonly isIt: (said: Transition) => boolean } | undefined {
  const higher = reason.match(/^advertisement of higher priority (\d+)/)?.[1];
  if (from === "master" && higher !== undefined) {
    return { agoMs: 0, isIt: (said) => said.to === "master" && said.priority === Number(higher) };
  }
  // The other one's priority 0 came before; a silent one, or one that is preempted, tells nothing of its clock.
  if (to === "master" && heard?.priority === 0 && !preempts(reason, priority, heard)) {
    return { agoMs: heard.agoMs, isIt: (said) => said.from === "master" };
  }
  return undefined;
}
