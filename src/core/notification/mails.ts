// Mails about what happened: keepalived's subjects, which filters look for, and our own words below. Only text.
import type { VrrpNews } from "./words.ts";

/** A mail without its envelope. */
export interface MailText {
  readonly subject: string;
  readonly text: string;
}

/** What is mailed of an instance or a sync group. */
export function vrrpMail(routerId: string, { kind, name, word, priority }: VrrpNews): MailText {
  const what = kind === "group" ? "VRRP Group" : "VRRP Instance";
  const how = word === "DELETED" ? "Deleted" : `Entering ${word} state`;
  const who = kind === "group" ? `The sync group ${name}` : `The VRRP instance ${name}`;
  const lines = word === "DELETED"
    ? [`${who} on ${routerId} was removed by a reload.`]
    : [`${who} on ${routerId} is in the state ${word} now.`, MEANING[word] ?? ""];
  if (kind === "instance") lines.push(`Its effective priority is ${priority}.`);
  return mail(routerId, `${what} ${name} - ${how}`, lines);
}

const MEANING: Readonly<Partial<Record<VrrpNews["word"], string>>> = {
  MASTER: "This host holds its virtual addresses.",
  BACKUP: "This host does not hold its virtual addresses.",
  FAULT: "This host can't hold its virtual addresses.",
};

/** What is mailed of a virtual server, a real server, or a checker that changes nothing about its real server. */
export function serverMail(
  routerId: string,
  news: {
    readonly kind: "virtual-server" | "real-server" | "checker";
    readonly virtualServer: string;
    readonly realServer: string | undefined;
    readonly to: "up" | "down";
    readonly reason: string;
  },
): MailText {
  const { kind, virtualServer, realServer, to, reason } = news;
  const state = to.toUpperCase();
  const because = `Reason: ${reason}.`;
  if (realServer === undefined) {
    const lines = [`The virtual server ${virtualServer} on ${routerId} is ${state} now.`, because];
    return mail(routerId, `Virtualserver ${virtualServer} - ${state}`, lines);
  }
  const subject = `Realserver ${realServer} of virtual server ${virtualServer} - ${state}`;
  const verdict = kind === "checker"
    ? `Another check of the real server ${realServer} of ${virtualServer} says ${state} now.`
    : `The real server ${realServer} of the virtual server ${virtualServer} on ${routerId} is ${state} now.`;
  return mail(routerId, subject, [verdict, because]);
}

function mail(routerId: string, subject: string, lines: readonly string[]): MailText {
  const text = lines.filter((line) => line !== "").map((line) => `${printable(line)}\n`).join("");
  return { subject: printable(`[${routerId}] ${subject}`), text };
}

/** Names and what servers answer may hold anything. */
function printable(line: string): string {
  // deno-lint-ignore no-control-regex -- removing them is the point
  return line.slice(0, 900).replace(/[\x00-\x1f\x7f]/g, "?");
}
