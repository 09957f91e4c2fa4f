// `holdfast firewall`: rules of nftables for the virtual servers of a configuration.
import { firewallScript } from "../config/firewall.ts";
import type { Config } from "../config/config.ts";
import type { Bind } from "../core/haproxy/config_text.ts";
import { generate } from "../daemon/haproxy/generated.ts";
import { EXIT_FAILURE, EXIT_OK } from "./exit_status.ts";
import { readRunnable } from "./read_config.ts";

/** The options of the command. */
export interface FirewallOptions {
  readonly useFile: string;
  readonly configId?: string;
  /** Table and chain, such as `inet holdfast services`. */
  readonly chain: string;
}

/** @returns the exit status: failure when the configuration cannot be run */
export function firewall(options: FirewallOptions): number {
  const config = readRunnable(options.useFile, options.configId);
  if (config === undefined) return EXIT_FAILURE;
  console.log(firewallScript(config, options.chain, haproxyBinds(config)).trimEnd());
  return EXIT_OK;
}

/** Where HAProxy listens, as far as its file tells. */
function haproxyBinds(config: Config): readonly Bind[] {
  if (config.haproxy === undefined) return [];
  const made = generate(config.haproxy, config, "/run/holdfast/haproxy");
  if (typeof made !== "string") return made.source.prepared.binds;
  console.error(`warning: ${made}`);
  return [];
}
