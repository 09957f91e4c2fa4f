// `holdfast run`: the daemon in the foreground.
import { VERSION } from "../base/version.ts";
import { type LeftOut, startable, whyNothingRuns } from "../config/carried_out.ts";
import { withSecretsOfFiles } from "../config/secrets.ts";
import type { Config } from "../config/config.ts";
import { type DiagnosticCode, isAdvice } from "../config/diagnostic.ts";
import { Journal } from "../daemon/journal/journal.ts";
import { CAP_NET_ADMIN, CAP_NET_RAW, hasCapability } from "../daemon/privileges.ts";
import { listenToSignals } from "../daemon/signals.ts";
import { ServiceManager } from "../daemon/service_manager.ts";
import { Supervisor } from "../daemon/supervisor.ts";
import { needsVrrp } from "../daemon/vrrp_part.ts";
import { takeInstanceLock } from "../linux/instance_lock.ts";
import { EXIT_FAILURE, EXIT_OK } from "./exit_status.ts";
import { journalOfThisNamespace } from "./journal_path.ts";
import { machine } from "./machine.ts";
import { readConfig } from "./read_config.ts";
import { saveConfig } from "./saved_config.ts";

/** Where the api role listens, if at all. */
export type ApiAddress = { readonly hostname: string; readonly port: number } | "off";

/** The options of the command. */
export interface RunOptions {
  readonly useFile: string;
  readonly api: ApiAddress;
  readonly keepIpvs: boolean;
  /** Where the journal is kept, or `off`. */
  readonly journal?: string;
  /** File for the process id. */
  readonly pid?: string;
  /** What `@ID` lines of the file are compared with. */
  readonly configId?: string;
}

/** Runs until SIGTERM or SIGINT. @returns the exit status */
export async function run(options: RunOptions): Promise<number> {
  const { config, leftOut, report } = readRunnable(options, Deno.stderr.isTerminal() && !Deno.noColor);
  if (report !== "") console.error(report.trimEnd());
  if (config === undefined) return EXIT_FAILURE;
  const missing = missingPrivilege(config);
  if (missing !== undefined) {
    console.error(`error: ${missing}`);
    return EXIT_FAILURE;
  }
  if (!takeInstanceLock()) {
    console.error("error: Holdfast is already running in this network namespace");
    return EXIT_FAILURE;
  }
  log(`Holdfast ${VERSION} starting with ${options.useFile}`);
  const manager = ServiceManager.fromEnvironment(log);
  const path = options.journal ?? journalOfThisNamespace();
  const journal = path === undefined || path === "off" ? undefined : new Journal({ path, log });
  const supervisor = new Supervisor(config, {
    ...(journal && { journal }),
    version: VERSION,
    source: options.useFile,
    api: options.api === "off" ? undefined : options.api,
    keepIpvs: options.keepIpvs,
    log,
    readConfig: () => readRunnable(options, false),
    leftOut,
    rolesChanged: (roles) => manager.rolesChanged(roles),
  });
  listenToSignals({
    log,
    reload: () => supervisor.reload(),
    stop: (signal) => {
      log(`${signal} received, stopping`);
      manager.stopping();
      supervisor.stop();
    },
    dump: (kind) => supervisor.dump(kind),
    clearStats: () => supervisor.clearStats(),
  });
  const written = options.pid !== undefined && writePid(options.pid);
  await supervisor.run();
  if (options.pid !== undefined && written) Deno.removeSync(options.pid);
  manager.close();
  log("stopped");
  Deno.exit(EXIT_OK); // signal listeners would keep the process
}

/** For programs that send signals. @returns false when it could not be written, which is no reason not to run */
function writePid(path: string): boolean {
  try {
    Deno.writeTextFileSync(path, `${Deno.pid}\n`);
    return true;
  } catch (error) {
    log(`warning: ${path} could not be written: ${error instanceof Error ? error.message : error}`);
    return false;
  }
}

/** Why this process may not do what the configuration asks for, in one sentence. */
function missingPrivilege(config: Config): string | undefined {
  if (!hasCapability(CAP_NET_ADMIN)) {
    return "Holdfast needs the capability CAP_NET_ADMIN to manage addresses and IPVS: run it as root, or grant it";
  }
  if (needsVrrp(config) && !hasCapability(CAP_NET_RAW)) {
    return "Holdfast needs the capability CAP_NET_RAW to send and receive VRRP: run it as root, or grant it";
  }
  return undefined;
}

/** The part of the configuration that can be run; undefined with the reason when nothing of it can. */
function readRunnable(
  { useFile, configId }: RunOptions,
  colour: boolean,
): { config: Config | undefined; leftOut: readonly LeftOut[]; report: string; hasFlaws: boolean } {
  const read = readConfig(useFile, { checkInterfaces: true, colour, configId });
  const { config, report } = read;
  const hasFlaws = read.diagnostics.some(({ code }) => !isOurs(code));
  const folder = config?.global.configSaveFolder;
  if (folder !== undefined) saveCopy(folder, read.sources);
  const problem = config && whyNothingRuns(config);
  if (config === undefined) return { config, leftOut: [], report, hasFlaws };
  if (problem !== undefined) {
    return { config: undefined, leftOut: [], report: `${report}error: ${problem}\n`, hasFlaws };
  }
  const before = startable(config, machine.routingNames?.(config.global)); // which the report has named already
  const { config: runnable, leftOut } = withSecretsOfFiles(before, (path) => Deno.readFileSync(path));
  const missing = leftOut.slice(before.leftOut.length)
    .map(({ what, why, location: { file, line } }) => `${file}:${line}: warning: \`${what}\` is not started: ${why}\n`);
  return { config: runnable, leftOut, report: report + missing.join(""), hasFlaws };
}

/** What Holdfast says of itself and of this machine, about a configuration that is as it should be. */
function isOurs(code: DiagnosticCode): boolean {
  return isAdvice(code) || code === "not-carried-out" || code === "not-started";
}

/** `config_save_dir`. */
function saveCopy(folder: string, sources: ReadonlyMap<string, string>): void {
  try {
    saveConfig(folder, sources, new Date());
  } catch (error) {
    log(`warning: config_save_dir: ${error instanceof Error ? error.message : error}`);
  }
}

/** One line to standard error, with the time. */
function log(line: string): void {
  console.error(`${new Date().toISOString()} ${line}`);
}
