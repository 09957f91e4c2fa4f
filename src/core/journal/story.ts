// The journal in plain sentences, and the chain of facts that led to one and came of it.
import { formatDuration } from "../../base/duration.ts";
import { preempts } from "./causes.ts";
import type { Entry, Fact, RouterFact } from "./entry.ts";

type Transition = RouterFact & { type: "transition" };

/** One sentence without time and period. */
export function sentence(fact: Fact): string {
  switch (fact.type) {
    case "link":
      return `interface ${fact.name} is ${fact.state === "missing" ? "gone" : fact.state}`;
    case "track":
      return trackSentence(fact);
    case "fault":
      return fact.present ? `${fact.name} cannot serve: ${fact.cause}` : `${fact.name}: it is over that ${fact.cause}`;
    case "forbidden":
      return `${fact.name} would become master, but must not: ${fact.reason}`;
    case "priority": {
      const because = fact.because.map(({ kind, name }) => `${kind} ${name}`).join(", ");
      const why = because === "" ? "" : `, because of ${because}`;
      return `${fact.name}: effective priority ${fact.from} -> ${fact.to}${why}`;
    }
    case "transition":
      return `${fact.name}: ${fact.from.toUpperCase()} -> ${fact.to.toUpperCase()}: ${reasonOf(fact)}`;
    case "addresses": {
      const moved = fact.addresses.filter((address) => !fact.refused.includes(address));
      const refused = fact.refused.length === 0 ? "" : `; refused by the kernel: ${fact.refused.join(", ")}`;
      return `${fact.name}: ${fact.verb} ${moved.join(", ") || "nothing"}${refused}`;
    }
    case "announced":
      return `${fact.name}: sent ${fact.count} gratuitous ARP and neighbor advertisements`;
    case "server":
      return `${fact.name} of ${fact.service} is ${fact.up ? "up" : "down"}${fact.text === "" ? "" : `: ${fact.text}`}`;
    case "remark":
      return `${fact.name} of ${fact.service}: ${fact.text}`;
    case "service":
      return `${fact.name} is ${fact.up ? "up" : "down"}: ${fact.text}`;
    case "operator":
      return `operator: ${fact.text}`;
    case "lost":
      return `${fact.count} facts could not be written`;
    case "daemon":
    case "role":
    case "reload":
      return fact.text;
    default:
      return fact satisfies never;
  }
}

/** The names that a fact is about: instances, groups, interfaces, scripts, addresses. */
export function namesOf(fact: Fact): readonly string[] {
  switch (fact.type) {
    case "addresses":
      return [fact.name, ...fact.addresses];
    case "transition":
      return [fact.name, ...(fact.addresses ?? [])];
    case "operator":
      return fact.names;
    case "server":
    case "remark":
      return [fact.name, fact.service];
    case "service":
      return [fact.name, fact.name.replace(/^\S+ /, "")];
    case "link":
    case "track":
    case "fault":
    case "forbidden":
    case "priority":
    case "announced":
    case "role":
      return [fact.name];
    case "daemon":
    case "reload":
    case "lost":
      return [];
    default:
      return fact satisfies never;
  }
}

/**
 * The last change of state, of whatever or of that name, until a time.
 *
 * @param name of an instance, a sync group, a virtual address, a virtual server (with or without protocol), a real server
 */
export function lastTransition(entries: readonly Entry[], name?: string, untilMs = Infinity): Entry | undefined {
  const moved = new Set(
    entries.flatMap(({ fact, cause }) =>
      fact.type === "addresses" && fact.addresses.includes(name ?? "") ? [cause] : []
    ),
  );
  return entries.findLast(({ id, atMs, fact }) => {
    if (atMs > untilMs) return false;
    if (fact.type === "server" || fact.type === "service") {
      return name === undefined || fact.name === name || (fact.type === "service" && namesOf(fact).includes(name));
    }
    if (fact.type !== "transition") return false;
    return name === undefined ? fact.to !== "init" : fact.name === name || moved.has(id);
  });
}

/** What led to an entry, it itself, and what came of it, in order. Entries that are written over are missing. */
export function chain(entries: readonly Entry[], end: Entry): Entry[] {
  const byId = new Map(entries.map((entry) => [entry.id, entry]));
  const found = new Map<number, Entry>();
  // A cause is always older; this also ends a ring in a damaged file.
  for (let at: Entry | undefined = end; at !== undefined && !found.has(at.id);) {
    found.set(at.id, at);
    at = at.cause === undefined || at.cause >= at.id ? undefined : byId.get(at.cause);
  }
  const results = new Set([end.id]);
  for (const entry of entries) {
    if (entry.id <= end.id || entry.cause === undefined || !results.has(entry.cause)) continue;
    results.add(entry.id);
    found.set(entry.id, entry);
  }
  return [...found.values()].sort((left, right) => left.id - right.id);
}

function trackSentence({ kind, name, value }: Fact & { type: "track" }): string {
  if (kind === "script") {
    return `script ${name} ${value === "up" ? "succeeds" : value === "down" ? "fails" : "has no result"}`;
  }
  if (kind === "virtual_server") return `virtual server ${name} ${value}`;
  if (kind === "bfd") return `BFD session ${name} is ${value}`;
  if (kind === "process") return `process ${name} has ${value === "up" ? "quorum" : "no quorum"}`;
  return `track file ${name} says ${value}`;
}

/** The state machine's reason, and where that is silence, whose. */
function reasonOf(fact: Transition): string {
  const { reason, heard, priority } = fact;
  if (!reason.startsWith("no advertisement ")) return reason;
  if (heard === undefined) return `${reason}, and no other router has ever been heard`;
  const ago = `${formatDuration(heard.agoMs)} ago`;
  if (heard.priority === 0) return `${heard.address} said ${ago} that it leaves (priority 0)`;
  if (preempts(reason, priority, heard)) {
    return `${heard.address} was master with the lower priority ${heard.priority} (heard ${ago}), and this one preempts`;
  }
  return `${reason}: ${heard.address} (priority ${heard.priority}) was heard last ${ago}`;
}
