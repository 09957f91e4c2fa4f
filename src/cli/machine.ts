// The machine that a configuration is checked against: its interfaces, scripts and users.
import type { Host } from "../config/host.ts";
import { routingNames } from "../linux/routing_names.ts";
import { InterfaceTable } from "../linux/interface_table.ts";
import { scriptProblem } from "../probe/script_security.ts";

/** This machine. */
export const machine: Host = {
  interfaceNames: () => {
    const table = new InterfaceTable();
    const names = table.names();
    table.close();
    return names;
  },
  script: scriptProblem,
  hasUser: (name) => /^\d+$/.test(name) || users().has(name),
  routingNames: ({ iprouteUsrFolder, iprouteEtcFolder }) => routingNames(iprouteUsrFolder, iprouteEtcFolder),
};

function users(): Set<string> {
  try {
    return new Set(Deno.readTextFileSync("/etc/passwd").split("\n").map((line) => line.split(":")[0] ?? ""));
  } catch {
    return new Set();
  }
}
