// Reads a configuration file and says what is wrong with it, for the commands that need one.
import type { Config } from "../config/config.ts";
import { loadConfig } from "../config/load.ts";
import { renderDiagnostics } from "../config/render_diagnostic.ts";
import { InterfaceTable } from "../linux/interface_table.ts";

/** A configuration and what there is to say about it. */
export interface ReadConfig {
  /** Undefined when it cannot be run. */
  readonly config: Config | undefined;
  /** All diagnostics for people; empty when there are none. */
  readonly report: string;
}

/**
 * Reads a file with everything it includes. `-` is standard input.
 *
 * @param checkInterfaces whether interfaces that this machine lacks are errors
 */
export function readConfig(path: string, options: { checkInterfaces: boolean; colour: boolean }): ReadConfig {
  let text: string;
  try {
    text = path === "-" ? readStandardInput() : Deno.readTextFileSync(path);
  } catch (error) {
    return { config: undefined, report: `error: cannot read \`${path}\`: ${describe(error)}\n` };
  }
  const { config, diagnostics, sources } = loadConfig({
    path,
    text,
    readFile: (file) => readOptional(file),
    hostName: Deno.hostname(),
    ...(options.checkInterfaces ? { interfaceNames: () => interfaceNames() } : {}),
  });
  return { config, report: renderDiagnostics(diagnostics, { sources, colour: options.colour }) };
}

function readStandardInput(): string {
  const chunks: Uint8Array[] = [];
  const chunk = new Uint8Array(65536);
  for (let count = Deno.stdin.readSync(chunk); count !== null; count = Deno.stdin.readSync(chunk)) {
    chunks.push(chunk.slice(0, count));
  }
  return new TextDecoder().decode(new Uint8Array(chunks.flatMap((part) => [...part])));
}

function readOptional(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return undefined;
  }
}

function interfaceNames(): string[] {
  const table = new InterfaceTable();
  const names = table.names();
  table.close();
  return names;
}

function describe(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "there is no such file";
  if (error instanceof Deno.errors.PermissionDenied) return "permission denied";
  return error instanceof Error ? error.message : String(error);
}
