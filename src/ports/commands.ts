// What the api role asks of the supervisor, and what it is told of what was done: plain data.
import type { ApplianceSnapshot } from "./appliance.ts";

/** How a caller was known: by what he sent, which the supervisor looks at itself, or by the local socket,
 * or by the certificate that the api role has verified. */
export type Credential =
  | { readonly kind: "authorization"; readonly value: string }
  | { readonly kind: "local" }
  | { readonly kind: "certificate"; readonly name: string };

/** What is to be done; the fields are the command's. */
export interface CommandRequest {
  readonly command: string;
  readonly [field: string]: unknown;
}

/** Statuses that a command is refused with, as in HTTP. */
export type RefusalStatus = 400 | 401 | 403 | 404 | 409 | 412 | 413 | 422 | 429 | 503;

/** What came of it. */
export type CommandAnswer =
  | { readonly ok: true; readonly result: unknown }
  | { readonly ok: false; readonly status: RefusalStatus; readonly message: string };

/** One thing that somebody did or tried. */
export interface AuditEntry {
  /** Grows by one, since the start. */
  readonly id: number;
  readonly atMs: number;
  readonly actor: string;
  readonly via: "api" | "command line" | "daemon";
  readonly action: string;
  /** What it was about. */
  readonly target?: string;
  readonly reason?: string;
  readonly outcome: "done" | "refused";
  readonly text: string;
}

/** A token that was made at run time; the token itself is nowhere but with its user. */
export interface StoredToken {
  readonly name: string;
  /** Of the token, in hexadecimal. */
  readonly sha256: string;
  readonly role: "reader" | "operator" | "admin";
  readonly expiresAtMs?: number;
  readonly createdAtMs: number;
  readonly createdBy: string;
}

/** A token as it is shown: without its hash. */
export type ShownToken =
  & Pick<StoredToken, "name" | "role" | "expiresAtMs">
  & Partial<Pick<StoredToken, "createdAtMs" | "createdBy">>
  & { readonly origin: "configuration" | "api" };

/** Work that takes longer than its request. */
export interface TaskEntry {
  readonly id: string;
  readonly kind: "apply" | "rollback" | "reload" | "maintenance" | "update" | "update_rollback";
  readonly state: "running" | "succeeded" | "failed" | "rolled_back" | "cancelled";
  readonly actor: string;
  readonly startedAtMs: number;
  readonly endedAtMs?: number;
  /** One sentence. */
  readonly text: string;
  /** Of an update, as far as it is known: how much of it has come, what it is, who has signed it, and where it goes. */
  readonly progress?: { readonly bytes: number; readonly totalBytes: number };
  readonly version?: string;
  readonly key?: string;
  readonly slot?: "a" | "b";
}

/** A configuration that was in use. */
export interface GenerationEntry {
  readonly generation: number;
  readonly atMs: number;
  readonly origin: "start" | "reload" | "apply" | "rollback";
  readonly actor?: string;
  readonly comment?: string;
  readonly etag: string;
  /** `2 changed, 1 added`. */
  readonly summary: string;
  /** Whether it can be gone back to. */
  readonly kept: boolean;
}

/** A configuration that is on trial. */
export interface PendingConfirmation {
  readonly task: string;
  readonly generation: number;
  readonly confirmByMs: number;
}

/** Everything that the api role shows of operations. Bounded. */
export interface OperationsSnapshot {
  readonly audit: readonly AuditEntry[];
  readonly tasks: readonly TaskEntry[];
  readonly history: readonly GenerationEntry[];
  readonly pending?: PendingConfirmation;
  /** Undefined: this machine is not the appliance. */
  readonly appliance?: ApplianceSnapshot;
}

/** Nothing was done yet. */
export const NO_OPERATIONS: OperationsSnapshot = { audit: [], tasks: [], history: [] };
