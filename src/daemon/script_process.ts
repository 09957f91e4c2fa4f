// Runs one command of the administrator's: no shell, its own process group, another user where one is named.
import { commandWords } from "../base/command_words.ts";
import type { Script } from "../config/config_vrrp.ts";
import type { GlobalDefs } from "../config/global_defs.ts";
import { refusalOf } from "../probe/script_security.ts";
import { idsOf } from "../probe/users.ts";

/** How a command ended. */
export type ScriptEnd =
  | { readonly type: "exited"; readonly code: number }
  | { readonly type: "signalled"; readonly signal: number }
  | { readonly type: "start-failed"; readonly message: string };

/** A command that runs. */
export interface ScriptProcess {
  readonly end: Promise<ScriptEnd>;
  /** To the whole group: commands start children. */
  readonly kill: (signal: "SIGTERM" | "SIGKILL") => void;
}

/** Numbers of the signals that end processes (signal(7), x86). */
const SIGNAL_NUMBERS: Readonly<Record<string, number>> = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGSEGV: 11, SIGTERM: 15 };
/** Who runs commands when nobody is named (keepalived.conf(5), script_user). */
const DEFAULT_USER = "keepalived_script";
/** What commands do not inherit (as from keepalived): it would change what they run. */
const NOT_INHERITED = ["IFS", "LD_PRELOAD", "LD_LIBRARY_PATH"];

/**
 * Starts a command with further arguments behind its own.
 *
 * @param globals who runs it when it does not say (undefined: keepalived_script if there is such a user, else
 *   ourselves), and whether root may run what others could have changed
 */
export function runScript(
  { command, user, group }: Script,
  extra: readonly string[],
  { scriptUser: fallback, scriptSecurity }: Pick<GlobalDefs, "scriptUser" | "scriptSecurity">,
): ScriptProcess {
  const failed = (message: string): ScriptProcess => ({
    end: Promise.resolve({ type: "start-failed", message }),
    kill: () => {},
  });
  const words = commandWords(command);
  if (!words.ok) return failed(`its command can't be split into words (${words.reason})`);
  const [program, ...args] = words.value;
  try {
    const owner = scriptIdentity(user === undefined ? fallback : { user, ...(group === undefined ? {} : { group }) });
    const refusal = scriptSecurity ? refusalOf(program, (owner.uid ?? Deno.uid()) === 0) : undefined;
    if (refusal !== undefined) return failed(refusal);
    const options: Deno.CommandOptions & { detached: boolean } = {
      args: [...args, ...extra],
      stdin: "null",
      stdout: "null",
      stderr: "null",
      clearEnv: true,
      env: environment(),
      detached: true, // known to every version that we run on, declared by the newer ones only
      ...owner,
    };
    const child = new Deno.Command(program, options).spawn();
    return {
      end: child.status.then(({ code, signal }) =>
        signal === null ? { type: "exited", code } : { type: "signalled", signal: SIGNAL_NUMBERS[signal] ?? 0 }
      ),
      kill: (signal) => {
        try {
          Deno.kill(-child.pid, signal);
        } catch {
          // nobody of the group is left
        }
      },
    };
  } catch (error) {
    return failed(error instanceof Deno.errors.NotFound ? "there is no such file" : describe(error));
  }
}

/** Who a command runs as: who is named, else keepalived_script if there is such a user, else ourselves. @throws Error */
export function scriptIdentity(
  owner: { readonly user: string; readonly group?: string } | undefined,
): { uid?: number; gid?: number } {
  if (owner !== undefined) {
    const { user: name, group } = owner;
    return idsOf({ name, ...(group === undefined ? {} : { group }) });
  }
  try {
    return idsOf({ name: DEFAULT_USER });
  } catch {
    return {}; // there is no such user, as keepalived would find
  }
}

function environment(): Record<string, string> {
  const inherited = Object.entries(Deno.env.toObject()).filter(([name]) => !NOT_INHERITED.includes(name));
  return Object.fromEntries(inherited);
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
