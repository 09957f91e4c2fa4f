// What instances that track virtual servers are told of them: quorum, healthy servers, their weight. Remembers what was said.
import type { JudgedWord } from "../../core/tracking/server_word.ts";
import { weightedEntry } from "./live_real_server.ts";
import type { LiveVirtualServer } from "./live_server.ts";

/** Words about tracked virtual servers. */
export class QuorumWords {
  readonly #said = new Map<string, string>();

  /** What is other than said before, by the name of the virtual server. */
  news(servers: readonly LiveVirtualServer[]): Readonly<Record<string, JudgedWord>> {
    const news: Record<string, JudgedWord> = {};
    for (const server of servers) {
      const { name, tracked } = server.config;
      if (!tracked) continue;
      const word = wordOf(server);
      const text = JSON.stringify(word);
      if (this.#said.get(name) === text) continue;
      this.#said.set(name, text);
      news[name] = word;
    }
    return news;
  }

  /** Another configuration is in use. */
  keep(servers: readonly LiveVirtualServer[]): void {
    const tracked = new Set(servers.filter(({ config }) => config.tracked).map(({ config }) => config.name));
    for (const name of this.#said.keys()) if (!tracked.has(name)) this.#said.delete(name);
  }
}

function wordOf(server: LiveVirtualServer): JudgedWord {
  const healthy = server.realServers.filter((real) =>
    real.health.up && real.presence.name === "present" && weightedEntry(real).weight > 0
  );
  return {
    quorum: server.quorum.up,
    servers: healthy.length,
    weight: server.liveWeight,
    judged: server.realServers.every(({ health }) => health.checkers.every(({ judged }) => judged)),
  };
}
