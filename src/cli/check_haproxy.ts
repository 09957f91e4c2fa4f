// What `haproxy -c` says about the haproxy.cfg that a configuration names, among the diagnostics of the configuration itself.
import { formatEndpoint } from "../base/ip.ts";
import type { Config } from "../config/config.ts";
import type { HaproxyConfig } from "../config/haproxy_config.ts";
import { type Diagnostic, Report } from "../config/diagnostic.ts";
import { renderDiagnostics } from "../config/render_diagnostic.ts";
import { mayHoldSecret } from "../core/haproxy/check_output.ts";
import { generate, type Generated, judgeConfig } from "../daemon/haproxy/generated.ts";
import type { ReadConfig } from "./read_config.ts";

/**
 * Adds them; without the section `haproxy` it is the same.
 *
 * @param isHere this is the machine that it is for: HAProxy and its file must be here
 */
export async function withHaproxy(read: ReadConfig, isHere: boolean): Promise<ReadConfig> {
  const { config } = read;
  if (config?.haproxy === undefined || !(isHere || isThere(config.haproxy))) return read;
  const { haproxy } = config;
  const report = new Report();
  const made = generate(haproxy, config, "/run/holdfast/haproxy");
  if (typeof made === "string") {
    report.add("haproxy-config", haproxy.location, made);
    return joined(read, report, read.sources);
  }
  const folder = Deno.makeTempDirSync({ prefix: "holdfast-" });
  try {
    const { messages } = await judgeConfig(haproxy, made, folder);
    for (const { severity, file, line = 1, text } of messages) {
      const place = file === haproxy.file ? { file, line, column: 1, length: 1 } : haproxy.location;
      report.add(severity === "error" ? "haproxy-config" : "haproxy-warning", place, text);
    }
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
  reportShadowed(made, config, report);
  const lines = made.source.text.split("\n").map((line) => mayHoldSecret(line) ? "(not shown)" : line);
  return joined(read, report, new Map([...read.sources, [haproxy.file, lines.join("\n")]]));
}

function isThere({ binary, file }: HaproxyConfig): boolean {
  try {
    return [binary, file].every((path) => Deno.statSync(path).isFile);
  } catch {
    return false;
  }
}

/** IPVS takes packets before a socket sees them. */
function reportShadowed({ source }: Generated, { virtualServers }: Config, report: Report): void {
  for (const { line, address, first, last, udp } of source.prepared.binds) {
    const service = virtualServers.find((server) =>
      server.protocol === (udp ? "udp" : "tcp") && server.address === address && first <= server.port &&
      server.port <= last
    );
    if (service === undefined) continue;
    const message = `HAProxy hears nothing at ${
      formatEndpoint(address, service.port)
    }: a virtual server takes it before`;
    report.add("haproxy-warning", { file: source.file, line, column: 1, length: 1 }, message, {
      related: [{ message: "this one", location: service.location }],
    });
  }
}

function joined(read: ReadConfig, report: Report, sources: ReadonlyMap<string, string>): ReadConfig {
  const found: readonly Diagnostic[] = report.sorted([...sources.keys()]);
  const text = renderDiagnostics(found, { sources, colour: Deno.stdout.isTerminal() && !Deno.noColor });
  return {
    ...read,
    config: report.hasErrors ? undefined : read.config,
    diagnostics: [...read.diagnostics, ...found],
    report: `${read.report}${read.report === "" || text === "" ? "" : "\n"}${text}`,
    sources,
  };
}
