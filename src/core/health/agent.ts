// What an agent on a real server says (HAProxy's agent protocol): one line of words, and what they come to over time. Pure.

/** What one line says; what it does not say stays as it was. */
export interface AgentWords {
  /** `up`; `down`, `fail`, `stopped`. */
  readonly up?: boolean;
  readonly mode?: "ready" | "drain" | "maint";
  /** Share of the weight that the configuration and the other checks give it. */
  readonly percent?: number;
  /** Behind `#`. */
  readonly reason?: string;
}

/** What an agent has said so far. */
export interface AgentState {
  readonly up: boolean;
  readonly mode: "ready" | "drain" | "maint";
  readonly percent: number;
  /** Its last line; undefined: nothing yet. */
  readonly said?: string;
  /** Why it could not be heard at the last try. */
  readonly silence?: string;
  /** It has said nothing yet: what an earlier process left in the kernel's table is taken for its word until then. */
  readonly assumed?: true;
}

/** An agent that has said nothing. */
export const SILENT_AGENT: AgentState = { up: true, mode: "ready", percent: 100 };

/** An agent whose server is in the table with weight 0 at the start. */
export const ASSUMED_DRAIN: AgentState = { up: true, mode: "ready", percent: 0, assumed: true };

/** HAProxy's limit. */
const MAX_PERCENT = 25_600;

/**
 * Reads a line: words with blanks or commas between them, in any case and order, the later one counts. `maxconn:N` and words
 * that are not known mean nothing.
 *
 * @returns undefined when there is no word that means anything
 */
export function parseAgentLine(line: string): AgentWords | undefined {
  const [all = "", ...comment] = line.split("#");
  const reason = comment.join("#").trim();
  let words: AgentWords = {};
  let isKnown = false;
  for (const word of all.toLowerCase().split(/[\s,]+/).filter((part) => part !== "")) {
    const meaning = meaningOf(word);
    if (meaning === undefined) continue;
    isKnown = true;
    words = { ...words, ...meaning };
  }
  if (!isKnown) return undefined;
  return reason === "" ? words : { ...words, reason };
}

function meaningOf(word: string): AgentWords | undefined {
  switch (word) {
    case "up":
      return { up: true };
    case "down":
    case "fail":
    case "stopped":
      return { up: false };
    case "ready":
    case "drain":
    case "maint":
      return { mode: word };
    default: {
      if (/^maxconn:\d+$/.test(word)) return {};
      const [, digits] = /^(\d{1,9})%$/.exec(word) ?? [];
      return digits === undefined ? undefined : { percent: Math.min(Number(digits), MAX_PERCENT) };
    }
  }
}

/** After a line. `said`: the line, for people. */
export function hearAgent(state: AgentState, words: AgentWords, said: string): AgentState {
  const before = state.assumed ? SILENT_AGENT : state;
  const { up = before.up, mode = before.mode, percent = before.percent } = words;
  return { up, mode, percent, said };
}

/** After a try at which it could not be heard: nothing changes but that. */
export function missAgent(state: AgentState, reason: string): AgentState {
  return { ...(state.assumed ? SILENT_AGENT : state), silence: reason };
}

/** A share of a weight: only 0 % of it is 0, so that a server of weight 1 is not drained by 75 %. */
export function shareOf(weight: number, percent: number): number {
  if (weight === 0 || percent === 100) return weight;
  return percent === 0 ? 0 : Math.max(1, Math.floor(weight * percent / 100));
}
