// What the API says and takes, as zod schemas: the one source of its description, of validation and of types.
import { z } from "zod";
import { CHECK_TYPES } from "../../ports/snapshot.ts";

const time = z.iso.datetime().describe("RFC 3339, UTC, with milliseconds");
const count = z.number().min(0);
const counters = z.object({
  connections: count,
  packetsIn: count,
  packetsOut: count.describe("stays 0 where replies bypass the director"),
  bytesIn: count,
  bytesOut: count.describe("stays 0 where replies bypass the director"),
  connectionsPerSecond: count.describe("the kernel's estimate over some 8 s"),
  packetsInPerSecond: count,
  packetsOutPerSecond: count,
  bytesInPerSecond: count,
  bytesOutPerSecond: count,
}).meta({ id: "Counters", description: "The kernel's counters since the entry was made" });

const lasting = z.object({
  until: time.optional().describe("absent: until it is taken back"),
  author: z.string().optional(),
  reason: z.string().optional(),
  at: time.optional(),
});
const vrrpState = z.enum(["init", "backup", "master", "fault"]);

export const VrrpInstance = z.object({
  name: z.string(),
  vrid: z.int().min(1).max(255),
  interface: z.string(),
  version: z.union([z.literal(2), z.literal(3)]),
  family: z.union([z.literal(4), z.literal(6)]),
  state: vrrpState,
  since: time,
  priority: z.object({
    base: z.int(),
    effective: z.int(),
    override: lasting.extend({ priority: z.int() }).optional(),
  }),
  held: lasting.optional().describe("an operator has said that it does not take over while a master is heard"),
  peer: z.object({ address: z.string(), priority: z.int(), heardAt: time }).optional(),
  advertIntervalMs: z.number(),
  masterDownMs: z.number(),
  preempt: z.boolean(),
  master: z.object({ address: z.string(), priority: z.int() }).optional().describe("as far as heard"),
  vips: z.array(z.object({
    address: z.string(),
    prefixLength: z.int(),
    device: z.string(),
    present: z.boolean().describe("the kernel has it now"),
    excluded: z.boolean().optional().describe("not in the advertisements"),
  })),
  syncGroup: z.string().optional(),
  faults: z.array(z.string()).describe("why it is in fault"),
  tracked: z.array(z.object({
    kind: z.enum(["interface", "script", "file", "process", "bfd", "virtual_server"]),
    name: z.string(),
    weight: z.int(),
    up: z.boolean(),
  })),
  splitBrain: z.array(z.object({
    kind: z.enum(["advertisement", "address"]),
    who: z.string().describe("its address, or hardware address"),
    address: z.string().optional().describe("the virtual address that it claims"),
    unbelieved: z.string().optional().describe("why its advertisements are not believed"),
    since: time,
    count,
  })).optional().describe("another router is master at the same time"),
  takeoverForbidden: z.object({
    reason: z.string().optional().describe("what witnesses have against it now; absent: it may become master"),
    count: count.describe("take-overs that did not come about"),
    last: time.optional(),
  }).optional().describe("witnesses forbid it to become master, or did"),
  lastTransition: z.object({ from: vrrpState, to: vrrpState, at: time, reason: z.string() }).optional(),
  counters: z.object({
    advertsIn: count,
    advertsOut: count,
    becameMaster: count,
    releasedMaster: count,
    priorityZeroIn: count,
    priorityZeroOut: count,
    gratuitousArpOut: count,
    transitions: count,
    rivalSigns: count.describe("while master: advertisements of other masters, and their claims to its addresses"),
    discarded: z.record(z.string(), count).describe("advertisements not believed, by reason"),
  }),
}).meta({ id: "VrrpInstance" });

export const CheckResult = z.object({
  status: z.string().describe("HAProxy's word, such as L4OK or L7STS"),
  code: z.int().optional(),
  text: z.string(),
  durationSeconds: z.number(),
  at: time.optional().describe("absent before the first result"),
}).meta({ id: "CheckResult" });

export const Check = CheckResult.extend({
  type: z.enum(CHECK_TYPES),
  fall: z.int(),
  rise: z.int(),
  consecutiveFailures: z.int(),
}).meta({ id: "Check" });

export const RealServer = z.object({
  id: z.string().describe("address:port, IPv6 in brackets"),
  address: z.string(),
  port: z.int(),
  forward: z.enum(["nat", "dr", "tun"]),
  operState: z.enum(["up", "going-down", "down", "going-up", "no-check"]),
  since: time,
  weight: z.object({ configured: z.int(), effective: z.int(), kernel: z.int().optional() }),
  inKernel: z.boolean(),
  thresholds: z.object({ upper: z.int(), lower: z.int() }).optional(),
  current: z.object({ active: count, inactive: count, persistent: count }),
  counters: counters.optional(),
  check: Check.optional(),
  failedChecks: count,
  transitions: count,
  downtimeSeconds: count,
  presence: z.enum(["present", "draining", "out"]).optional().describe("draining: at weight 0; out: not in the table"),
  backup: z.boolean().optional().describe("it is for when others fail; at weight 0 until then"),
  held: z.boolean().optional().describe("down, but kept in the table: no real server is up (fail_open)"),
  override: z.object({
    mode: z.enum(["drain", "maint"]).optional(),
    weight: z.int().optional(),
    health: z.enum(["up", "down"]).optional(),
    author: z.string(),
    reason: z.string().optional(),
    at: time,
    until: time.optional().describe("absent: until it is taken back"),
  }).optional().describe("what an operator said"),
  certificate: z.object({ notAfter: time, daysLeft: z.int(), ending: z.boolean() }).optional().describe(
    "by TLS_CHECK; days at the last check",
  ),
  agent: z.object({
    up: z.boolean(),
    mode: z.enum(["ready", "drain", "maint"]),
    percent: z.int(),
    said: z.string().optional(),
    silence: z.string().optional().describe("why it could not be heard at the last try"),
  }).optional().describe("what its agent (AGENT_CHECK) has said"),
  causes: z.array(z.string()).optional().describe("why it gets the connections that it gets, what decides first"),
}).meta({ id: "RealServer" });

export const VirtualServer = z.object({
  name: z.string(),
  uid: z.string().describe("for addresses: short, without blanks"),
  engine: z.literal("ipvs"),
  proto: z.string(),
  address: z.string(),
  port: z.int(),
  fwmark: z.int().optional(),
  scheduler: z.string(),
  forward: z.enum(["nat", "dr", "tun"]),
  persistence: z.object({ timeoutSeconds: z.int() }).optional(),
  state: z.enum(["up", "degraded", "down", "disabled"]),
  override: lasting.extend({ state: z.enum(["disabled", "enabled"]) }).optional()
    .describe("an operator has taken it out of service"),
  since: time,
  quorum: z.object({ need: z.number(), have: z.number(), met: z.boolean() }),
  inKernel: z.boolean(),
  sorryServer: z.object({ id: z.string(), active: z.boolean() }).optional(),
  counters: counters.optional(),
  realServers: z.array(RealServer),
}).meta({ id: "VirtualServer" });

const Role = z.object({
  name: z.enum(["vrrp", "health", "bfd", "api"]),
  state: z.enum(["running", "starting", "restarting", "stopped"]),
  pid: z.int().optional(),
  restarts: z.int(),
}).meta({ id: "Role" });

const proxyNumbers = {
  sessions: count.optional(),
  sessionsTotal: count.optional(),
  bytesIn: count.optional(),
  bytesOut: count.optional(),
  queued: count.optional(),
  connectionErrors: count.optional(),
  responseErrors: count.optional(),
};

export const HaproxyServer = z.object({
  name: z.string(),
  address: z.string().optional(),
  status: z.string().describe("HAProxy's word: UP, UP 1/3, DOWN, DRAIN, MAINT, NOLB, no check"),
  backup: z.boolean(),
  weight: z.number().optional(),
  check: z.string().optional(),
  lastCheck: z.string().optional(),
  override: z.object({
    mode: z.enum(["drain", "maint"]).optional(),
    weight: z.int().optional(),
    author: z.string().describe("`unknown`: it was said by another way than Holdfast's"),
    reason: z.string().optional(),
    at: time.optional(),
    until: time.optional().describe("absent: until it is taken back"),
  }).optional().describe("what operators said"),
  ...proxyNumbers,
}).meta({ id: "HaproxyServer" });

export const Haproxy = z.object({
  state: z.enum(["running", "starting", "restarting", "silent", "stopped"]),
  up: z.boolean().describe("as instances that track it are told"),
  pid: z.int().optional().describe("of its master"),
  worker: z.object({ pid: z.int(), version: z.string(), startedAt: time }).optional(),
  oldWorkers: z.int().describe("workers of earlier configurations that still have connections"),
  restarts: z.int(),
  reloads: z.object({ accepted: z.int(), rejected: z.int() }),
  current: z.boolean().describe("false: the proxies are as they were before it fell silent"),
  statisticsAt: time.optional(),
  proxies: z.array(z.object({
    name: z.string(),
    engine: z.literal("haproxy"),
    mode: z.string(),
    frontend: z.object({ status: z.string(), ...proxyNumbers }).optional(),
    backend: z.object({ status: z.string(), scheduler: z.string().optional(), ...proxyNumbers }).optional(),
    servers: z.array(HaproxyServer),
  })),
}).meta({ id: "Haproxy" });

export const Status = z.object({
  node: z.string(),
  version: z.string(),
  generation: z.int().describe("of the configuration: 1 after start"),
  time,
  startedAt: time,
  maintenance: z.boolean().optional().describe("true: an operator has said that the whole node steps down"),
  roles: z.array(Role),
  vrrp: z.object({ master: z.int(), backup: z.int(), fault: z.int() }),
  virtualServersSummary: z.object({ total: z.int(), up: z.int(), degraded: z.int(), down: z.int() }),
  realServersSummary: z.object({
    total: z.int(),
    up: z.int(),
    "going-down": z.int(),
    down: z.int(),
    "going-up": z.int(),
    "no-check": z.int(),
  }),
  warnings: z.array(z.object({ code: z.string(), message: z.string(), since: time })),
  vrrpInstances: z.array(VrrpInstance),
  virtualServers: z.array(VirtualServer),
  haproxy: Haproxy.optional().describe("where it is configured"),
}).meta({ id: "Status" });

export const Node = z.object({
  node: z.string(),
  version: z.string(),
  startedAt: time,
  generation: z.int(),
  roles: z.array(Role),
  processes: z.array(z.object({
    component: z.enum(["supervisor", "vrrp", "health", "bfd", "api"]),
    cpuSeconds: z.number(),
    residentBytes: z.int(),
    openFiles: z.int(),
  })),
  reloads: z.object({ accepted: z.int(), rejected: z.int(), lastAcceptedAt: time }).optional(),
}).meta({ id: "Node" });

export const CheckEntry = z.object({
  id: z.string().describe("uid of the virtual server and id of the real server, joined by `@`"),
  virtualServer: z.string(),
  realServer: z.string(),
  check: Check,
}).meta({ id: "CheckEntry" });

export const RunningConfig = z.object({
  generation: z.int(),
  etag: z.string().describe("of the configuration with its secrets, so that a changed password changes it"),
  source: z.string().describe("the file that it was read from"),
  appliedAt: time,
  syntax: z.enum(["keepalived", "yaml"]),
  text: z.string().describe("what runs, without what counts anyway, secrets left out"),
}).meta({ id: "RunningConfig" });

export const Diagnostic = z.object({
  severity: z.string(),
  code: z.string(),
  message: z.string(),
  line: z.int(),
  column: z.int(),
  endColumn: z.int(),
  help: z.string().optional(),
}).meta({ id: "Diagnostic" });

export const ValidationRequest = z.strictObject({
  text: z.string().describe("a whole configuration; `include` finds nothing"),
  syntax: z.enum(["keepalived", "yaml"]).default("keepalived"),
}).meta({ id: "ValidationRequest" });

export const Validation = z.object({
  valid: z.boolean(),
  errors: z.array(Diagnostic),
  warnings: z.array(Diagnostic),
  normalized: z.string().optional().describe("the same, indented, with one word for each thing, secrets left out"),
}).meta({ id: "Validation" });

export const Problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  instance: z.string(),
  errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
}).meta({ id: "Problem", description: "RFC 9457" });

/** Limits of lists of results. */
export const HistoryQuery = z.object({
  limit: z.coerce.number().int().min(1).max(100).optional().describe("results, the newest first"),
});
