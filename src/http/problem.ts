// Error replies: application/problem+json (RFC 9457) below /api, plain text elsewhere.
import type { Context } from "hono";

/** The refusals that we know, with their titles. */
const TITLES = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  408: "Request Timeout",
  409: "Conflict",
  412: "Precondition Failed",
  413: "Content Too Large",
  415: "Unsupported Media Type",
  421: "Misdirected Request",
  422: "Unprocessable Content",
  429: "Too Many Requests",
  500: "Internal Server Error",
  503: "Service Unavailable",
} as const;

/** A status of a refusal. */
export type ProblemStatus = keyof typeof TITLES;

/** All of them, with their titles. */
export const PROBLEMS: Readonly<Record<ProblemStatus, string>> = TITLES;

/** One thing that is wrong with what was sent. */
export interface ProblemEntry {
  readonly path: string;
  readonly message: string;
}

/** The reply. `detail` is one sentence, or what reading the caller's configuration had to say. */
export function problem(
  context: Context,
  status: ProblemStatus,
  detail: string,
  errors?: readonly ProblemEntry[],
): Response {
  const { path } = context.req;
  const title = TITLES[status];
  if (path !== "/api" && !path.startsWith("/api/")) return context.text(`${status} ${title}: ${detail}\n`, status);
  const body = { type: "about:blank", title, status, detail, instance: path, ...(errors && { errors }) };
  return context.body(JSON.stringify(body), status, { "Content-Type": "application/problem+json" });
}
