// What operations that change something take and say, as zod schemas.
import { z } from "zod";

/** As long as a year, in seconds. */
const MAX_SECONDS = 366 * 86_400;
const CONFIG_TEXT = 1 << 20;

const time = z.iso.datetime().describe("RFC 3339, UTC, with milliseconds");
// deno-lint-ignore no-control-regex -- leaving them out is the point
export const words = z.string().max(200).regex(/^[^\x00-\x1f\x7f]*$/);
const reason = words.optional().describe("why, for those who look at the state");
const seconds = z.number().min(0.001).max(MAX_SECONDS);
const ttlSeconds = seconds.optional().describe("then it is taken back; absent: it holds until it is taken back");
const force = z.boolean().optional();
const lastServer = force.describe("even if no other server of the virtual server gets connections");

export const DryRun = z.object({
  dryRun: z.enum(["true", "false"]).optional().describe("true: says what would be done, and does nothing"),
});

export const Reason = z.strictObject({ reason }).meta({ id: "Reason" });

export const FailoverRequest = z.strictObject({
  holdSeconds: seconds.optional().describe("how long it does not take over while another master is heard; default 60"),
  force: force.describe("even if no peer has been heard"),
  reason,
}).meta({ id: "FailoverRequest" });

export const HoldRequest = z.strictObject({ ttlSeconds, reason }).meta({ id: "HoldRequest" });

export const MaintenanceRequest = z.strictObject({
  ttlSeconds,
  takesOverAlone: z.boolean().optional()
    .describe("it takes over all the same when no master is heard; default: it takes over nothing"),
  force: force.describe("even if no peer has been heard, and even if nobody takes over"),
  reason,
}).meta({ id: "MaintenanceRequest" });

export const PriorityRequest = z.strictObject({
  priority: z.int().min(1).max(254).describe("what is tracked still counts on top of it"),
  ttlSeconds,
  reason,
}).meta({ id: "PriorityRequest" });

export const AdminStateRequest = z.strictObject({
  state: z.enum(["ready", "drain", "maint"]).describe("ready: configuration and checks decide again, about everything"),
  ttlSeconds,
  force: lastServer,
  reason,
}).meta({ id: "AdminStateRequest" });

export const VirtualServerRequest = z.strictObject({
  state: z.enum(["enabled", "disabled"])
    .describe("disabled: no real server gets anything, and the sorry server stands in, where there is one"),
  ttlSeconds,
  force: force.describe("even without a sorry server, so that clients are refused"),
  reason,
}).meta({ id: "VirtualServerRequest" });

export const KillRequest = z.strictObject({ force: lastServer, reason }).meta({ id: "KillRequest" });

export const WeightRequest = z.strictObject({
  weight: z.union([z.int().min(0).max(65_535), z.string().regex(/^(100|[1-9]?[0-9])%$/)])
    .describe("a number, or a part of the configured weight such as `50%`"),
  ttlSeconds,
  force: lastServer,
  reason,
}).meta({ id: "WeightRequest" });

export const HaproxyWeightRequest = z.strictObject({
  weight: z.union([z.int().min(0).max(256), z.string().regex(/^(100|[1-9]?[0-9])%$/)])
    .describe("a number, or a part of the configured weight such as `50%`; some algorithms take `0%` and `100%` only"),
  ttlSeconds,
  force: lastServer,
  reason,
}).meta({ id: "HaproxyWeightRequest" });

export const HealthRequest = z.strictObject({
  state: z.enum(["up", "down"]).describe("what the server counts as, whatever its checks say"),
  ttlSeconds,
  force: lastServer,
  reason,
}).meta({ id: "HealthRequest" });

export const Done = z.object({
  done: z.boolean().describe("false: it was a dry run"),
  text: z.string().describe("one sentence"),
  warnings: z.array(z.string()),
}).meta({ id: "Done" });

export const MaintenanceChange = Done.extend({
  task: z.string().optional().describe(
    "it waits for the peers to take over; without them the maintenance is taken back",
  ),
}).meta({ id: "MaintenanceChange" });

export const BulkDone = Done.extend({
  servers: z.array(z.object({
    virtualServer: z.string().describe("or `haproxy/BACKEND`"),
    realServer: z.string(),
    done: z.boolean(),
    text: z.string(),
  })),
}).meta({ id: "BulkDone" });

const signature = {
  author: z.string().optional(),
  reason: z.string().optional(),
  at: time.optional(),
  until: time.optional().describe("absent: until it is taken back"),
};

export const ServerOverride = z.object({
  mode: z.enum(["drain", "maint"]).optional(),
  weight: z.int().optional(),
  health: z.enum(["up", "down"]).optional(),
  ...signature,
}).meta({ id: "ServerOverride", description: "What operators have said of a real server; empty: nothing" });

export const VirtualServerOverride = z.object({ state: z.enum(["enabled", "disabled"]), ...signature })
  .meta({ id: "VirtualServerOverride", description: "Whether an operator has taken a virtual server out of service" });

export const Maintenance = z.object({
  active: z.boolean(),
  takesOverAlone: z.boolean().optional().describe("it takes over all the same when no master is heard"),
  ...signature,
}).meta({ id: "Maintenance", description: "Whether an operator has said that the whole node steps down" });

export const InstanceOverride = z.object({
  held: z.object(signature).optional(),
  priority: z.object({ priority: z.int(), ...signature }).optional(),
}).meta({ id: "InstanceOverride", description: "What operators have said of a VRRP instance; empty: nothing" });

export const Overrides = z.object({
  maintenance: Maintenance,
  instances: z.array(z.object({ name: z.string(), etag: z.string(), override: InstanceOverride })),
  servers: z.array(
    z.object({ virtualServer: z.string(), realServer: z.string(), etag: z.string(), override: ServerOverride }),
  ),
  virtualServers: z.array(z.object({ name: z.string(), etag: z.string(), override: VirtualServerOverride })),
  haproxy: z.array(z.object({ backend: z.string(), server: z.string(), etag: z.string(), override: ServerOverride })),
}).meta({ id: "Overrides" });

const text = z.string().max(CONFIG_TEXT).describe("a whole configuration; `include` finds nothing");
const syntax = z.enum(["keepalived", "yaml"]).optional().describe("must be that of the file, and is it by default");

export const DifferenceRequest = z.strictObject({ text, syntax }).meta({ id: "DifferenceRequest" });

const change = z.object({
  object: z.string(),
  change: z.enum(["added", "removed", "changed"]),
  details: z.array(z.string()).describe("`priority 100 -> 150`; no secrets"),
  effects: z.array(z.string()).describe("what it means for traffic; empty: nobody notices"),
}).meta({ id: "ObjectChange" });

export const Difference = z.object({
  acceptable: z.boolean(),
  problem: z.string().optional().describe("why it would be refused"),
  report: z.string().describe("what reading it on this machine has to say"),
  changes: z.array(change),
}).meta({ id: "Difference" });

export const ApplyRequest = z.strictObject({
  text,
  syntax,
  comment: words.optional(),
  confirmWithinSeconds: z.number().min(1).max(86_400).optional()
    .describe("on trial: it is taken back unless `config:confirm` comes within so long"),
  save: z.boolean().optional().describe(
    "whether it goes into the file, too; default true. On trial, when it is confirmed",
  ),
}).meta({ id: "ApplyRequest" });

export const RollbackRequest = z.strictObject({
  to: z.int().min(1).optional().describe("a generation; default: the one before, or from what is on trial"),
  reason,
}).meta({ id: "RollbackRequest" });

export const ConfigChange = z.object({
  done: z.boolean().describe("false: it was a dry run"),
  text: z.string(),
  task: z.string().optional(),
  generation: z.int(),
  confirmBy: time.optional(),
  changes: z.array(change),
}).meta({ id: "ConfigChange" });

export const Generation = z.object({
  generation: z.int(),
  at: time,
  origin: z.enum(["start", "reload", "apply", "rollback"]),
  actor: z.string().optional(),
  comment: z.string().optional(),
  etag: z.string(),
  summary: z.string(),
  kept: z.boolean().describe("it can be gone back to"),
}).meta({ id: "Generation" });

export const Task = z.object({
  id: z.string(),
  kind: z.enum(["apply", "rollback", "reload", "maintenance", "update", "update_rollback"]),
  state: z.enum(["running", "succeeded", "failed", "rolled_back", "cancelled"]),
  actor: z.string(),
  startedAt: time,
  endedAt: time.optional(),
  text: z.string(),
  progress: z.object({ bytes: z.int(), totalBytes: z.int() }).optional().describe("of an update, as it comes"),
  version: z.string().optional().describe("of an update whose signature is good, as the two below"),
  key: z.string().optional().describe("name of the key that has signed it"),
  slot: z.enum(["a", "b"]).optional().describe("where it goes"),
}).meta({ id: "Task" });

export const AuditEntry = z.object({
  id: z.int(),
  at: time,
  actor: z.string(),
  via: z.enum(["api", "command line", "daemon"]),
  action: z.string(),
  target: z.string().optional(),
  reason: z.string().optional(),
  outcome: z.enum(["done", "refused"]),
  text: z.string(),
}).meta({ id: "AuditEntry" });

export const AuditQuery = z.object({
  since: z.coerce.number().int().min(0).optional().describe("only entries with a greater id"),
});
