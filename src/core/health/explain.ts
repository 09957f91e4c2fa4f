// Why a real server gets the connections that it gets: causes in plain words, the one that decides first. Pure.
import type { AgentState } from "./agent.ts";
import { drainDeadlineUs, type Override, type Presence, type PresenceTerms } from "./presence.ts";
import type { Duty } from "./pool.ts";
import type { RealServerHealth } from "./real_server.ts";

/** All that is known about one real server. */
export interface ServerFacts {
  readonly health: Pick<RealServerHealth, "up" | "checkers">;
  /** Whether it counts as up: an operator may have said so; default: `health.up`. */
  readonly counts?: boolean;
  /** In the order of `health.checkers`. */
  readonly checks: readonly {
    /** The keyword, such as TCP_CHECK. */
    readonly name: string;
    /** Tries that fail before the server is down. */
    readonly fall: number;
    /** The last result, undefined before the first. */
    readonly text: string | undefined;
    /** Checkers that get the results of the same probe; default 1. */
    readonly sharers?: number;
    /** What is wrong although it is good. */
    readonly warning?: string | undefined;
  }[];
  /** What its agent has said, if it has one. */
  readonly agent?: AgentState | undefined;
  readonly terms: PresenceTerms;
  readonly presence: Presence;
  readonly override: Override | undefined;
  /** It is in the configuration no more. */
  readonly removed: boolean;
  readonly weight: { readonly configured: number; readonly wanted: number; readonly effective: number };
  readonly inhibitOnFailure: boolean;
  /** Of its virtual server. */
  readonly quorum: { readonly need: number; readonly have: number };
  readonly sorryServerActive: boolean;
  /** What it does in a pool with backups or `fail_open`; undefined: the pool has neither. */
  readonly pool?: { readonly duty: Duty; readonly backup: boolean; readonly backupBelow: number };
  /** Why `ha_suspend` or `follow_instance` holds the checks back, as the end of a sentence. */
  readonly suspended: string | undefined;
  /** Undefined while the table cannot be read. */
  readonly connections: number | undefined;
}

/** The causes; never empty. */
export function explain(facts: ServerFacts, nowUs: number): string[] {
  const causes = [
    ...presenceCauses(facts, nowUs),
    ...poolCauses(facts),
    ...healthCauses(facts),
    ...checkCauses(facts),
    ...quorumCauses(facts),
    ...weightCauses(facts, nowUs),
    ...(facts.suspended === undefined ? [] : [`its checks are held back: ${facts.suspended}`]),
  ];
  const warnings = facts.checks.flatMap(({ name, warning }) => warning === undefined ? [] : [`${name}: ${warning}`]);
  const silence = facts.agent?.silence;
  const unheard = silence === undefined ? [] : [`its agent is not heard (${silence}): what it said before holds`];
  return [...causes.length > 0 ? causes : [usualCause(facts)], ...warnings, ...unheard];
}

function usualCause({ checks }: ServerFacts): string {
  if (checks.length === 0) return "nothing checks it, so it counts as up";
  const sharers = Math.max(...checks.map((check) => check.sharers ?? 1));
  return sharers > 1 ? `all its checks are good (one probe for ${sharers} servers)` : "all its checks are good";
}

function presenceCauses(facts: ServerFacts, nowUs: number): string[] {
  const { presence, override, removed, terms, connections, agent } = facts;
  const isAgents = override?.mode === undefined && agent !== undefined;
  const who = removed
    ? "it has left the configuration"
    : isAgents
    ? `its agent took it out${saidByAgent(agent)}`
    : `an operator took it out${saidBy(override)}`;
  switch (presence.name) {
    case "present":
      return [];
    case "draining": {
      const left = connections === undefined ? "its connections" : count(connections, "connection");
      const deadlineUs = drainDeadlineUs(terms, presence);
      const limit = deadlineUs === undefined ? "" : `, for ${seconds(deadlineUs - nowUs)} more at most`;
      return [`${who}: it gets nothing new and waits for ${left} to end${limit}`];
    }
    case "out":
      if (presence.drained === "maint") {
        return [
          isAgents
            ? `its agent put it into maintenance${saidByAgent(agent)}`
            : `an operator put it into maintenance${saidBy(override)}`,
        ];
      }
      return [
        presence.drained === "ended"
          ? `${who}, and its connections have ended`
          : `${who}, and its time to drain is over`,
      ];
    default:
      return presence satisfies never;
  }
}

function poolCauses({ pool }: ServerFacts): string[] {
  if (pool === undefined) return [];
  const { duty, backup, backupBelow } = pool;
  if (duty === "held") return ["it gets connections although its checks fail: no real server is up (fail_open)"];
  if (!backup) return [];
  const few = backupBelow === 1 ? "no other is up" : `fewer than ${backupBelow} others are up`;
  if (duty === "stands-by") return [`it is a backup: it gets nothing new until ${few}`];
  return duty === "serves" ? [`it is a backup, and serves while ${few}`] : [];
}

function healthCauses({ override }: ServerFacts): string[] {
  if (override?.health === undefined) return [];
  return [`an operator says that it is ${override.health}, whatever its checks say${saidBy(override)}`];
}

function checkCauses({ health, counts = health.up, checks, inhibitOnFailure, pool }: ServerFacts): string[] {
  const causes = health.checkers.flatMap((checker, index) => {
    const { name: keyword, fall, text, sharers = 1 } = checks[index] ?? { name: "its check", fall: 1, text: undefined };
    const name = sharers > 1 ? `${keyword} (one probe for ${sharers} servers)` : keyword;
    const said = text === undefined ? "" : `: ${text}`;
    if (!checker.up) return [checker.judged ? `${name} fails${said}` : `${name} has not succeeded yet`];
    return checker.failures > 0 ? [`${name} failed ${checker.failures} of ${fall} times${said}`] : [];
  });
  const isInhibited = !counts && inhibitOnFailure && pool?.duty !== "held";
  return isInhibited ? [...causes, "it stays in the table at weight 0 (inhibit_on_failure)"] : causes;
}

function quorumCauses({ health, counts = health.up, quorum, sorryServerActive }: ServerFacts): string[] {
  if (!counts || !sorryServerActive) return [];
  return [`the sorry server has the traffic: the quorum is ${quorum.need}, the live weight ${quorum.have}`];
}

function weightCauses(
  { health, counts = health.up, presence, terms, weight, override, sorryServerActive, pool, agent }: ServerFacts,
  nowUs: number,
): string[] {
  const causes: string[] = [];
  if (override?.weight !== undefined) {
    causes.push(
      `an operator set its weight to ${override.weight}${
        saidBy(override)
      }; the configuration says ${weight.configured}`,
    );
  } else if (agent?.assumed) {
    causes.push("it had weight 0 before the restart, and its agent has not been heard yet");
  } else if (weight.wanted !== weight.configured && agent !== undefined && agent.percent !== 100) {
    causes.push(
      `its agent wants ${agent.percent}% of its weight: ${weight.wanted}; the configuration says ${weight.configured}`,
    );
  } else if (weight.wanted !== weight.configured) {
    causes.push(`its checks set its weight to ${weight.wanted}; the configuration says ${weight.configured}`);
  } else if (weight.configured === 0) causes.push("its weight is 0 in the configuration: it gets nothing new");
  const { risingSinceUs } = presence.name === "present" ? presence : {};
  if (risingSinceUs !== undefined && counts && !sorryServerActive && pool?.duty !== "stands-by") {
    const leftUs = risingSinceUs + terms.slowStartUs - nowUs;
    causes.push(`slow start: weight ${weight.effective} of ${weight.wanted}, all of it in ${seconds(leftUs)}`);
  }
  return causes;
}

function saidBy(override: Override | undefined): string {
  if (override === undefined) return "";
  const reason = override.reason === undefined ? "" : `: ${override.reason}`;
  return ` (${override.author}${reason})`;
}

function saidByAgent({ said }: AgentState): string {
  return said === undefined ? "" : ` (${said})`;
}

function count(number: number, thing: string): string {
  return `${number} ${thing}${number === 1 ? "" : "s"}`;
}

function seconds(us: number): string {
  return `${Math.max(0, Math.ceil(us / 1_000_000))} s`;
}
