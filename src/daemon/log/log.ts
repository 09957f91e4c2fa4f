// Where the daemon's log goes, and in which form. What syslogd or journald does not take goes to standard error and is never
// waited for: a log must not hold up what it tells of.
import { UnixDatagrams } from "../../linux/unix_datagrams.ts";
import {
  FACILITIES,
  journaldDatagram,
  jsonText,
  type Level,
  LEVELS,
  type LogLine,
  logLine,
  plainText,
  prefixed,
  syslogDatagrams,
} from "./log_line.ts";

/** How it is wanted. */
export interface LogOptions {
  readonly format: "text" | "json";
  readonly target: "stderr" | "syslog" | "journald";
  /** Lines that matter less are left out. */
  readonly level: Level;
  /** A name of `FACILITIES`. */
  readonly facility: string;
  /** Sockets, for tests. */
  readonly syslogPath?: string;
  readonly journaldPath?: string;
}

const SYSLOG_PATH = "/dev/log";
const JOURNALD_PATH = "/run/systemd/journal/socket";
/** Longest message in one datagram; the kernel's limit is some 200 kB, and syslogd's often 8 kB. */
const MAX_MESSAGE = 6000;

/** Takes lines as the daemon says them; a word such as `warning: ` in front says how much they matter. */
export type Log = (line: string) => void;

/** The log of a process. */
export function openLog(options: LogOptions): Log {
  const { format, target, level } = options;
  const send = target === "stderr" ? undefined : sender(options);
  const isJournal = isJournalStream();
  const write = (line: LogLine): void => {
    const say = (said: LogLine): string => format === "json" ? jsonText(said, Deno.pid) : plainText(said);
    if (send?.(line, say({ ...line, message: line.message.slice(0, MAX_MESSAGE) }))) return;
    const text = say(line);
    if (isJournal) console.error(prefixed(line, text));
    else console.error(format === "json" ? text : `${new Date(line.atMs).toISOString()} ${text}`);
  };
  return (text) => {
    const line = logLine(text, Date.now());
    if (LEVELS[line.level] <= LEVELS[level]) write(line);
  };
}

/** Hands lines to syslogd or journald. @returns false when it was not taken */
function sender(options: LogOptions): (line: LogLine, text: string) => boolean {
  const { target, facility, syslogPath = SYSLOG_PATH, journaldPath = JOURNALD_PATH } = options;
  const about = { pid: Deno.pid, facility: FACILITIES[facility] ?? 3 };
  const path = target === "syslog" ? syslogPath : journaldPath;
  let socket: UnixDatagrams;
  try {
    socket = new UnixDatagrams(path);
  } catch (error) {
    console.error(`warning: cannot log to ${target}: ${error instanceof Error ? error.message : error}`);
    return () => false;
  }
  let isTaken = true;
  return (line, text) => {
    const datagrams = target === "syslog" ? syslogDatagrams(line, text, about) : [journaldDatagram(line, text, about)];
    const taken = datagrams.every((datagram) => socket.send(datagram));
    if (!taken && isTaken) console.error(`warning: nobody takes the log at ${path}: it goes here`);
    isTaken = taken;
    return taken;
  };
}

/** Whether standard error is a stream of journald's, which has its own times and reads `<4>` in front (systemd.exec(5)). */
function isJournalStream(): boolean {
  const stream = Deno.env.get("JOURNAL_STREAM");
  if (stream === undefined) return false;
  try {
    const { dev, ino } = Deno.statSync("/proc/self/fd/2");
    return stream === `${dev}:${ino}`;
  } catch {
    return false;
  }
}
