// What the roles that are one synchronous loop (vrrp, bfd) have in common around it: signals, and an end by an error.
import { bindAllCalls } from "../linux/libc.ts";
import { ignoreTerminalSignals } from "./child_signals.ts";
import { Link } from "./link.ts";
import type { FromChild } from "./messages.ts";

/** Such a role. */
export interface SynchronousRole {
  /** Until the supervisor says so or is gone. */
  run(): Promise<void>;
  /** After an error, before the process ends: hands over what it has in good order. */
  abandon?(): void;
}

/**
 * Runs a role to its end. One that throws says why, and ends: the supervisor decides what then.
 *
 * @param linkFd our end of the link to the supervisor
 */
export async function runLoop(linkFd: number, make: (link: Link<FromChild>) => SynchronousRole): Promise<void> {
  ignoreTerminalSignals();
  bindAllCalls(); // none for the first time when it matters
  const link = new Link<FromChild>(linkFd);
  const role = make(link);
  try {
    await role.run();
  } catch (error) {
    role.abandon?.();
    link.post({ type: "failed", message: messageOf(error) });
    link.close();
  }
}

/** Does what may be refused. @returns the reason; undefined: it is done */
export function refusalOf(attempt: () => void): string | undefined {
  try {
    attempt();
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

/** Signal listeners run in the event loop, which a synchronous loop starves: give it a few turns. */
export async function letListenersRun(): Promise<void> {
  for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setTimeout(resolve, 0));
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
