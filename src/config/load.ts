// From the text of a keepalived.conf to a `Config`, or to all that is wrong with it. Files are read by a given function.
import { checkKeywords } from "./check_keywords.ts";
import type { Config } from "./config.ts";
import { type Diagnostic, Report } from "./diagnostic.ts";
import { readGlobalDefs } from "./global_defs.ts";
import { lex, type Token } from "./lexer.ts";
import { parse } from "./parser.ts";
import { checkWhole } from "./semantic.ts";
import type { Block, Statement } from "./statement.ts";
import { readVirtualServer } from "./virtual_server.ts";
import { readVrrpInstance } from "./vrrp_instance.ts";

/** A configuration and what it needs from outside. */
export interface LoadInput {
  /** Name of the file, as messages shall show it. */
  readonly path: string;
  readonly text: string;
  /** Text of an included file; undefined when it can't be read. Without it, every `include` fails. */
  readonly readFile?: (path: string) => string | undefined;
  /** Default of `router_id`. */
  readonly hostName: string;
  /** Names of the interfaces of this host, to check those in the file; without it, any name is good. */
  readonly interfaceNames?: () => readonly string[];
}

/** What came of it. */
export interface LoadResult {
  /** Undefined if and only if a diagnostic is an error. */
  readonly config?: Config;
  /** Files in the order in which they were read, each from top to bottom. */
  readonly diagnostics: readonly Diagnostic[];
  /** Text of each file that was read, by its name: what `renderDiagnostics` quotes from. */
  readonly sources: ReadonlyMap<string, string>;
}

const MAX_INCLUDE_DEPTH = 16;
/** Files that include one another twice would otherwise be read 2^16 times. */
const MAX_INCLUDES = 1000;

/** Reads, checks and fills in defaults. Reports everything, not the first; never throws. */
export function loadConfig(input: LoadInput): LoadResult {
  const report = new Report();
  const sources = new Map([[input.path, input.text]]);
  let includes = 0;
  const root: Block = { section: "root", statements: [] };
  const readInto = (path: string, text: string, into: Block, including: readonly string[]): void => {
    const include = (file: Token, block: Block): void => {
      const target = resolveBeside(path, file.text);
      const source = including.includes(target) ? undefined : sources.get(target) ?? input.readFile?.(target);
      const problem = problemOf(target, source, { including, includes: ++includes });
      if (problem !== undefined) return report.add("include-failed", file, problem);
      if (source === undefined) return;
      sources.set(target, source);
      readInto(target, source, block, [...including, target]);
    };
    parse({ tokens: lex({ file: path, text }, report), into, report, include });
  };
  readInto(input.path, input.text, root, [input.path]);
  checkKeywords(root, report);
  const config = readConfig(root, input, report);
  const diagnostics = report.sorted([...sources.keys()]);
  return { ...(report.hasErrors ? {} : { config }), diagnostics, sources };
}

function problemOf(
  target: string,
  source: string | undefined,
  { including, includes }: { readonly including: readonly string[]; readonly includes: number },
): string | undefined {
  if (including.includes(target)) return `\`${target}\` includes itself`;
  if (including.length > MAX_INCLUDE_DEPTH) return `\`include\` is nested more than ${MAX_INCLUDE_DEPTH} deep`;
  if (includes > MAX_INCLUDES) return `more than ${MAX_INCLUDES} files are included`;
  return source === undefined ? `\`${target}\` can't be read` : undefined;
}

function readConfig(root: Block, input: LoadInput, report: Report): Config {
  const blocks = (name: string): Statement[] => root.statements.filter((child) => child.keyword.text === name);
  const globals = readGlobalDefs(blocks("global_defs"), report);
  const instances = blocks("vrrp_instance").map((block) => readVrrpInstance(block, globals, report))
    .filter((draft) => draft !== undefined);
  const virtualServers = blocks("virtual_server").map((block) => readVirtualServer(block, report))
    .filter((server) => server !== undefined);
  checkWhole({ instances, virtualServers, interfaceNames: input.interfaceNames?.() }, report);
  return {
    routerId: globals.routerId ?? input.hostName,
    vrrpInstances: instances.map(({ instance }) => instance).filter((instance) => instance !== undefined),
    virtualServers,
  };
}

/** A file name as the including file means it: relative to its own folder. */
function resolveBeside(including: string, file: string): string {
  const slash = including.lastIndexOf("/");
  return file.startsWith("/") || slash === -1 ? file : including.slice(0, slash + 1) + file;
}
