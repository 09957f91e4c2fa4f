// What the console shows: views as lines of text. Plain ASCII for any terminal, no colour that a serial line would not have.
import type { Snapshot } from "../../ports/snapshot.ts";
import { firstLines } from "./first_start.ts";
import { COLUMNS, DIAGNOSTICS, FIRST_ENTRY, type Machine, MENU_ENTRIES, openQuestion, type View } from "./menu.ts";

/** How the machine is. Nothing in it changes from second to second: then the screen would. */
export interface Summary {
  /** Name and version. */
  readonly product: string;
  readonly slot: string;
  /** This start was found healthy. */
  readonly isHealthy: boolean;
  readonly hostName: string;
  /** `card address/prefix`. */
  readonly addresses: readonly string[];
  /** Of the daemon; undefined when it does not answer. */
  readonly snapshot?: Pick<Snapshot, "vrrpInstances" | "virtualServers"> & { node: Pick<Snapshot["node"], "warnings"> };
  /** What systemd says of the daemon when it does not answer. */
  readonly service?: string;
  /** What is wrong with the configuration, as `holdfast check` says it. */
  readonly configProblem?: string;
  /** What else a person should know, a sentence each. */
  readonly notes: readonly string[];
}

/** Of any list on the summary; what is more is counted. */
const MAX_ROWS = 8;
/** Of a line that is typed. */
const TYPED_SHOWN = 50;

/** The lines of a view; at most `machine.rows + 4`. */
export function draw(view: View, summary: Summary, machine: Machine): string[] {
  return lines(view, summary, machine).flatMap((line) => line.split("\n")).map(printable);
}

function lines(view: View, summary: Summary, machine: Machine): string[] {
  const title = `${summary.product}, slot ${summary.slot}${summary.isHealthy ? ", healthy" : ""}`;
  switch (view.name) {
    case "summary":
      return [title, ...summaryLines(summary).slice(0, machine.rows), "", "Press Enter for the menu."];
    case "menu":
      return [
        title,
        "",
        ...(machine.isConfigured
          ? MENU_ENTRIES
          : [...MENU_ENTRIES.slice(0, -1), FIRST_ENTRY, ...MENU_ENTRIES.slice(-1)])
          .map(([key, text]) => `  ${key}  ${text}`),
        "",
        "Press a number.",
      ];
    case "diagnostics":
      return [
        "Diagnostics",
        "",
        ...DIAGNOSTICS.map(([key, text]) => `  ${key}  ${text}`),
        "  0  Back",
        "",
        "Press a number.",
      ];
    case "first": {
      // The end of a long line is where it is typed.
      const typed = view.typed.length > TYPED_SHOWN ? `...${view.typed.slice(-TYPED_SHOWN)}` : view.typed;
      const all = firstLines(view.state, machine, machine.rows);
      return [...all.slice(0, -1), `(Ctrl-C: menu): ${typed}`];
    }
    case "network":
      return networkLines(view, machine);
    case "confirm":
      return [
        ...view.text.split("\n"),
        "",
        `Type "${view.word}" and Enter to do it, anything else not to: ${view.typed}`,
      ];
    case "text": {
      const end = Math.min(view.lines.length, view.top + machine.rows);
      const isLast = end >= view.lines.length;
      const more = isLast ? "Enter: back" : "Enter: more   b: up   q: back";
      return [view.title, "", ...view.lines.slice(view.top, end), `-- ${end} of ${view.lines.length} lines. ${more}`];
    }
    default:
      return view satisfies never;
  }
}

function networkLines(view: View & { name: "network" }, { cards }: Machine): string[] {
  const answered = Object.entries(view.answers).map(([field, value]) => `  ${field.padEnd(8)} ${value || "-"}`);
  const question = openQuestion(view.answers);
  return [
    "Network settings",
    "",
    ...(question?.field === "card" ? cards.map((card, index) => `  ${index + 1}  ${card}`) : []),
    ...answered,
    "",
    ...(view.problem === undefined ? [] : [`Not so: ${view.problem}.`]),
    `${question?.text ?? ""} (Ctrl-C: back): ${view.typed}`,
  ];
}

function summaryLines({ snapshot, ...summary }: Summary): string[] {
  return [
    `Host name  ${summary.hostName}`,
    ...limited(summary.addresses.map((address) => `Address    ${address}`)),
    ...(snapshot === undefined ? [`Holdfast   ${summary.service ?? "does not answer"}`] : [
      ...limited(
        snapshot.vrrpInstances.map(({ name, state, virtualAddresses, faults }) =>
          `VRRP       ${name} ${state.toUpperCase()}  ${virtualAddresses.map(({ address }) => address).join(" ")}` +
          (faults.length === 0 ? "" : `  ${faults.join("; ")}`)
        ),
      ),
      ...limited(snapshot.virtualServers.map((server) => {
        const live = server.realServers.filter(({ state }) => state !== "down" && state !== "going-up").length;
        return `Server     ${server.name} ${server.up ? "UP" : "DOWN"}  ${live}/${server.realServers.length} live`;
      })),
      ...limited(snapshot.node.warnings.map(({ message }) => `ALARM      ${message}`)),
    ]),
    ...(summary.configProblem === undefined
      ? []
      : ["The configuration is wrong:", ...limited(summary.configProblem.trimEnd().split("\n"))]),
    ...summary.notes,
  ];
}

function limited(all: readonly string[]): string[] {
  if (all.length <= MAX_ROWS) return [...all];
  return [...all.slice(0, MAX_ROWS - 1), `           and ${all.length - MAX_ROWS + 1} more`];
}

/** No control character of a file or a peer reaches the terminal, no line is broken by it. */
function printable(line: string): string {
  const text = line.replace(/\t/g, "  ").replace(/[^\x20-\x7e]/g, "?");
  return text.length > COLUMNS ? `${text.slice(0, COLUMNS - 3)}...` : text;
}
