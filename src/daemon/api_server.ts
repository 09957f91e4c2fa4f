// The sockets of the api role: TCP with and without TLS, and a local one for the administrator. All are opened while there are
// privileges, and serve without.
import type { Context } from "hono";
import type { HttpConfig } from "../config/http_config.ts";
import { createApp } from "../http/app.ts";
import { type AccessPolicy, LOCAL_ADMINISTRATOR } from "../http/access.ts";
import type { AppOptions } from "../http/app.ts";
import type { ApiStatistics } from "../http/api_statistics.ts";
import { Credentials } from "../http/credentials.ts";
import type { CertifiedInfo } from "./certificate_listener.ts";
import { anonymousRole, type ApiListener, type ApiSettings } from "./api_settings.ts";

/** What the sockets serve. */
export interface ApiServerOptions {
  readonly app: Omit<AppOptions, "access" | "allowedHosts"> & { readonly statistics: ApiStatistics };
  readonly log: (line: string) => void;
  /** Tokens beside those of the configuration. */
  readonly tokens: () => HttpConfig["tokens"];
}

/** How long to wait before an address that is in use is tried again: a predecessor may hold it for a moment longer. */
const LISTEN_RETRY_MS = 2000;
const ADDRESS_IN_USE_TRIES = 15;

/** Opens everything. @throws when an address cannot be had */
export async function openApiServers({ listeners, http }: ApiSettings, options: ApiServerOptions): Promise<void> {
  const hosts = [...http.hosts, ...listeners.map(({ hostname }) => hostname)];
  for (const listener of listeners) {
    const access = new Credentials({
      config: http,
      tokens: options.tokens,
      anonymous: anonymousRole(listener, http),
      statistics: options.app.statistics,
      wallMs: options.app.wallMs,
      log: options.log,
      certificateOf: ({ env }) => (env as Partial<CertifiedInfo>).certificate,
      sourceOf,
    });
    await listen(listener, handler(options, access, hosts), options.log);
    const { hostname, port, tls } = listener;
    const shown = hostname.includes(":") ? `[${hostname}]` : hostname;
    options.log(`api: listening on ${tls === undefined ? "http" : "https"}://${shown}:${port}/stats`);
  }
  if (http.socket === undefined) return;
  openLocal(http.socket, handler(options, LOCAL_ADMINISTRATOR, hosts));
  options.log(`api: listening on ${http.socket}`);
}

type Handler = (request: Request, info: Pick<Deno.ServeHandlerInfo, "remoteAddr">) => Response | Promise<Response>;

function handler({ app }: ApiServerOptions, access: AccessPolicy, allowedHosts: readonly string[]): Handler {
  const served = createApp({ ...app, access, allowedHosts });
  return (request, info) => served.fetch(request, info);
}

/** Where a request came from: what Deno says of the connection, never a header. */
function sourceOf(context: Context): string {
  const { remoteAddr } = context.env as Deno.ServeHandlerInfo;
  return remoteAddr.transport === "tcp" ? remoteAddr.hostname : "local";
}

async function listen(
  { hostname, port, tls }: ApiListener,
  serve: Handler,
  log: (line: string) => void,
): Promise<void> {
  const onListen = (): void => {};
  for (let tries = 1;; tries++) {
    try {
      if (tls === undefined) Deno.serve({ hostname, port, onListen }, serve);
      else if (tls.clientCa !== undefined) {
        const { listenWithCertificates } = await import("./certificate_listener.ts");
        await listenWithCertificates({ hostname, port, ...tls, clientCa: tls.clientCa }, serve);
      } else Deno.serve({ hostname, port, ...tls, onListen }, serve);
      return;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse) || tries >= ADDRESS_IN_USE_TRIES) throw error;
      if (tries === 1) log(`api: ${hostname}:${port} is in use, trying again`);
      await new Promise((resolve) => setTimeout(resolve, LISTEN_RETRY_MS));
    }
  }
}

/** For root alone: nobody else may open it, from its first moment on, since its folder is ours when we make it. */
function openLocal(path: string, serve: Handler): void {
  const folder = path.slice(0, path.lastIndexOf("/")) || "/";
  Deno.mkdirSync(folder, { recursive: true, mode: 0o700 });
  try {
    if (Deno.lstatSync(path).isSocket !== true) throw new Error(`${path} is there and is not a socket`);
    Deno.removeSync(path); // a predecessor's: it cannot remove it, being nobody
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  const before = Deno.umask(0o177);
  try {
    Deno.serve({ path, onListen: () => {} }, serve);
  } finally {
    Deno.umask(before);
  }
  Deno.chmodSync(path, 0o600);
}
