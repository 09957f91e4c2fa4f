// Finds the server that news are about in the configurations, with what it wants done.
import type { Config } from "../config/config.ts";
import type { Script } from "../config/config_vrrp.ts";
import { formatServer, formatService } from "../engine/health/log_lines.ts";
import type { ServerNews } from "../engine/health/server_news.ts";

/** A server as it is told of. */
export interface FoundServer {
  /** `[10.0.0.1]:tcp:80`, `FWM 7`. */
  readonly virtualServer: string;
  /** `[10.0.1.1]:tcp:80`; undefined: the news are about the virtual server. */
  readonly realServer: string | undefined;
  readonly script: Script | undefined;
  /** `smtp_alert`; undefined: it does not say. */
  readonly mails: boolean | undefined;
}

/** Looks in the first configuration, then in the others: a reload may have removed it. */
export function findServer(
  configs: readonly (Config | undefined)[],
  { virtualServer, realServer, to }: ServerNews,
): FoundServer | undefined {
  for (const config of configs) {
    const server = config?.virtualServers.find(({ name }) => name === virtualServer);
    if (server === undefined) continue;
    const service = formatService(server);
    if (realServer === undefined) {
      const script = to === "up" ? server.quorumUp : server.quorumDown;
      return { virtualServer: service, realServer: undefined, script, mails: server.mails };
    }
    const real = server.realServers.find(({ address, port }) =>
      address === realServer.address && port === realServer.port
    );
    if (real === undefined) continue;
    const script = to === "up" ? real.notifyUp : real.notifyDown;
    return { virtualServer: service, realServer: formatServer(real, server.protocol), script, mails: real.mails };
  }
  return undefined;
}
