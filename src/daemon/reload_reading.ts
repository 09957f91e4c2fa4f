// How a configuration is read for a reload, as the running one says: `reload_file` is there meanwhile, and
// `reload_check_config` refuses one that has any warning.
import type { Config } from "../config/config.ts";
import type { GlobalDefs } from "../config/global_defs.ts";
import { writeRegularFile } from "./regular_file.ts";

/** keepalived's, where Debian has its process ids. */
const USUAL_RELOAD_FILE = "/run/keepalived.reload";

/** What was read. */
interface Reading {
  /** Undefined when it cannot be run. */
  readonly config: Config | undefined;
  readonly report: string;
  /** Whether something in it is not as keepalived wants it. */
  readonly hasFlaws: boolean;
}

/** Reads it. What cannot be written is said, and no reason not to read. @returns without `config` when it is refused */
export function readForReload<Result extends Reading>(
  { reloadFile, reloadCheck }: GlobalDefs,
  read: () => Result,
  log: (line: string) => void,
): Result {
  const attempt = (what: string, call: () => void): void => {
    try {
      call();
    } catch (error) {
      log(`warning: ${what}: ${error instanceof Error ? error.message : error}`);
    }
  };
  const marker = reloadFile && (reloadFile[0] ?? USUAL_RELOAD_FILE);
  if (marker !== undefined) attempt("reload_file", () => writeRegularFile(marker, "", 0o644));
  const result = read();
  const [checkLog] = reloadCheck ?? [];
  if (checkLog !== undefined) attempt("reload_check_config", () => writeRegularFile(checkLog, result.report, 0o600));
  if (marker !== undefined) {
    attempt("reload_file", () => {
      if (Deno.lstatSync(marker).isFile) Deno.removeSync(marker);
    });
  }
  if (reloadCheck === undefined || !result.hasFlaws || result.config === undefined) return result;
  log("the new configuration has warnings, which `reload_check_config` does not let pass");
  return { ...result, config: undefined };
}
