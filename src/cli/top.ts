// `holdfast top`: the running daemon, live, on the whole terminal. However it ends, the terminal is as it was before.
import { askDaemon } from "../daemon/control_client.ts";
import type { Entry } from "../core/journal/entry.ts";
import type { Snapshot } from "../ports/snapshot.ts";
import { EXIT_FAILURE, EXIT_OK } from "./exit_status.ts";
import { Terminal } from "./terminal.ts";
import { type Shown, topScreen } from "./top_screen.ts";

/** Longest wait for an answer; the next one is asked for soon. */
const ANSWER_MS = 5000;

/** Runs until `q`, the end of the input, or a signal. @returns the exit status */
export async function top({ interval }: { readonly interval: number }): Promise<number> {
  const terminal = Terminal.open();
  if (terminal === undefined) {
    console.error("error: this is no terminal that can be drawn on: use `holdfast status`, with --watch or --json");
    return EXIT_FAILURE;
  }
  let shown: Shown = { snapshot: undefined, problem: "asking", events: [], nowMs: Date.now() };
  let offset = 0;
  const draw = (): void => {
    const { lines, maxOffset } = topScreen(shown, { ...terminal.size, offset });
    offset = Math.min(offset, maxOffset);
    terminal.draw(lines);
  };
  try {
    terminal.onRedraw = draw;
    let ended = false;
    const refresh = async (): Promise<void> => {
      while (!ended) {
        shown = await look(shown);
        if (!ended) draw();
        await new Promise((resolve) => setTimeout(resolve, interval));
      }
    };
    draw();
    const refreshing = refresh();
    const page = (): number => Math.max(1, terminal.size.rows - 8);
    const watching = terminal.keys((key) => {
      if (key === "quit") return false;
      if (key === "home") offset = 0;
      else offset = Math.max(0, offset + { down: 1, up: -1, pageDown: page(), pageUp: -page() }[key]);
      draw();
      return true;
    });
    await Promise.race([watching, refreshing]);
    ended = true;
  } finally {
    terminal.close();
  }
  Deno.exit(EXIT_OK); // a read of the terminal that has begun would keep the process
}

/** Asks again; where there is no answer the screen says why, and goes on asking. */
async function look({ events }: Shown): Promise<Shown> {
  const nowMs = Date.now();
  try {
    const answer = await askDaemon({ command: "status" }, { limitMs: ANSWER_MS });
    if (answer === undefined) return nothing("no Holdfast is running in this network namespace", events);
    if (!answer.ok) return nothing(answer.message, events);
    const recent = await askDaemon({ command: "recent" }, { limitMs: ANSWER_MS });
    const known = recent?.ok && Array.isArray(recent.result) ? recent.result as Entry[] : events;
    return { snapshot: answer.result as Snapshot, events: known, nowMs };
  } catch (error) {
    return nothing(error instanceof Error ? error.message : String(error), events);
  }

  function nothing(problem: string, events: readonly Entry[]): Shown {
    return { snapshot: undefined, problem, events, nowMs };
  }
}
