// What an operation of the API is: one row of the table that routes and description are made of.
import type { z } from "zod";
import type {
  CommandAnswer,
  CommandRequest,
  Credential,
  OperationsSnapshot,
  ShownToken,
} from "../../ports/commands.ts";
import type { RunningConfig, Snapshot } from "../../ports/snapshot.ts";
import type { ProblemStatus } from "../problem.ts";
import type { Watch } from "../watch.ts";

/** Who may do something: each role may do all that those before it may. */
export const ROLES = ["none", "reader", "operator", "admin"] as const;
export type Role = (typeof ROLES)[number];

/** What operations are done with. */
export interface ApiSource {
  readonly snapshot: () => Snapshot;
  readonly wallMs: () => number;
  readonly watch: Watch;
  /** Undefined while the supervisor has not said it. */
  readonly config: () => RunningConfig | undefined;
  /** What operators did. */
  readonly operations: () => OperationsSnapshot;
  /** The tokens that there are, without their hashes. */
  readonly tokens: () => readonly ShownToken[];
  /** Asks the supervisor. Never rejects. */
  readonly command: (by: Credential, request: CommandRequest) => Promise<CommandAnswer>;
}

/** One request, read and checked. */
export interface Call {
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, unknown>>;
  readonly body: unknown;
  /** The body as it comes, of an operation that takes it so. */
  readonly bytes?: ReadableStream<Uint8Array> | undefined;
  /** How the caller was known; undefined: he is anybody. */
  readonly credential?: Credential | undefined;
  /** Entity tags of If-Match, without quotes. */
  readonly ifMatch?: readonly string[] | undefined;
}

/** What an operation says. */
export type Outcome =
  | {
    readonly status: 200 | 202;
    readonly body: unknown;
    readonly etag?: string;
    /** Where to look how it goes on. */
    readonly location?: string;
  }
  | { readonly status: ProblemStatus; readonly detail: string };

/** One operation. */
export interface Operation {
  readonly id: string;
  readonly method: "get" | "post" | "put" | "delete";
  /** Below /api/v1, parameters in braces. */
  readonly path: string;
  readonly role: Role;
  readonly summary: string;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodObject;
  /** No body counts as an empty object. */
  readonly bodyMayMiss?: boolean;
  /** Longest body, bytes. */
  readonly maxBodyBytes?: number;
  /** The body is application/octet-stream, and read by the operation itself. */
  readonly takesBytes?: boolean;
  readonly reply: z.ZodType;
  /** The reply has an ETag; If-None-Match and If-Match are heard. */
  readonly hasEtag?: boolean;
  /** It also answers with a stream of events, where that is asked for. */
  readonly streams?: boolean;
  /** What is asked for by the query may not be there: 404. */
  readonly mayLack?: boolean;
  /** It may answer 202, with a task to look at. */
  readonly mayTakeLonger?: boolean;
  /** Its answer has a secret, which is told this once: an Idempotency-Key does not bring it again. */
  readonly hasSecret?: boolean;
  /** Problems that it may answer with, beside those that its form tells of. */
  readonly problems?: readonly ProblemStatus[];
  readonly run: (source: ApiSource, call: Call) => Outcome | Promise<Outcome>;
}
