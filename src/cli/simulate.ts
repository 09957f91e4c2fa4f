// `holdfast simulate`: rehearses failures of the routers that configurations describe, in virtual time; touches nothing.
import { startable } from "../config/carried_out.ts";
import type { Config } from "../config/config.ts";
import { diagnosticsJson } from "../config/diagnostics_json.ts";
import type { Diagnostic } from "../config/diagnostic.ts";
import { renderDiagnostics } from "../config/render_diagnostic.ts";
import { type Play, play } from "../engine/simulation/play.ts";
import { readScenario, type ScenarioNode, type ScenarioStep } from "../engine/simulation/scenario.ts";
import {
  interfacesOf,
  type NodeConfig,
  peerOf,
  usedBfd,
  usedFiles,
  usedProcesses,
  usedScripts,
  usedVirtualServers,
} from "../engine/simulation/topology.ts";
import { addressesOf } from "../engine/vrrp/addresses.ts";
import { EXIT_FAILURE, EXIT_OK } from "./exit_status.ts";
import { readConfig, readText } from "./read_config.ts";
import { timelineText } from "./timeline_text.ts";

/** The options of the command. */
export interface SimulateOptions {
  /** One for each node, in order. */
  readonly useFile: readonly string[];
  /** What `@ID` lines are compared with, for each file in order. */
  readonly configId: readonly string[];
  /** A file, or the text itself. */
  readonly scenario: string;
  readonly format: "text" | "json";
  readonly seed: number;
}

/** @returns the exit status: failure when a configuration or the scenario is wrong */
export function simulate(options: SimulateOptions): number {
  const colour = Deno.stderr.isTerminal() && !Deno.noColor;
  const read = (path: string, configId: string | undefined): Config | undefined => {
    const { config, report } = readConfig(path, { checkInterfaces: false, colour, configId });
    if (report !== "") console.error(report.trimEnd());
    return config === undefined ? undefined : startable(config).config;
  };
  const configs = options.useFile.map((path, index) => read(path, options.configId[index]));
  if (!configs.every((config) => config !== undefined)) return EXIT_FAILURE;
  const files = [...options.useFile];
  const [only] = configs;
  if (configs.length === 1 && only !== undefined) {
    configs.push(peerOf(only));
    files.push(`${options.useFile[0]}, with priorities one lower`);
  }
  const nodes = configs.map((config, index): NodeConfig => ({ name: String.fromCharCode(97 + index), config }));
  if (nodes.every(({ config }) => config.vrrpInstances.length === 0)) {
    return fail("there is no VRRP instance to rehearse");
  }

  const text = scenarioText(options.scenario);
  if (text === undefined) return fail(`cannot read the scenario \`${options.scenario}\`: there is no such file`);
  const { steps, diagnostics } = readScenario(text.file, text.text, nodes.map(known));
  if (diagnostics.length > 0) return refuse(diagnostics, text, options.format, colour);
  const reloads = new Map<ScenarioStep, Config>();
  for (const step of steps) {
    if (step.action.type !== "reload") continue;
    const { node, file } = step.action;
    const config = read(file, options.configId[nodes.findIndex(({ name }) => name === node)]);
    if (config === undefined) return EXIT_FAILURE;
    reloads.set(step, config);
  }
  const played = play(nodes, steps, { seed: options.seed, reloads });
  const named = nodes.map(({ name }, index) => ({ name, file: files[index] ?? "" }));
  console.log(options.format === "json" ? json(named, played) : timelineText(named, played).trimEnd());
  return EXIT_OK;
}

function known({ name, config }: NodeConfig): ScenarioNode {
  return {
    name,
    instances: config.vrrpInstances.map((instance) => instance.name),
    syncGroups: config.syncGroups.map((group) => group.name),
    interfaces: interfacesOf(config),
    scripts: usedScripts(config).map((script) => script.name),
    processes: usedProcesses(config).map((process) => process.name),
    files: usedFiles(config).map((file) => file.name),
    bfd: usedBfd(config).map((session) => session.name),
    virtualServers: usedVirtualServers(config).map((server) => server.name),
    witnesses: (config.witness?.witnesses ?? []).map((witness) => witness.name),
    fences: config.fencing !== undefined,
    addresses: config.vrrpInstances.flatMap(addressesOf).map(({ address }) => address),
  };
}

/** What begins with a time, or has lines, is a scenario itself. */
function scenarioText(given: string): { readonly file: string; readonly text: string } | undefined {
  if (given !== "-" && (given.includes("\n") || /^\s*(?:\+?\d+(?:\.\d+)?[a-z]+\s|$)/.test(given))) {
    return { file: "scenario", text: given };
  }
  const read = readText(given);
  return read.ok ? { file: given === "-" ? "stdin" : given, text: read.text } : undefined;
}

function refuse(
  diagnostics: readonly Diagnostic[],
  { file, text }: { readonly file: string; readonly text: string },
  format: "text" | "json",
  colour: boolean,
): number {
  if (format === "json") console.log(diagnosticsJson(diagnostics));
  else console.error(renderDiagnostics(diagnostics, { sources: new Map([[file, text]]), colour }).trimEnd());
  return EXIT_FAILURE;
}

/** Times in seconds, as people and other programs want them. */
function json(nodes: readonly { readonly name: string; readonly file: string }[], played: Play): string {
  const seconds = (us: number): number => us / 1_000_000;
  const span = <Span extends { fromUs: number; toUs: number }>({ fromUs, toUs, ...rest }: Span): object => {
    return { from: seconds(fromUs), to: seconds(toUs), ...rest };
  };
  const events = played.events.map(({ atUs, ...event }) => ({ at: seconds(atUs), ...event }));
  const summary = played.summary.map(({ masters, nobody, several, ...router }) => {
    return { ...router, masters: masters.map(span), nobody: nobody.map(span), several: several.map(span) };
  });
  return JSON.stringify({ nodes, end: seconds(played.endUs), events, summary }, undefined, 2);
}

function fail(problem: string): number {
  console.error(`error: ${problem}`);
  return EXIT_FAILURE;
}
