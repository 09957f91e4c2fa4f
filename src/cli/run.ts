// `holdfast run`: the daemon in the foreground.
import { same } from "../base/same.ts";
import { ReadingMemory } from "../config/reading_memory.ts";
import { VERSION } from "../base/version.ts";
import { startable } from "../config/carried_out.ts";
import { withSecretsOfFiles } from "../config/secrets.ts";
import type { Config } from "../config/config.ts";
import type { GlobalDefs } from "../config/global_defs.ts";
import { type DiagnosticCode, isAdvice } from "../config/diagnostic.ts";
import type { ReadResult } from "../daemon/config_changes.ts";
import { Journal } from "../daemon/journal/journal.ts";
import { CAP_NET_ADMIN, CAP_NET_RAW, hasCapability } from "../daemon/privileges.ts";
import { type Log, type LogOptions, openLog } from "../daemon/log/log.ts";
import { listenToSignals } from "../daemon/signals.ts";
import { ServiceManager } from "../daemon/service_manager.ts";
import { endEarly } from "../daemon/role_spawn.ts";
import { Supervisor } from "../daemon/supervisor.ts";
import { needsVrrp } from "../daemon/vrrp_part.ts";
import { takeInstanceLock } from "../linux/instance_lock.ts";
import { isInNamespace, restartInNamespace } from "../linux/network_namespace.ts";
import { EXIT_FAILURE, EXIT_OK } from "./exit_status.ts";
import { ownFile } from "./journal_path.ts";
import { machine } from "./machine.ts";
import { readConfig, readGiven } from "./read_config.ts";
import { saveConfig } from "./saved_config.ts";

/** Where the api role listens, if at all. */
export type ApiAddress = { readonly hostname: string; readonly port: number } | "off";

const memory = new ReadingMemory();
/** The log of this process, as soon as it is known how it is wanted. */
let log: Log = (line) => console.error(line);

/** The options of the command. */
export interface RunOptions {
  readonly logFormat: LogOptions["format"];
  readonly logTo: LogOptions["target"];
  readonly logLevel: LogOptions["level"];
  readonly logFacility: string;
  readonly useFile: string;
  readonly api: ApiAddress;
  readonly keepIpvs: boolean;
  /** Where the journal is kept, or `off`. */
  readonly journal?: string;
  /** Where tokens are kept that are made at run time. */
  readonly tokens?: string;
  /** File for the process id. */
  readonly pid?: string;
  /** What `@ID` lines of the file are compared with. */
  readonly configId?: string;
}

/** Runs until SIGTERM or SIGINT. @returns the exit status */
export async function run(options: RunOptions): Promise<number> {
  const { logFormat: format, logTo: target, logLevel: level, logFacility: facility } = options;
  log = openLog({ format, target, level, facility });
  // What keeps it from starting is for whoever starts it, unless he reads something else.
  const isForPeople = format === "text" && target === "stderr";
  const complain = (text: string): void => isForPeople ? console.error(text) : log(text);
  const { config, leftOut, report, text } = readRunnable(
    options,
    isForPeople && Deno.stderr.isTerminal() && !Deno.noColor,
  );
  const stray = config && leaveFor(config.global);
  if (report !== "") complain(report.trimEnd());
  if (config === undefined) return EXIT_FAILURE;
  const missing = stray ?? missingPrivilege(config);
  if (missing !== undefined) {
    complain(`error: ${missing}`);
    return EXIT_FAILURE;
  }
  if (!takeInstanceLock()) {
    complain("error: Holdfast is already running in this network namespace");
    return EXIT_FAILURE;
  }
  log(`Holdfast ${VERSION} starting with ${options.useFile}`);
  const manager = ServiceManager.fromEnvironment(log);
  const path = options.journal ?? ownFile("journal");
  const journal = new Journal({ path: path === "off" ? undefined : path, log });
  if (config.global.umask !== undefined) endEarly(); // which a process has from the one that starts it
  const supervisor = new Supervisor(config, {
    journal,
    version: VERSION,
    source: options.useFile,
    api: options.api === "off" ? undefined : options.api,
    keepIpvs: options.keepIpvs,
    log,
    readConfig: (given) => inSameNamespaces(config, readRunnable(options, false, given)),
    leftOut,
    text,
    tokens: options.tokens ?? ownFile("tokens"),
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
  const ended = supervisor.run();
  endEarly(); // nobody wants it
  await ended;
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

/** `net_namespace`: this program starts again there. @returns why it can't; undefined: it is where it belongs */
function leaveFor({ networkNamespace: name }: GlobalDefs): string | undefined {
  if (name === undefined) return undefined;
  try {
    if (isInNamespace(name)) return undefined;
    endEarly();
    return restartInNamespace(name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return `there is no network namespace \`${name}\` (net_namespace)`;
    return error instanceof Error ? error.message : String(error);
  }
}

/** Neither can change while it runs (keepalived). */
function inSameNamespaces(running: Config, read: ReadResult): ReadResult {
  const namesOf = ({ global }: Config): unknown => [global.networkNamespace, global.ipvsNetworkNamespace];
  if (read.config === undefined || same(namesOf(running), namesOf(read.config))) return read;
  const problem = "`net_namespace` and `net_namespace_ipvs` cannot change without a restart";
  return { ...read, config: undefined, report: `${read.report}error: ${problem}\n` };
}

/**
 * The part of the configuration that can be run; undefined with the reason when nothing of it can.
 *
 * @param given in place of what is in the file
 */
function readRunnable({ useFile, configId }: RunOptions, colour: boolean, given?: string): ReadResult {
  const reading = { checkInterfaces: true, colour, configId, hidesSecrets: true, memory };
  const read = given === undefined ? readConfig(useFile, reading) : readGiven(useFile, given, reading);
  const { config, report } = read;
  const hasFlaws = read.diagnostics.some(({ code }) => !isOurs(code));
  const folder = config?.global.configSaveFolder;
  if (folder !== undefined && given === undefined) saveCopy(folder, read.sources);
  if (config === undefined) return { config, leftOut: [], report, hasFlaws };
  const before = startable(config, machine.routingNames?.(config.global)); // which the report has named already
  const { config: runnable, leftOut } = withSecretsOfFiles(before, (path) => Deno.readFileSync(path));
  const missing = leftOut.slice(before.leftOut.length)
    .map(({ what, why, location: { file, line } }) => `${file}:${line}: warning: \`${what}\` is not started: ${why}\n`);
  const [text] = read.sources.size === 1 && useFile !== "-" ? read.sources.values() : [];
  return {
    config: runnable,
    leftOut,
    report: report + missing.join(""),
    hasFlaws,
    ...(text !== undefined && { text }),
  };
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
