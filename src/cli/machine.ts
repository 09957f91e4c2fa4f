// The machine that a configuration is checked against: its interfaces, scripts and users.
import type { Host } from "../config/host.ts";
import { routingNames } from "../linux/routing_names.ts";
import { InterfaceTable } from "../linux/interface_table.ts";
import { inNamespace, isInNamespace } from "../linux/network_namespace.ts";
import { scriptProblem } from "../probe/script_security.ts";

/** This machine. */
export const machine: Host = {
  interfaceNames: (namespace) => {
    if (namespace === undefined) return interfaceNames();
    try {
      return isInNamespace(namespace) ? interfaceNames() : inNamespace(namespace, interfaceNames);
    } catch {
      return undefined; // only root can look; who starts it hears of what is wrong
    }
  },
  script: scriptProblem,
  hasUser: (name) => /^\d+$/.test(name) || users().has(name),
  routingNames: ({ iprouteUsrFolder, iprouteEtcFolder }) => routingNames(iprouteUsrFolder, iprouteEtcFolder),
};

function interfaceNames(): readonly string[] {
  const table = new InterfaceTable();
  const names = table.names();
  table.close();
  return names;
}

function users(): Set<string> {
  try {
    return new Set(Deno.readTextFileSync("/etc/passwd").split("\n").map((line) => line.split(":")[0] ?? ""));
  } catch {
    return new Set();
  }
}
