// What operations on tokens take and say, as zod schemas.
import { z } from "zod";

/** As long as a year, in seconds. */
const MAX_SECONDS = 366 * 86_400;

const time = z.iso.datetime().describe("RFC 3339, UTC, with milliseconds");
const role = z.enum(["reader", "operator", "admin"]);
const expiresAt = time.optional().describe("absent: until it is revoked");

export const Token = z.object({
  name: z.string(),
  role,
  origin: z.enum(["configuration", "api"]).describe("those of the configuration are revoked there"),
  createdAt: time.optional(),
  createdBy: z.string().optional(),
  expiresAt,
}).meta({ id: "Token" });

export const TokenRequest = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/),
  role,
  ttlSeconds: z.number().min(0.001).max(MAX_SECONDS).optional().describe("absent: until it is revoked"),
  // deno-lint-ignore no-control-regex -- leaving them out is the point
  reason: z.string().max(200).regex(/^[^\x00-\x1f\x7f]*$/).optional().describe("why, for the audit"),
}).meta({ id: "TokenRequest" });

export const NewToken = z.object({
  token: z.string().describe("for `Authorization: Bearer`; it is told this once"),
  name: z.string(),
  role,
  expiresAt,
  text: z.string().describe("one sentence"),
}).meta({ id: "NewToken" });

export const Revoked = z.object({ done: z.boolean(), text: z.string() }).meta({ id: "Revoked" });
