// Where the daemon keeps what it writes, and where the journal is: where the daemon is told to keep it, else one place for the machine.
import { askDaemon } from "../daemon/control_client.ts";
import { namespaceName } from "../linux/network_namespace.ts";

/** In the folder that systemd's `StateDirectory=` makes, else the same one without systemd. */
function stateFile(name: string): string {
  return `${Deno.env.get("STATE_DIRECTORY")?.split(":")[0] ?? "/var/lib/holdfast"}/${name}`;
}

/** The journal of the machine. */
export function defaultJournal(): string {
  return stateFile("journal");
}

/**
 * Where `holdfast run` keeps a file when nobody says: a machine, or a container, has one of each. A Holdfast in a network
 * namespace that has a name (ip-netns(8)) is not the only one, and has to be told where.
 */
export function ownFile(name: "journal" | "tokens"): string | undefined {
  return namespaceName() === undefined ? stateFile(name) : undefined;
}

/** The running daemon keeps none on disk. */
export const IN_MEMORY = "";

/** Where readers look: as they are told, as the running daemon says, or where it would be. */
export async function journalToRead(given: string | undefined): Promise<string> {
  if (given !== undefined) return given;
  const answer = await askDaemon({ command: "journal" }).catch(() => undefined);
  return answer === undefined || !answer.ok ? defaultJournal() : String(answer.result);
}
