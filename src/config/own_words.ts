// Which of Holdfast's own checks a configuration has: what keepalived.conf cannot say.
import type { Config } from "./config.ts";
import { OWN_CHECKER_KEYWORDS } from "./own_checkers.ts";

/** The keywords of the checkers that keepalived does not have, each once. */
export function ownWordsIn({ virtualServers }: Pick<Config, "virtualServers">): string[] {
  const types = new Set<string>(
    virtualServers.flatMap(({ realServers }) =>
      realServers.flatMap(({ checkers }) => checkers.map(({ type }) => type))
    ),
  );
  return Object.entries(OWN_CHECKER_KEYWORDS).flatMap(([type, keyword]) => types.has(type) ? [keyword] : []);
}
