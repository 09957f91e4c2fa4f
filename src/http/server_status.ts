// The status words and row classes of real servers, as HAProxy's page and CSV write them. Renders nothing.
import type { RealServerSnapshot, VirtualServerSnapshot } from "../ports/snapshot.ts";

/** What the status of a real server is made of. */
export type ServerStatusFacts = Pick<
  RealServerSnapshot,
  "state" | "weight" | "check" | "presence" | "override" | "backup"
>;

/** HAProxy's row classes: backup for a real server marked so and for the sorry server, active for all others. */
export type ServerClass =
  | `${"active" | "backup"}_${
    | "up"
    | "going_down"
    | "going_up"
    | "down"
    | "draining"
    | "no_check"}`
  | "maintain";

/** The status of a sorry server: keepalived never checks it. */
export const SORRY_SERVER_STATUS = "no check";

/**
 * HAProxy's status text: `UP`, `UP n/m` (n failures left of the m that take it down), `DOWN`, `DOWN n/m` (n successes of
 * the m that bring it up), `DRAIN` and `DRAIN n/m` (up, but draining or configured with weight 0), `MAINT` (taken out by
 * an operator, or drained), `no check`.
 */
export function serverStatusText(server: ServerStatusFacts): string {
  const { state, check } = server;
  if (server.presence === "out") return "MAINT";
  const drains = server.presence === "draining" || (server.override?.weight ?? server.weight.configured) === 0;
  const upWord = drains ? "DRAIN" : "UP";
  switch (state) {
    case "up":
      return upWord;
    case "going-down":
      return check === undefined ? upWord : `${upWord} ${failuresLeft(check)}/${check.fall}`;
    case "down":
      return "DOWN";
    case "going-up":
      // The snapshot does not count successes: 1 is certain, and with keepalived's rise of 1 this state never lasts.
      return check === undefined ? "DOWN" : `DOWN 1/${check.rise}`;
    case "no-check":
      return server.presence === "draining" ? "DRAIN" : "no check";
    default:
      return state satisfies never;
  }
}

/**
 * The class of the row, and so its colour. Weight 0 counts as draining whatever the text says, as in HAProxy; but a backup
 * that stands by does not drain.
 */
export function serverClass(server: ServerStatusFacts): ServerClass {
  const { state, weight, backup = false } = server;
  const rank = backup ? "backup" : "active";
  const hasNone = weight.configured === 0 || (backup ? server.override?.weight === 0 : weight.effective === 0);
  if (server.presence === "out") return "maintain";
  if (server.presence === "draining") return `${rank}_draining`;
  const isUp = state === "up" || state === "going-down";
  if (isUp && hasNone) return `${rank}_draining`;
  switch (state) {
    case "up":
      return `${rank}_up`;
    case "going-down":
      return `${rank}_going_down`;
    case "down":
      return `${rank}_down`;
    case "going-up":
      return `${rank}_going_up`;
    case "no-check":
      return `${rank}_no_check`;
    default:
      return state satisfies never;
  }
}

/** How many servers may get connections: HAProxy's Act and Bck of a backend. A backup that stands by counts, as there. */
export function usableServers(
  { realServers, sorryServer }: Pick<VirtualServerSnapshot, "realServers" | "sorryServer">,
): { readonly active: number; readonly backup: number } {
  const backups = realServers.filter((entry) => {
    const isUp = entry.state === "up" || entry.state === "going-down" || entry.state === "no-check";
    return entry.backup === true && (entry.presence ?? "present") === "present" && isUp;
  });
  const active = realServers.filter(({ backup, weight }) => backup !== true && weight.effective > 0);
  return { active: active.length, backup: backups.length + (sorryServer?.active ? 1 : 0) };
}

function failuresLeft(check: { readonly fall: number; readonly consecutiveFailures: number }): number {
  return Math.max(0, check.fall - check.consecutiveFailures);
}
