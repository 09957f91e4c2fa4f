// The file that keeps the tokens that were made at run time: their hashes, who made them, and until when they hold. The old list
// or the new one is there at any time, whatever happens meanwhile.
import type { HttpConfig } from "../config/http_config.ts";
import type { ShownToken, StoredToken } from "../ports/commands.ts";

/** Longest file that is read, bytes: far more than there may be tokens. */
const MAX_BYTES = 1 << 20;
const MODE = 0o600;
const ROLES: readonly unknown[] = ["reader", "operator", "admin"];

/** What a token may be called: it is in paths, logs and on terminals. */
export const TOKEN_NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;

/** What is in the file; nothing when there is none. @throws Error when it cannot be read, or is no such file */
export function readTokens(path: string): StoredToken[] {
  let text: string;
  try {
    if (Deno.statSync(path).size > MAX_BYTES) throw new Error("it is longer than any list of tokens");
    text = Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
  const { tokens } = JSON.parse(text) as { tokens?: unknown };
  if (!Array.isArray(tokens) || !tokens.every(isToken)) throw new Error("it is not a list of tokens");
  return tokens;
}

/** Puts the list in its place, on the disk. @throws Deno's errors */
export function writeTokens(path: string, tokens: readonly StoredToken[]): void {
  const folder = path.slice(0, path.lastIndexOf("/")) || ".";
  Deno.mkdirSync(folder, { recursive: true });
  const beside = `${path}.new`;
  try {
    Deno.removeSync(beside); // of an attempt that did not come to its end
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  const file = Deno.openSync(beside, { write: true, createNew: true, mode: MODE });
  try {
    const bytes = new TextEncoder().encode(`${JSON.stringify({ tokens }, undefined, 1)}\n`);
    for (let sent = 0; sent < bytes.length;) sent += file.writeSync(bytes.subarray(sent));
    file.syncSync();
  } finally {
    file.close();
  }
  Deno.renameSync(beside, path);
  const within = Deno.openSync(folder);
  try {
    within.syncSync(); // a token that was revoked must not come back with the power
  } finally {
    within.close();
  }
}

/** All tokens as they are shown: without their hashes. */
export function shownTokens(configured: HttpConfig["tokens"], made: readonly StoredToken[]): ShownToken[] {
  return [
    ...configured.map(({ sha256: _, ...token }) => ({ ...token, origin: "configuration" as const })),
    ...made.map(({ sha256: _, ...token }) => ({ ...token, origin: "api" as const })),
  ];
}

function isToken(value: unknown): value is StoredToken {
  if (typeof value !== "object" || value === null) return false;
  const { name, sha256, role, expiresAtMs, createdAtMs, createdBy } = value as Readonly<Record<string, unknown>>;
  return typeof name === "string" && TOKEN_NAME.test(name) &&
    typeof sha256 === "string" && /^[0-9a-f]{64}$/.test(sha256) && ROLES.includes(role) &&
    (expiresAtMs === undefined || Number.isSafeInteger(expiresAtMs)) &&
    Number.isSafeInteger(createdAtMs) && typeof createdBy === "string";
}
