// All rules of `holdfast doctor` over a configuration and the facts of a machine. Pure: it looks at nothing itself.
import type { MachineFacts } from "../../ports/machine.ts";
import type { Config } from "../config.ts";
import { ADDRESS_RULES } from "./address_rules.ts";
import type { Finding } from "./finding.ts";
import { FORWARDING_RULES } from "./forwarding_rules.ts";
import { IPVS_RULES, modulesFor } from "./ipvs_rules.ts";
import { Site } from "./site.ts";

const ORDER = ["error", "warning", "hint"];

/** What is not as it should be, the worst first. */
export function examine(config: Config, facts: MachineFacts): Finding[] {
  const site = new Site(config, facts);
  return [...ADDRESS_RULES, ...FORWARDING_RULES, ...IPVS_RULES].flatMap((rule) => rule(site))
    .toSorted((one, other) => ORDER.indexOf(one.severity) - ORDER.indexOf(other.severity));
}

/** Modules whose state the rules ask for. */
export function neededModules(config: Config): string[] {
  return modulesFor({ config }).map(({ module }) => module);
}
