// Who is asking, and whether he may: the role of a caller, and the role that a request needs.
import type { Context, MiddlewareHandler } from "hono";
import { API_BASE } from "./api/openapi.ts";
import { type Role, ROLES } from "./api/operation.ts";
import { methodsAt, operationAt } from "./api/routes.ts";
import { type Caller, setCaller } from "./caller.ts";
import { problem } from "./problem.ts";

export type { Caller } from "./caller.ts";

/** What was found out about a caller. */
export type Identification =
  | { readonly caller: Caller }
  /** Credentials that are not believed, or too many attempts. */
  | { readonly refused: 401 | 429; readonly detail: string; readonly retryAfterSeconds?: number };

/** Who may come in at one address. */
export interface AccessPolicy {
  /** Finds out who asks. */
  readonly identify: (context: Context) => Identification | Promise<Identification>;
  /** What a browser is asked for with 401; undefined: there is nobody to be known as. */
  readonly realm: string | undefined;
}

/** Anybody may read, and nobody may do more: what loopback has without configured users. */
export const READ_ONLY: AccessPolicy = {
  identify: () => ({ caller: { name: "anybody", role: "reader" } }),
  realm: undefined,
};

/** The local socket: whoever could open it is the administrator. */
export const LOCAL_ADMINISTRATOR: AccessPolicy = {
  identify: () => ({ caller: { name: "local administrator", role: "admin", credential: { kind: "local" } } }),
  realm: undefined,
};

/** Paths that need no role: they say one word. */
const OPEN_PATHS = new Set(["/healthz", "/livez", "/readyz"]);

/** Where a browser is asked who he is, although anybody may read: then he can do more. */
export const LOGIN_PATH = "/login";

/** The stats page, with HAProxy's options behind semicolons. */
const STATS_PAGE = /^\/stats(?:;[^/]*)?$/;

/** Whether a path is the stats page's. */
export function isStatsPage(path: string): boolean {
  return STATS_PAGE.test(path);
}

/** The role that a request needs; undefined: nothing of that method is there. */
export function neededRole(method: string, path: string): Role | undefined {
  const operation = path.startsWith(API_BASE) ? operationAt(method, path) : undefined;
  if (operation !== undefined) return operation.role;
  if (method === "POST" && isStatsPage(path)) return "operator";
  if (method !== "GET" && method !== "HEAD") return undefined;
  return OPEN_PATHS.has(path) ? "none" : "reader";
}

/** What can be done at a path. */
function methodsFor(path: string): string {
  const methods = path.startsWith(API_BASE) ? methodsAt(path) : isStatsPage(path) ? ["GET", "HEAD", "POST"] : [];
  return (methods.length > 0 ? methods : ["GET", "HEAD"]).join(", ");
}

/** Lets a request pass whose caller has the role that it needs. */
export function accessGuard(policy: AccessPolicy): MiddlewareHandler {
  return async (context, next) => {
    const { method, path } = context.req;
    const needed = neededRole(method, path);
    if (needed === undefined) {
      context.header("Allow", methodsFor(path));
      return problem(context, 405, "this cannot be done here");
    }
    if (needed === "none") return await next();
    const found = await policy.identify(context);
    if (
      path === LOGIN_PATH && "caller" in found && found.caller.credential === undefined && policy.realm !== undefined
    ) {
      challenge(context, policy);
      return problem(context, 401, "credentials are needed here");
    }
    if ("refused" in found) {
      if (found.retryAfterSeconds !== undefined) context.header("Retry-After", String(found.retryAfterSeconds));
      if (found.refused === 401) challenge(context, policy);
      return problem(context, found.refused, found.detail);
    }
    if (ROLES.indexOf(found.caller.role) < ROLES.indexOf(needed)) {
      return problem(context, 403, `this needs the role ${needed}`);
    }
    setCaller(context, found.caller);
    await next();
  };
}

/** `realm` comes from the configuration: what would end the quotation is left out. */
function challenge(context: Context, { realm }: AccessPolicy): void {
  if (realm !== undefined) {
    context.header("WWW-Authenticate", `Basic realm="${realm.replace(/["\\]/g, "")}", charset="UTF-8"`);
  }
}
