// Log lines of agents and certificates. keepalived has none. Only text, no state.
import type { AgentStep } from "./live_agent.ts";
import { type CertificateStep, validity } from "./live_certificate.ts";
import type { LiveStep } from "./live_server.ts";

/** What is worth a line of one answer of an agent. A weight has its own. */
export function agentLines({ before, after }: AgentStep, mode: LiveStep["mode"], server: string): string[] {
  const lines: string[] = [];
  if (before.silence === undefined && after.silence !== undefined) {
    lines.push(`Agent of ${server} is not heard: ${after.silence}. What it said before holds.`);
  }
  if (before.silence !== undefined && after.silence === undefined) lines.push(`Agent of ${server} is heard again.`);
  if (before.mode !== after.mode) {
    const but = mode === undefined ? "; an operator wants something else" : "";
    lines.push(`Agent of ${server} says ${after.mode}${but}`);
  }
  return lines;
}

/** A certificate that ends soon has a line a day; one that was renewed has one. */
export function certificateLines({ before, after }: CertificateStep, server: string): string[] {
  const day = new Date(after.notAfterMs).toISOString().slice(0, 10);
  if (after.ending) {
    const isKnown = before?.ending === true && before.daysLeft === after.daysLeft;
    return isKnown ? [] : [`warning: ${server}: ${validity(after)} (${day})`];
  }
  return before?.ending === true ? [`${server}: ${validity(after)} (${day})`] : [];
}
