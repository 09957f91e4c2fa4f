// What scripts, FIFOs and mails are told, as keepalived says it (keepalived.conf(5), notify and notify_fifo). Only text.

/** What happened to an instance or a sync group. */
export type VrrpWord =
  | "MASTER"
  | "BACKUP"
  | "FAULT"
  | "STOP"
  | "DELETED"
  | "MASTER_RX_LOWER_PRI"
  | "MASTER_PRIORITY"
  | "BACKUP_PRIORITY";

/** What is told of an instance or a sync group. */
export interface VrrpNews {
  readonly kind: "instance" | "group";
  readonly name: string;
  readonly word: VrrpWord;
  /** The effective one; 0 for a group. */
  readonly priority: number;
}

/** A line for a FIFO: `INSTANCE "VI_1" MASTER 100`. */
export function vrrpLine({ kind, name, word, priority }: VrrpNews): string {
  return `${kind.toUpperCase()} "${name}" ${word} ${priority}\n`;
}

/** The arguments that `notify` gets behind its own. */
export function vrrpArguments({ kind, name, word, priority }: VrrpNews): string[] {
  return [kind.toUpperCase(), name, word, String(priority)];
}

/** `RS [192.0.2.1]:tcp:80 [10.0.0.1]:tcp:80 UP`, and `VS [10.0.0.1]:tcp:80 UP` without a real server. */
export function serverLine(virtualServer: string, realServer: string | undefined, to: "up" | "down"): string {
  const who = realServer === undefined ? `VS ${virtualServer}` : `RS ${realServer} ${virtualServer}`;
  return `${who} ${to.toUpperCase()}\n`;
}
