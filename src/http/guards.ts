// What every request must pass and every reply carries: host guard and security headers. Knows no page.
import type { Context, MiddlewareHandler } from "hono";
import { problem } from "./problem.ts";

const SECURITY_HEADERS: readonly (readonly [name: string, value: string])[] = [
  [
    "Content-Security-Policy",
    "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
  ],
  ["X-Content-Type-Options", "nosniff"],
  ["X-Frame-Options", "DENY"],
  // Nothing to others; with `no-referrer` browsers would not say of our own forms where they come from (`Origin: null`).
  ["Referrer-Policy", "same-origin"],
  ["Cache-Control", "no-store"],
];

const LOOPBACK_HOSTS = ["localhost", "127.0.0.1", "::1"];

/** `name`, `name:port`, `[address]` or `[address]:port` (RFC 9110 section 7.2); the groups are address and name. */
const HOST_HEADER = /^(?:\[([0-9a-f:.]+)\]|([^\s:/?#@[\]]+))(?::[0-9]*)?$/i;

/** Puts the security headers on every reply, refusals and errors included. */
export function securityHeaders(): MiddlewareHandler {
  return async (context, next) => {
    await next();
    for (const [name, value] of SECURITY_HEADERS) context.header(name, value);
  };
}

/**
 * Refuses requests for other names with 421: a web page whose name was rebound to our address (DNS rebinding) cannot
 * read us through a visitor's browser. Loopback names always pass; the port does not matter. `allowedHosts` are names
 * or addresses, IPv6 with or without brackets.
 */
export function hostGuard(allowedHosts: readonly string[]): MiddlewareHandler {
  const allowed = new Set([...LOOPBACK_HOSTS, ...allowedHosts].map(withoutBrackets));
  return async (context, next) => {
    // HTTP/1.0 may lack the header; then the server made the url from the address of its socket.
    const host = hostOf(context.req.header("host") ?? new URL(context.req.url).host);
    if (host === undefined || !allowed.has(host)) {
      return problem(context, 421, "this host name is not served here");
    }
    await next();
  };
}

/**
 * Refuses what a page of others could make a visitor's browser send here with his credentials (cross-site request forgery):
 * whoever writes must come from our own origin, or from no page at all, and must say that what he sends is JSON, which a form
 * cannot, or bytes, which it cannot either. Forms are taken where `takesForms` says so; those have a token of the page.
 */
export function writeGuard(
  takesForms: (path: string) => boolean = () => false,
  takesBytes: (method: string, path: string) => boolean = () => false,
): MiddlewareHandler {
  return async (context, next) => {
    const { method, path } = context.req;
    if (method === "GET" || method === "HEAD") return await next();
    const site = context.req.header("sec-fetch-site");
    if (site !== undefined && site !== "same-origin" && site !== "none") {
      return problem(context, 403, "this comes from a page of another site");
    }
    const origin = context.req.header("origin");
    if (origin !== undefined && origin !== ownOrigin(context)) {
      return problem(context, 403, "this comes from a page of another origin");
    }
    const type = context.req.header("content-type");
    // What a page of others makes a browser DELETE is asked about first, and nothing says yes to that.
    if (method === "DELETE" && type === undefined) return await next();
    const wanted = takesForms(path)
      ? "application/x-www-form-urlencoded"
      : takesBytes(method, path)
      ? "application/octet-stream"
      : "application/json";
    if ((type ?? "").split(";")[0]?.trim().toLowerCase() !== wanted) {
      return problem(context, 415, `the body must be ${wanted}`);
    }
    await next();
  };
}

function ownOrigin(context: Context): string {
  const { protocol, host } = new URL(context.req.url);
  return `${protocol}//${context.req.header("host") ?? host}`;
}

/** What is read of a body that nobody wanted, bytes, and for how long. */
const DRAINED_BYTES = 64 << 10;
const DRAINED_MS = 1000;

/**
 * Reads the body of a request that was refused before it was read: over HTTP/2 the stream would be reset otherwise, and the
 * caller would not see why he was refused. A long or slow one is not waited for.
 */
export function bodyDrain(): MiddlewareHandler {
  return async (context, next) => {
    await next();
    const { body, bodyUsed } = context.req.raw;
    if (body === null || bodyUsed || body.locked) return;
    const reader = body.getReader();
    const timer = setTimeout(() => reader.cancel().catch(() => {}), DRAINED_MS);
    try {
      for (let length = 0; length < DRAINED_BYTES;) {
        const { done, value } = await reader.read();
        if (done) break;
        length += value.length;
      }
    } catch {
      // the caller has gone
    } finally {
      clearTimeout(timer);
      reader.releaseLock();
    }
  };
}

/** Refuses what comes while so many requests are being answered: a flood must not pile up. Open streams do not count. */
export function concurrencyGuard(limit: number, refused: () => void): MiddlewareHandler {
  let running = 0;
  return async (context, next) => {
    if (running >= limit) {
      refused();
      context.header("Retry-After", "1");
      return problem(context, 503, "too many requests at a time");
    }
    running++;
    try {
      await next();
    } finally {
      running--;
    }
  };
}

/** The host of a Host header in lower case, without port and brackets; undefined when it is not one. */
export function hostOf(header: string): string | undefined {
  const match = HOST_HEADER.exec(header);
  return (match?.[1] ?? match?.[2])?.toLowerCase();
}

function withoutBrackets(host: string): string {
  return host.replace(/^\[(.*)\]$/, "$1").toLowerCase();
}
