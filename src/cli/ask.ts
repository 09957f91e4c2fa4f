// Asking the daemon of this network namespace, and saying on standard error why there is no answer.
import type { BulkAnswer } from "../daemon/bulk_orders.ts";
import { askDaemon } from "../daemon/control_client.ts";
import type { ControlRequest } from "../daemon/control.ts";
import { EXIT_FAILURE, EXIT_OK } from "./exit_status.ts";

/** @returns the result; undefined when there is none: then the reason has been printed */
export async function ask(request: ControlRequest): Promise<unknown> {
  try {
    const answer = await askDaemon(request);
    if (answer?.ok) return answer.result;
    console.error(`error: ${answer?.message ?? "no Holdfast is running in this network namespace"}`);
  } catch (error) {
    console.error(`error: ${error instanceof Error ? error.message : error}`);
  }
  return undefined;
}

/** Asks for something to be done, and prints the sentence that comes back. @returns the exit status */
export async function order(request: ControlRequest): Promise<number> {
  const result = await ask({ author: operator(), ...request });
  if (result === undefined) return EXIT_FAILURE;
  console.log(String(result));
  return EXIT_OK;
}

/** The same for many servers: prints what came of each. @returns the exit status: failure when one was refused */
export async function orderAll(request: ControlRequest): Promise<number> {
  const result = await ask({ author: operator(), ...request }) as BulkAnswer | undefined;
  if (result === undefined) return EXIT_FAILURE;
  const { text, servers = [] } = result as Partial<BulkAnswer>;
  for (const { done, text } of servers) if (done) console.log(text);
  for (const { done, virtualServer, realServer, text } of servers) {
    if (!done) console.error(`error: ${realServer} of ${virtualServer}: ${text}`);
  }
  if (servers.length === 0) console.log(text);
  return servers.every(({ done }) => done) ? EXIT_OK : EXIT_FAILURE;
}

/** Who sits at the terminal: behind sudo, the one who called it. */
export function operator(): string {
  return Deno.env.get("SUDO_USER") ?? Deno.env.get("USER") ?? "root";
}
