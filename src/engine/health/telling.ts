// From what happened to servers to what is told of it, in keepalived's order: real servers, then their virtual server.
import type { ProbeResult } from "../../ports/probes.ts";
import type { LiveRealServer } from "./live_real_server.ts";
import type { LiveChange, LiveStep, LiveVirtualServer } from "./live_server.ts";
import type { ServerNews } from "./server_news.ts";

/** After one result. */
export function newsOfStep(
  server: LiveVirtualServer,
  realServer: LiveRealServer,
  { text }: ProbeResult,
  { verdict, realServer: change, quorum }: LiveStep,
): ServerNews[] {
  const news: ServerNews[] = [];
  if (change !== undefined) news.push(ofRealServer(server, realServer, change, text));
  // The first good result of a server that counts as up is no news.
  else if (verdict === "down" || (verdict === "up" && !realServer.health.up)) {
    news.push({ ...ofRealServer(server, realServer, verdict, text), kind: "checker" });
  }
  return [...news, ...ofQuorum(server, quorum)];
}

/** After a reload. Servers that are new are told of when their checks say something. */
export function newsOfChange(server: LiveVirtualServer, { removed, changed, quorum }: LiveChange): ServerNews[] {
  const gone = removed.filter(({ health }) => health.up);
  return [
    ...changed.map(({ server: real, change }) => ofRealServer(server, real, change, "its checks changed")),
    ...gone.map((real) => ofRealServer(server, real, "down", "it was removed")),
    ...ofQuorum(server, quorum),
  ];
}

/** What is up from the start of a virtual server on: as under keepalived the quorum always, real servers if they are asked for. */
export function initialNews(server: LiveVirtualServer, withRealServers: boolean): ServerNews[] {
  const up = withRealServers ? server.realServers.filter(({ health }) => health.up) : [];
  return [
    ...up.map((real) => ofRealServer(server, real, "up", "it counts as up from the start")),
    ...(server.quorum.up ? ofQuorum(server, "gained") : []),
  ];
}

/** A real server leaves at the end, with `omega`. */
export function leaveNews(
  server: LiveVirtualServer,
  realServer: LiveRealServer,
  wasUp: boolean,
  quorum: LiveStep["quorum"],
): ServerNews[] {
  const own = wasUp ? [ofRealServer(server, realServer, "down", "the daemon ends")] : [];
  return [...own, ...ofQuorum(server, quorum)];
}

/** A virtual server ends, with what of it was up. */
export function endNews(server: LiveVirtualServer, reason: string): ServerNews[] {
  const up = server.realServers.filter(({ health }) => health.up);
  const own: ServerNews = { kind: "virtual-server", virtualServer: server.config.name, to: "down", reason };
  return [...up.map((real) => ofRealServer(server, real, "down", reason)), ...(server.quorum.up ? [own] : [])];
}

function ofRealServer(
  server: LiveVirtualServer,
  { config: { address, port } }: LiveRealServer,
  to: "up" | "down",
  reason: string,
): ServerNews {
  return { kind: "real-server", virtualServer: server.config.name, realServer: { address, port }, to, reason };
}

function ofQuorum(server: LiveVirtualServer, change: LiveStep["quorum"] | undefined): ServerNews[] {
  if (change === undefined) return [];
  const reason = `live weight ${server.liveWeight}, quorum ${server.limits.quorum}`;
  const to = change === "gained" ? "up" : "down";
  return [{ kind: "virtual-server", virtualServer: server.config.name, to, reason }];
}
