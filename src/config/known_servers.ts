// Virtual servers that a reload does not change are the objects that they were: who compares two configurations, and tells others
// of the difference, need not look into thousands of them.
import { same } from "../base/same.ts";
import type { Config } from "./config.ts";

/** `after` with the virtual servers of `before` that say the same, wherever they stand in the file. */
export function withKnownServers(before: Config, after: Config): Config {
  const known = new Map(before.virtualServers.map((server) => [server.name, server]));
  const virtualServers = after.virtualServers.map((server) => {
    const earlier = known.get(server.name);
    known.delete(server.name); // an object stands in the list once
    return earlier !== undefined && same(earlier, server, "location") ? earlier : server;
  });
  return { ...after, virtualServers };
}
