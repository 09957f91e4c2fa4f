// What `holdfast top` shows: lines for a terminal of a size, ASCII only, so that a serial console shows them as they are.
// Pure: knows no terminal.
import { formatDuration } from "../base/duration.ts";
import { formatEndpoint } from "../base/ip.ts";
import type { Entry } from "../core/journal/entry.ts";
import { sentence } from "../core/journal/story.ts";
import { serverStatusText } from "../http/server_status.ts";
import type { RealServerSnapshot, Snapshot, VirtualServerSnapshot } from "../ports/snapshot.ts";
import { stateOf, vrrpTable } from "./status.ts";
import { table } from "./table.ts";

/** How a line is to be told from others; terminals without colours show the words alone. */
export type Tone = "plain" | "heading" | "good" | "bad" | "warning";

/** One line. */
export interface ScreenLine {
  readonly text: string;
  readonly tone: Tone;
}

/** What is shown. */
export interface Shown {
  readonly snapshot: Snapshot | undefined;
  /** Why there is no snapshot. */
  readonly problem?: string;
  /** The last entries of the journal, in order. */
  readonly events: readonly Entry[];
  readonly nowMs: number;
}

/** The part of the terminal that it is shown on. */
export interface View {
  readonly columns: number;
  readonly rows: number;
  /** First line of the middle that is shown. */
  readonly offset: number;
}

const MAX_EVENTS = 4;
const KEYS = "q quit  up/down space/b scroll";

/** As many lines as the terminal has rows, none longer than its columns, and how far it can be scrolled. */
export function topScreen(shown: Shown, { columns, rows, offset }: View): { lines: ScreenLine[]; maxOffset: number } {
  const body = bodyOf(shown);
  const events = eventLines(shown, rows);
  const room = Math.max(0, rows - 2 - events.length);
  const maxOffset = Math.max(0, body.length - room);
  const at = Math.min(Math.max(0, offset), maxOffset);
  const middle = body.slice(at, at + room);
  const more = maxOffset === 0 ? "" : `  lines ${at + 1}-${at + middle.length} of ${body.length}`;
  const empty = Array.from({ length: room - middle.length }, (): ScreenLine => ({ text: "", tone: "plain" }));
  const all = [titleOf(shown), ...middle, ...empty, ...events, { text: KEYS + more, tone: "heading" } as const];
  return { lines: all.slice(0, rows).map(({ text, tone }) => ({ text: cut(text, columns), tone })), maxOffset };
}

function titleOf({ snapshot, nowMs, problem }: Shown): ScreenLine {
  const clock = new Date(nowMs).toISOString().slice(11, 19);
  if (snapshot === undefined) return { text: `${clock} UTC  ${problem ?? "no answer"}`, tone: "bad" };
  const { routerId, version, startedAtMs, generation } = snapshot.node;
  const up = formatDuration(Math.max(0, nowMs - startedAtMs));
  return { text: `${clock} UTC  ${routerId}  Holdfast ${version}, up ${up}, config ${generation}`, tone: "heading" };
}

function bodyOf({ snapshot, nowMs }: Shown): ScreenLine[] {
  if (snapshot === undefined) return [];
  const { node, vrrpInstances, virtualServers } = snapshot;
  const lines: ScreenLine[] = [
    ...node.roles.filter(({ state }) => state === "restarting")
      .map(({ name }): ScreenLine => ({ text: `the ${name} role is being started again`, tone: "bad" })),
    ...node.warnings.map(({ message }): ScreenLine => ({ text: `warning: ${message}`, tone: "warning" })),
  ];
  if (vrrpInstances.length > 0) {
    const [heading = "", ...rows] = vrrpTable(vrrpInstances, nowMs);
    lines.push({ text: heading, tone: "heading" });
    for (const [at, text] of rows.entries()) lines.push({ text, tone: TONES[vrrpInstances[at]?.state ?? "init"] });
  }
  return [...lines, ...virtualServers.flatMap((server) => serverLines(server, nowMs))];
}

const TONES = { master: "good", backup: "plain", init: "warning", fault: "bad" } as const;

/** One virtual server: a line of its own, and one for each real server. */
function serverLines(server: VirtualServerSnapshot, nowMs: number): ScreenLine[] {
  const { name, up, quorum, realServers, scheduler, forwardingMethod, counters } = server;
  const rate = counters === undefined ? "" : `, ${count(counters.connectionsPerSecond)} conn/s`;
  const text = `${name} ${stateOf(server)}, ${scheduler} ${forwardingMethod}, ` +
    `live weight ${quorum.have} of ${quorum.need}${rate}`;
  const [heading = "", ...rows] = table(
    ["  REAL SERVER", "STATE", "FOR", "WEIGHT", "ACTIVE", "INACT", "CONN/S", "CHECK"],
    realServers.map((real) => [
      `  ${formatEndpoint(real.address, real.port)}`,
      serverStatusText(real),
      formatDuration(Math.max(0, nowMs - real.sinceMs)),
      String(real.weight.effective),
      count(real.activeConnections),
      count(real.inactiveConnections),
      real.counters === undefined ? "" : count(real.counters.connectionsPerSecond),
      checkText(real),
    ]),
  );
  return [
    { text, tone: up ? "heading" : "bad" },
    { text: heading, tone: "plain" },
    ...rows.map((row, at): ScreenLine => ({ text: row, tone: toneOf(realServers[at]) })),
  ];
}

function toneOf(real: RealServerSnapshot | undefined): Tone {
  if (real?.state === "down" || real?.state === "going-up") return "bad";
  if (real?.state === "going-down" || (real?.presence ?? "present") !== "present") return "warning";
  return real?.state === "up" ? "good" : "plain";
}

function checkText({ check }: RealServerSnapshot): string {
  if (check === undefined || check.atMs === 0) return "";
  const text = `${check.status} ${(check.durationUs / 1000).toFixed(1)} ms`;
  return check.status.endsWith("OK") ? text : `${text} ${check.text}`;
}

/** The newest last, with a heading; none where the terminal is too low. */
function eventLines({ events, nowMs }: Shown, rows: number): ScreenLine[] {
  if (events.length === 0 || rows < 16) return [];
  const ago = (atMs: number): string => formatDuration(Math.max(0, nowMs - atMs)).padStart(12);
  return [
    { text: "LAST EVENTS (`holdfast why` tells their story)", tone: "heading" },
    ...events.slice(-MAX_EVENTS).map(({ atMs, fact }): ScreenLine => ({
      text: `${ago(atMs)} ago  ${sentence(fact)}`,
      tone: "plain",
    })),
  ];
}

function count(value: number): string {
  return value < 10 && !Number.isInteger(value) ? value.toFixed(1) : String(Math.round(value));
}

/** To a width; a `>` says that there is more. What is no ASCII, or draws, becomes a question mark. */
function cut(text: string, columns: number): string {
  const plain = text.replace(/[^\x20-\x7e]/g, "?");
  return plain.length <= columns ? plain : `${plain.slice(0, Math.max(0, columns - 1))}>`;
}
