// One line of the log as each of its readers wants it: people, programs, syslogd, journald. Pure but for the encoder.

/** How much a line matters: syslog(3). */
export const LEVELS = { error: 3, warning: 4, notice: 5, info: 6 } as const;
export type Level = keyof typeof LEVELS;

/** syslog(3); `local0` to `local7` as keepalived's `-S 0` to `-S 7`. */
export const FACILITIES: Readonly<Record<string, number>> = {
  daemon: 3,
  ...Object.fromEntries(Array.from({ length: 8 }, (_, at) => [`local${at}`, 16 + at])),
};

/** A line and what is known of it. */
export interface LogLine {
  readonly atMs: number;
  readonly level: Level;
  /** Without the word of its level. */
  readonly message: string;
}

const IDENTIFIER = "holdfast";
const encoder = new TextEncoder();

/** What makes a line an error, or worth more than others, where it does not say so itself. */
const ERRORS = /^cannot |^the \w+ role \(\d+\) ended |^the \w+ role cannot work|split brain: /;
const WARNINGS = /Entering FAULT STATE|^\(\S+\) would become master, but must not|^Lost quorum|^Removing service/;
const NOTICES = new RegExp(
  "Entering \\w+ STATE|^VRRP_Group\\(|Changing effective priority|^operator: |^Operator |^configuration \\d+ is in use|" +
    "^(Adding|Enabling|Disabling|Shutting down|Draining) |^Gained quorum|split brain is over|" +
    "^Holdfast \\S+ starting|^SIG\\w+ received|^stopped$",
);

/** Reads the level off a line. */
export function logLine(line: string, atMs: number): LogLine {
  const [, word, rest = ""] = line.match(/^\n?(warning|error): ([^]*)$/) ?? [];
  if (word === "warning" || word === "error") return { atMs, level: word, message: rest };
  const message = line.replace(/^\n/, "");
  const level = ERRORS.test(message)
    ? "error"
    : WARNINGS.test(message)
    ? "warning"
    : NOTICES.test(message)
    ? "notice"
    : "info";
  return { atMs, level, message };
}

/** One JSON object, without line feeds. */
export function jsonText({ atMs, level, message }: LogLine, pid: number): string {
  return JSON.stringify({ time: new Date(atMs).toISOString(), level, message, pid });
}

/** As people read it where somebody else writes the time: each line with its level, sd-daemon(3). */
export function prefixed({ level }: LogLine, text: string): string {
  return text.split("\n").filter((line) => line !== "").map((line) => `<${LEVELS[level]}>${line}`).join("\n");
}

/** For people, without time. */
export function plainText({ level, message }: LogLine): string {
  return level === "warning" || level === "error" ? `${level}: ${message}` : message;
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** Datagrams for /dev/log (RFC 3164, local time, as syslog(3) makes them): one for each line of the text. */
export function syslogDatagrams(
  { atMs, level }: LogLine,
  text: string,
  { pid, facility }: { readonly pid: number; readonly facility: number },
): Uint8Array<ArrayBuffer>[] {
  const moment = new Date(atMs);
  const two = (value: number, fill = "0"): string => String(value).padStart(2, fill);
  const clock = [moment.getHours(), moment.getMinutes(), moment.getSeconds()].map((value) => two(value)).join(":");
  const time = `${MONTHS[moment.getMonth()]} ${two(moment.getDate(), " ")} ${clock}`;
  const head = `<${facility * 8 + LEVELS[level]}>${time} ${IDENTIFIER}[${pid}]: `;
  return text.split("\n").filter((line) => line !== "")
    .map((line) => encoder.encode(head + line) as Uint8Array<ArrayBuffer>);
}

/** The datagram of journald's own protocol (systemd.io/JOURNAL_NATIVE_PROTOCOL): fields; those with line feeds with a length. */
export function journaldDatagram(
  { level }: LogLine,
  text: string,
  { pid, facility }: { readonly pid: number; readonly facility: number },
): Uint8Array<ArrayBuffer> {
  const bytes = encoder.encode(text);
  const fields = encoder.encode(
    `PRIORITY=${
      LEVELS[level]
    }\nSYSLOG_FACILITY=${facility}\nSYSLOG_IDENTIFIER=${IDENTIFIER}\nSYSLOG_PID=${pid}\nMESSAGE\n`,
  );
  const datagram = new Uint8Array(fields.length + 8 + bytes.length + 1);
  datagram.set(fields);
  new DataView(datagram.buffer).setBigUint64(fields.length, BigInt(bytes.length), true);
  datagram.set(bytes, fields.length + 8);
  datagram[datagram.length - 1] = 10;
  return datagram;
}
