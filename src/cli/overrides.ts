// `holdfast overrides`: all that operators have said and that holds, as a table.
import { overridesOf } from "../http/api/write_operations.ts";
import type { Snapshot } from "../ports/snapshot.ts";
import { ask } from "./ask.ts";
import { EXIT_FAILURE, EXIT_OK } from "./exit_status.ts";
import { table } from "./table.ts";

/** @returns the exit status */
export async function overrides(json: boolean): Promise<number> {
  const snapshot = await ask({ command: "status" }) as Snapshot | undefined;
  if (snapshot === undefined) return EXIT_FAILURE;
  const all = overridesOf(snapshot);
  if (json) {
    console.log(JSON.stringify(all, undefined, 2));
    return EXIT_OK;
  }
  const { maintenance, instances, servers, virtualServers, haproxy } = all;
  const rows = [
    ...(maintenance.active ? [rowOf("this node", "maintenance", maintenance)] : []),
    ...instances.flatMap(({ name, override: { held, priority } }) => [
      ...(held === undefined ? [] : [rowOf(name, "held", held)]),
      ...(priority === undefined ? [] : [rowOf(name, `priority ${priority.priority}`, priority)]),
    ]),
    ...virtualServers.map(({ name, override }) => rowOf(name, override.state, override)),
    ...servers.map(({ virtualServer, realServer, override }) =>
      rowOf(`${realServer} of ${virtualServer}`, wordsOf(override), override)
    ),
    ...haproxy.map(({ backend, server, override }) =>
      rowOf(`${server} of haproxy/${backend}`, wordsOf(override), override)
    ),
  ];
  if (rows.length === 0) console.log("nothing was said that holds");
  else console.log(table(["WHAT", "STATE", "BY", "UNTIL", "BECAUSE"], rows).join("\n"));
  return EXIT_OK;
}

interface Signed {
  readonly author?: string | undefined;
  readonly reason?: string | undefined;
  readonly until?: string | undefined;
}

function rowOf(what: string, state: string, { author = "", reason = "", until = "-" }: Signed): string[] {
  return [what, state, author, until, reason];
}

interface Said {
  readonly mode?: string | undefined;
  readonly weight?: number | undefined;
  readonly health?: string | undefined;
}

function wordsOf({ mode, weight, health }: Said): string {
  const words = [mode, weight === undefined ? undefined : `weight ${weight}`, health];
  return words.filter((word) => word !== undefined).join(", ");
}
