// What the api role is told of where to listen and whom to let in: the configuration with certificates and keys read, since the
// role itself soon may not.
import { type HttpConfig, isLoopback } from "../config/http_config.ts";

/** One address. */
export interface ApiListener {
  readonly hostname: string;
  readonly port: number;
  /** In PEM. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly clientCa?: string };
}

/** Everything that the role is told before it gives up its privileges. */
export interface ApiSettings {
  readonly listeners: readonly ApiListener[];
  readonly http: Pick<HttpConfig, "socket" | "hosts" | "users" | "tokens" | "certificates" | "realm" | "anonymous">;
}

/** Without `api` and `stats`: loopback may be read. */
const DEFAULTS: HttpConfig = {
  listen: [],
  hosts: [],
  users: [],
  tokens: [],
  certificates: [],
  anonymous: true,
  realm: "Holdfast",
};

/** What is needed of the surroundings. */
export interface ApiSettingsOptions {
  readonly log: (line: string) => void;
  /** Throws when there is no such file. */
  readonly readText: (path: string) => string;
}

/**
 * Puts the loopback address of the command line and the configuration together. An address whose certificate cannot be read is
 * left out, and the log says so.
 */
export function apiSettings(
  config: HttpConfig = DEFAULTS,
  loopback: { readonly hostname: string; readonly port: number } | undefined,
  { log, readText }: ApiSettingsOptions,
): ApiSettings {
  const { listen, ...http } = config;
  const configured = listen.flatMap(({ address: hostname, port, tls }): ApiListener[] => {
    if (tls === undefined) return [{ hostname, port }];
    try {
      const pair = { cert: readText(tls.certificate), key: readText(tls.key) };
      const authority = tls.clientCa === undefined ? {} : { clientCa: readText(tls.clientCa) };
      return [{ hostname, port, tls: { ...pair, ...authority } }];
    } catch (error) {
      log(`warning: api: not listening at ${hostname}:${port}: ${error instanceof Error ? error.message : error}`);
      return [];
    }
  });
  const isNamed = configured.some(({ hostname, port }) => hostname === loopback?.hostname && port === loopback.port);
  return { listeners: [...(loopback === undefined || isNamed ? [] : [loopback]), ...configured], http };
}

/** What those without credentials may do at an address. */
export function anonymousRole(
  { hostname, tls }: ApiListener,
  { anonymous }: ApiSettings["http"],
): "reader" | undefined {
  return isLoopback(hostname) && anonymous && tls?.clientCa === undefined ? "reader" : undefined;
}
