// Reads a configuration file and says what is wrong with it, for the commands that need one.
import type { Config } from "../config/config.ts";
import type { Diagnostic } from "../config/diagnostic.ts";
import type { Host } from "../config/host.ts";
import type { Files } from "../config/include.ts";
import { loadConfig, type LoadInput } from "../config/load.ts";
import type { ReadingMemory } from "../config/reading_memory.ts";
import { renderDiagnostics } from "../config/render_diagnostic.ts";
import { machine } from "./machine.ts";

/** How a configuration is read. */
export interface ReadOptions {
  /** Whether interfaces that this machine lacks are errors, and scripts that it lacks are warned of. */
  readonly checkInterfaces: boolean;
  readonly colour: boolean;
  /** Its report goes into a log, or to others: lines that may hold a secret are not quoted. */
  readonly hidesSecrets?: boolean;
  /** Warnings are errors, too. */
  readonly strict?: boolean;
  /** What `@ID` lines are compared with; default: the host name up to its first dot. */
  readonly configId?: string | undefined;
  /** What was read before. */
  readonly memory?: ReadingMemory;
  /** Only looked at or rewritten. */
  readonly willNotRun?: boolean;
}

/** A configuration and what there is to say about it. */
export interface ReadConfig {
  /** Undefined when it cannot be run. */
  readonly config: Config | undefined;
  readonly diagnostics: readonly Diagnostic[];
  /** All diagnostics for people; empty when there are none. */
  readonly report: string;
  /** Text of each file that was read, by its name. */
  readonly sources: ReadonlyMap<string, string>;
}

/** Reads a file with everything it includes. `-` is standard input. */
export function readConfig(path: string, options: ReadOptions): ReadConfig {
  const text = readText(path);
  if (!text.ok) {
    return { config: undefined, diagnostics: [], report: `error: ${text.problem}\n`, sources: new Map() };
  }
  const input = loadInput(nameOf(path, text.text), text.text, options);
  const { config, diagnostics, sources } = options.memory?.load(input) ?? loadConfig(input);
  const report = renderDiagnostics(diagnostics, { ...options, sources });
  return { config, diagnostics, report, sources };
}

/** Reads what can be run; what is wrong matters only if nothing can be, and is said then (`check` says it otherwise, too). */
export function readRunnable(path: string, configId: string | undefined): Config | undefined {
  const { config, report } = readConfig(path, { checkInterfaces: false, colour: false, configId });
  if (config === undefined) console.error(report.trimEnd());
  return config;
}

/** Reads a text as if it were in a file of that name; it finds no other file and no environment. */
export function readGiven(path: string, text: string, options: ReadOptions): ReadConfig {
  const { files: _files, environment: _environment, ...input } = loadInput(path, text, options);
  const { config, diagnostics, sources } = loadConfig(input);
  const report = renderDiagnostics(diagnostics, { ...options, sources, colour: false });
  return { config, diagnostics, report, sources };
}

/** How messages name a file. Standard input has no name that tells its syntax, so its first statement does. */
export function nameOf(path: string, text: string): string {
  if (path !== "-") return path;
  return /^(?:\s*(?:#.*)?\n)*(?:---|[\w"']+:(?:\s|$))/.test(text) ? "stdin.yaml" : "stdin";
}

/** What reading needs of this machine. */
export function loadInput(path: string, text: string, options: ReadOptions): LoadInput {
  const host: Host | undefined = options.checkInterfaces ? machine : undefined;
  return {
    path,
    text,
    files: FILES,
    hostName: Deno.hostname(),
    configId: options.configId,
    environment: (name) => Deno.env.get(name),
    host,
    strict: options.strict === true,
    willNotRun: options.willNotRun === true,
  };
}

/** Text of a file, or a sentence why there is none. `-` is standard input. */
export function readText(path: string): { ok: true; text: string } | { ok: false; problem: string } {
  try {
    return { ok: true, text: path === "-" ? readStandardInput() : Deno.readTextFileSync(path) };
  } catch (error) {
    return { ok: false, problem: `cannot read \`${path}\`: ${describe(error)}` };
  }
}

const FILES: Files = {
  // keepalived skips what can be executed: an editor's or package's script must not become configuration.
  read: (path) => {
    try {
      const { isFile, mode } = Deno.statSync(path);
      return isFile && ((mode ?? 0) & 0o111) === 0 ? Deno.readTextFileSync(path) : undefined;
    } catch {
      return undefined;
    }
  },
  list: (path) => {
    try {
      return [...Deno.readDirSync(path)].map(({ name }) => name);
    } catch {
      return undefined;
    }
  },
};

function readStandardInput(): string {
  const decoder = new TextDecoder();
  const chunk = new Uint8Array(65_536);
  let text = "";
  for (let count = Deno.stdin.readSync(chunk); count !== null; count = Deno.stdin.readSync(chunk)) {
    text += decoder.decode(chunk.subarray(0, count), { stream: true });
  }
  return text + decoder.decode();
}

function describe(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "there is no such file";
  if (error instanceof Deno.errors.PermissionDenied) return "permission denied";
  return error instanceof Error ? error.message : String(error);
}
