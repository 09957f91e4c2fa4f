// `holdfast maintenance`: the whole node steps down, and back. Waits for the peers to take over, and says who did.
import { maintenanceOf } from "../http/status.ts";
import type { TaskEntry } from "../ports/commands.ts";
import type { Snapshot } from "../ports/snapshot.ts";
import { ask, operator } from "./ask.ts";
import { EXIT_FAILURE, EXIT_OK } from "./exit_status.ts";

/** What it takes. */
export interface MaintenanceOptions {
  /** Milliseconds. */
  readonly for?: number;
  readonly unlessAlone: boolean;
  readonly force: boolean;
  readonly wait: boolean;
  readonly json: boolean;
  readonly reason?: string;
}

const LOOK_MS = 200;

/** @returns the exit status: failure when it is refused, and when nobody takes over */
export async function maintenance(state: "on" | "off" | undefined, options: MaintenanceOptions): Promise<number> {
  if (state === undefined) return await tell(options);
  const { for: forMs, unlessAlone, force, reason } = options;
  const request = state === "off"
    ? { command: "end-maintenance", reason }
    : { command: "maintenance", forMs, force, reason, takesOverAlone: unlessAlone };
  const answer = await ask({ author: operator(), ...request }) as { text: string; task?: string } | undefined;
  if (answer === undefined) return EXIT_FAILURE;
  console.log(answer.text);
  return answer.task === undefined || !options.wait ? EXIT_OK : await awaitEnd(answer.task);
}

async function tell({ json }: MaintenanceOptions): Promise<number> {
  const snapshot = await ask({ command: "status" }) as Snapshot | undefined;
  if (snapshot === undefined) return EXIT_FAILURE;
  const { node } = snapshot;
  const [warning] = node.warnings.filter(({ code }) => code === "maintenance");
  if (json) console.log(JSON.stringify(maintenanceOf(node), undefined, 2));
  else console.log(warning?.message ?? "this node is not in maintenance");
  return EXIT_OK;
}

async function awaitEnd(id: string): Promise<number> {
  for (;;) {
    const tasks = await ask({ command: "tasks" }) as readonly TaskEntry[] | undefined;
    const task = tasks?.find((one) => one.id === id);
    if (task === undefined) return EXIT_FAILURE;
    if (task.state === "running") {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      continue;
    }
    if (task.state === "succeeded") console.log(task.text);
    else console.error(`error: ${task.text}`);
    return task.state === "succeeded" ? EXIT_OK : EXIT_FAILURE;
  }
}
