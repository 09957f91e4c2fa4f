// What the supervisor is told by who starts it.
import type { LeftOut } from "../config/carried_out.ts";
import type { RoleSnapshot } from "../ports/snapshot.ts";
import type { ReadResult } from "./config_changes.ts";
import type { Journal } from "./journal/journal.ts";

/** How the daemon is run. */
export interface SupervisorOptions {
  readonly version: string;
  /** The file that the configuration is read from. */
  readonly source?: string;
  /** Where the api role listens; undefined: it is not started. */
  readonly api: { readonly hostname: string; readonly port: number } | undefined;
  /** At the end, leave the virtual servers in the kernel. */
  readonly keepIpvs: boolean;
  readonly log: (line: string) => void;
  /**
   * Reads the configuration again: undefined when it is wrong, and in any case all that there is to say about it. With a
   * text, as if that were in the file, without any other file.
   */
  readonly readConfig: (text?: string) => ReadResult;
  /** Keeps what happened and why. */
  readonly journal: Journal | undefined;
  /** The file of the tokens that are made at run time; undefined: none can be made. */
  readonly tokens?: string | undefined;
  /** What the first configuration has and is not started. */
  readonly leftOut: readonly LeftOut[];
  /** The first configuration, when it came from one file. */
  readonly text?: string | undefined;
  /** Told when a role's state has changed. */
  readonly rolesChanged?: (roles: readonly RoleSnapshot[]) => void;
}
