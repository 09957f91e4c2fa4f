// Whether a process is one that a `vrrp_track_process` means, as measured on keepalived. Does not look for processes.

/** What is looked for. */
export interface ProcessPattern {
  /** Program, then parameters (`process`). */
  readonly words: readonly string[];
  /** How parameters compare (`param_match`); undefined: as `exact` if there are any, else they do not matter. */
  readonly match?: "exact" | "initial" | "partial";
  /** `full_command`. */
  readonly comparesCommandLine: boolean;
}

/** What is known of a process. */
export interface ProcessIdentity {
  /** /proc/PID/comm: the name, cut to 15 bytes by the kernel. */
  readonly name: string;
  /** /proc/PID/cmdline: the program as it was called, then its parameters. None: a thread of the kernel, or it has ended. */
  readonly commandLine: readonly string[];
}

/** TASK_COMM_LEN without the zero byte. */
const LONGEST_NAME = 15;

/**
 * Whether the process is meant. The name is compared, unless there are parameters, `param_match`, `full_command` or a path:
 * then the command line is. Parameters compare
 *
 * | `param_match` | |
 * |---|---|
 * | none, `exact` | all of them |
 * | `partial` | as many as are named, others may follow |
 * | `initial` | so, too, and the last one may be longer |
 *
 * Unlike keepalived, a name of more than 15 characters is compared as far as the kernel keeps it, and a path without
 * parameters with the command line: there, neither is ever found.
 */
export function isMeant(pattern: ProcessPattern, process: ProcessIdentity): boolean {
  const [program = "", ...wanted] = pattern.words;
  const { match = wanted.length > 0 ? "exact" : undefined } = pattern;
  if (match === undefined && !pattern.comparesCommandLine && !program.startsWith("/")) {
    // The command line second: it takes longer to find out.
    return process.name === program.slice(0, LONGEST_NAME) && process.commandLine.length > 0;
  }
  const [called, ...parameters] = process.commandLine;
  return called === program && (match === undefined || parametersMatch(match, wanted, parameters));
}

function parametersMatch(
  match: "exact" | "initial" | "partial",
  wanted: readonly string[],
  parameters: readonly string[],
): boolean {
  if (parameters.length < wanted.length || (match === "exact" && parameters.length > wanted.length)) return false;
  return wanted.every((word, index) => {
    const given = parameters[index] ?? "";
    return match === "initial" && index === wanted.length - 1 ? given.startsWith(word) : given === word;
  });
}
