// Which fact led to which. Remembers the last of each kind and finds the one that a new fact came of; knows no time.
import type { Fact, RouterFact } from "./entry.ts";

type Transition = RouterFact & { type: "transition" };

/** Names come from configurations and are few; whatever happens, this bounds the memory. */
const MAX_REMEMBERED = 20_000;

/** Finds causes. Feed it every fact, in order. */
export class CauseFinder {
  /** Ids by `kind name`. */
  readonly #last = new Map<string, number>();
  /** The last change of each instance's effective priority. */
  readonly #priorities = new Map<string, { id: number; from: number; to: number }>();

  /** @param id the id that the fact gets @returns that of its cause, if one is known */
  next(id: number, fact: Fact): number | undefined {
    if (this.#last.size > MAX_REMEMBERED) this.#last.clear();
    if (this.#priorities.size > MAX_REMEMBERED) this.#priorities.clear();
    const cause = this.#causeOf(fact);
    this.#remember(id, fact);
    return cause;
  }

  #causeOf(fact: Fact): number | undefined {
    switch (fact.type) {
      case "fault":
        return this.#causeOfFault(fact.cause);
      case "priority": {
        const [first] = fact.because;
        if (first !== undefined) return this.#last.get(`${first.kind} ${withoutWatermark(first.name)}`);
        return latest(this.#last.get(`operator ${fact.name}`), this.#last.get("reload"));
      }
      case "transition":
        return this.#causeOfTransition(fact);
      case "addresses":
        return this.#last.get(`transition ${fact.name}`);
      case "announced":
        return this.#last.get(`addresses ${fact.name}`);
      case "service":
        return latest(this.#last.get(`server of ${fact.name}`), this.#last.get("reload"));
      case "link":
      case "forbidden":
      case "track":
      case "server":
      case "remark":
      case "operator":
      case "daemon":
      case "role":
      case "reload":
      case "lost":
        return undefined;
      default:
        return fact satisfies never;
    }
  }

  /** Faults are sentences that name what they are about: `interface eth0 is down`, `script chk fails`. */
  #causeOfFault(text: string): number | undefined {
    const [, server] = text.match(/^virtual server (.+) has /) ?? [];
    if (server !== undefined) return this.#last.get(`virtual_server ${withoutWatermark(server)}`);
    const [, kind, name] = text.match(/^(interface|link|script|process|track file|BFD session) (\S+) /) ?? [];
    if (kind === undefined) return undefined;
    return this.#last.get(`${kind === "link" ? "interface" : kind === "track file" ? "file" : kind} ${name}`);
  }

  #causeOfTransition(fact: Transition): number | undefined {
    const { name, from, to, reason } = fact;
    // What a member of a sync group does because of another is said as `other: reason`.
    const [, other] = reason.match(/^(\S+): /) ?? [];
    if (other !== undefined && other !== name && this.#last.has(`instance ${other}`)) {
      return this.#last.get(`instance ${other}`);
    }
    if (reason.startsWith("an operator ")) return this.#last.get(`operator ${name}`);
    if (to === "init" || from === "init") {
      return latest(this.#last.get("daemon"), this.#last.get("reload"), this.#last.get("role vrrp"));
    }
    if (to === "fault") {
      return latest(...reason.split(", ").map((cause) => this.#last.get(`fault ${name} ${cause}`)));
    }
    if (from === "fault") return this.#last.get(`cleared ${name}`);
    return this.#causeOfOrder(fact);
  }

  /** Who is master depends on priorities: did a change of ours turn the order round? */
  #causeOfOrder({ name, priority, reason, heard }: Transition): number | undefined {
    const changed = this.#priorities.get(name);
    const higher = reason.match(/^advertisement of higher priority (\d+)/)?.[1];
    if (higher !== undefined) {
      const theirs = Number(higher);
      return changed !== undefined && changed.from >= theirs && changed.to < theirs ? changed.id : undefined;
    }
    if (!preempts(reason, priority, heard)) return undefined;
    const theirs = heard?.priority ?? 0;
    const turned = changed !== undefined && changed.from <= theirs && changed.to > theirs ? changed.id : undefined;
    return latest(turned, this.#last.get(`operator ${name}`)); // an operator may have held it back until now
  }

  #remember(id: number, fact: Fact): void {
    const set = (...keys: readonly string[]): void => {
      for (const key of keys) this.#last.set(key, id);
    };
    switch (fact.type) {
      case "link":
        return set(`interface ${fact.name}`);
      case "track":
        return set(`${fact.kind} ${fact.name}`);
      case "fault":
        return set(`instance ${fact.name}`, fact.present ? `fault ${fact.name} ${fact.cause}` : `cleared ${fact.name}`);
      case "priority":
        this.#priorities.set(fact.name, { id, from: fact.from, to: fact.to });
        return set(`instance ${fact.name}`);
      case "forbidden":
        return set(`forbidden ${fact.name}`);
      case "transition":
        return set(`instance ${fact.name}`, `transition ${fact.name}`);
      case "addresses":
        return set(`addresses ${fact.name}`);
      case "operator":
        return fact.passing ? undefined : set(...fact.names.map((name) => `operator ${name}`));
      case "role":
        return set(`role ${fact.name}`);
      case "reload":
        return fact.accepted ? set("reload") : undefined;
      case "daemon":
        return set("daemon");
      case "server":
        return set(`server of ${fact.service}`);
      case "service":
      case "remark":
      case "announced":
      case "lost":
        return;
      default:
        return fact satisfies never;
    }
  }
}

/** Whether a transition to master took over from a router that was heard, with lower priority, until then. */
export function preempts(reason: string, priority: number, heard: Transition["heard"]): boolean {
  if (!reason.startsWith("no advertisement ") || heard?.lately !== true) return false;
  return heard.priority > 0 && heard.priority < priority;
}

/** An instance may ask for more than the quorum of a virtual server: `tcp 10.0.0.1:80 min_servers 2`. */
function withoutWatermark(name: string): string {
  return name.replace(/ min_(servers|weight) \d+/g, "");
}

function latest(...ids: readonly (number | undefined)[]): number | undefined {
  return ids.reduce((best, id) => best === undefined || (id !== undefined && id > best) ? id : best, undefined);
}
