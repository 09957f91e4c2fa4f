// What checks ask the machine that a configuration is for. Interfaces only; `cli` has the real one.
import type { NameLookup } from "../core/routing/names.ts";
import type { GlobalDefs } from "./global_defs.ts";

/** The machine. */
export interface Host {
  /** @param namespace network namespace, undefined for the present one @returns undefined when it cannot be looked into */
  readonly interfaceNames: (namespace?: string) => readonly string[] | undefined;
  /** What would come of running that file. `insecure`: others than root can change it. */
  readonly script: (path: string) => "ok" | "missing" | "not-executable" | "insecure";
  readonly hasUser: (name: string) => boolean;
  /** Names of routing tables and the like, from the folders that are configured; missing: every name is good. */
  readonly routingNames?: (folders: Pick<GlobalDefs, "iprouteUsrFolder" | "iprouteEtcFolder">) => NameLookup;
}
