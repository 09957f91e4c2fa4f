// Somebody who asks, as the guard at the door has found out, for those who carry his request out.
import type { Context } from "hono";
import type { Credential } from "../ports/commands.ts";
import type { Role } from "./api/operation.ts";

/** Somebody who asks. */
export interface Caller {
  /** For the log: a user, a token's name, `local administrator`, or `anybody`. */
  readonly name: string;
  readonly role: Role;
  /** What the supervisor is told, who looks at it himself; undefined: he is anybody. */
  readonly credential?: Credential;
  /** Whether he may still be there; undefined: as long as we are. */
  readonly mayStay?: () => boolean;
}

/** What a client has shown in the handshake, and what is verified. */
export interface ClientCertificate {
  /** Its subject's common name; undefined: it has none, or several. */
  readonly name?: string;
  readonly expiresAtMs: number;
}

const KEY = "caller";

/** Remembers him for this request. */
export function setCaller(context: Context, caller: Caller): void {
  context.set(KEY, caller);
}

/** Who it is; undefined where nobody was asked. */
export function callerOf(context: Context): Caller | undefined {
  return context.get(KEY);
}
