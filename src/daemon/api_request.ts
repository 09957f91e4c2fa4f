// What the api role may ask the supervisor to do, and who has to have asked. The role talks to the network, so nothing that it
// says is believed: not the form of a request, and not who sent it.
import { isHaproxyWeight } from "../core/haproxy/server_order.ts";
import type { CommandRequest, Credential } from "../ports/commands.ts";

/** What the api role sends. */
export interface ApiCommand {
  readonly type: "command";
  readonly id: number;
  readonly by: Credential;
  readonly request: CommandRequest;
}

/** Longest message of the api role: a configuration, and what is around it. */
export const MAX_COMMAND_BYTES = 2 << 20;
const MAX_NAME = 256;
const MAX_TEXT = 400;
const MAX_CREDENTIAL = 1024;
const MAX_TAGS = 16;
const MAX_URL = 2048;
const MAX_PIECE = 512 << 10;
const MAX_DURATION_MS = 366 * 86_400_000;
const MAX_CONFIRM_MS = 24 * 3_600_000;

type Check = (value: unknown) => boolean;

const name: Check = (value) => isText(value, MAX_NAME) && value !== "";
const line: Check = (value) => isText(value, MAX_TEXT);
const flag: Check = (value) => typeof value === "boolean";
const within = (least: number, most: number): Check => (value) =>
  typeof value === "number" && Number.isInteger(value) && value >= least && value <= most;
const text: Check = (value) => typeof value === "string" && value.length <= MAX_COMMAND_BYTES;
/** A piece of an update, in base64. */
const piece: Check = (value) =>
  typeof value === "string" && value.length <= MAX_PIECE && /^[A-Za-z0-9+/]*={0,2}$/.test(value);
const terms = { failoverFirst: flag, force: flag, whileMaster: flag, reboot: flag };
const tags: Check = (value) => Array.isArray(value) && value.length <= MAX_TAGS && value.every(line);

interface Rule {
  readonly role: "operator" | "admin";
  readonly needed?: Readonly<Record<string, Check>>;
  readonly optional?: Readonly<Record<string, Check>>;
}

const forMs = within(1, MAX_DURATION_MS);
const server = { virtualServer: name, realServer: name };
const adminState: Check = (value) => value === "ready" || value === "drain" || value === "maint";
/** Undefined is IPVS. */
const engine: Check = (value) => value === "haproxy";
const weight: Check = (value) => within(0, 65_535)(value) || isHaproxyWeight(value);
const COMMON: Readonly<Record<string, Check>> = { reason: line, ifMatch: tags };

/** Every command that the api role may ask for, with the fields that it takes beside `reason` and `ifMatch`. */
const RULES: Readonly<Record<string, Rule>> = {
  failover: { role: "operator", needed: { name }, optional: { force: flag, forMs } },
  hold: { role: "operator", needed: { name }, optional: { forMs } },
  release: { role: "operator", needed: { name } },
  priority: { role: "operator", needed: { name, priority: within(1, 254) }, optional: { forMs } },
  "clear-priority": { role: "operator", needed: { name } },
  announce: { role: "operator", needed: { name } },
  drain: { role: "operator", needed: server, optional: { forMs, engine } },
  maint: { role: "operator", needed: server, optional: { forMs, engine } },
  ready: { role: "operator", needed: server, optional: { engine } },
  weight: { role: "operator", needed: server, optional: { weight, forMs, engine } },
  "kill-connections": { role: "admin", needed: server, optional: { engine } },
  health: {
    role: "operator",
    needed: server,
    optional: { health: (value) => value === "up" || value === "down", forMs },
  },
  disable: { role: "operator", needed: { virtualServer: name }, optional: { force: flag, forMs } },
  enable: { role: "operator", needed: { virtualServer: name } },
  everywhere: { role: "operator", needed: { state: adminState, address: name }, optional: { force: flag, forMs } },
  "clear-overrides": { role: "operator" },
  maintenance: { role: "operator", optional: { force: flag, takesOverAlone: flag, forMs } },
  "end-maintenance": { role: "operator" },
  "check-now": { role: "operator", needed: server },
  reload: { role: "operator" },
  "config-diff": { role: "operator", needed: { text } },
  "config-apply": {
    role: "admin",
    needed: { text },
    optional: { comment: line, confirmMs: within(1000, MAX_CONFIRM_MS), save: flag },
  },
  "config-confirm": { role: "admin" },
  "token-create": {
    role: "admin",
    needed: { name, role: (value) => value === "reader" || value === "operator" || value === "admin" },
    optional: { forMs },
  },
  "token-revoke": { role: "admin", needed: { name } },
  "config-rollback": { role: "admin", optional: { to: within(1, Number.MAX_SAFE_INTEGER) } },
  update: { role: "admin", optional: { url: (value) => isText(value, MAX_URL), upload: flag, ...terms } },
  "update-rollback": { role: "admin", optional: terms },
  "update-confirm": { role: "admin" },
  "update-cancel": { role: "admin" },
  // Known by the upload that it names, which only who began it has been told.
  "update-data": { role: "admin", needed: { upload: name, data: piece }, optional: { end: flag } },
};

/** The role that a command needs; undefined: there is no such command for the api role. */
export function roleFor(command: string): Rule["role"] | undefined {
  return Object.hasOwn(RULES, command) ? RULES[command]?.role : undefined;
}

/** The command, with its known fields only; undefined when it has not the form that it must have. */
export function acceptCommand({ id, by, request }: Readonly<Record<string, unknown>>): ApiCommand | undefined {
  const credential = credentialOf(by);
  const asked = requestOf(request);
  if (!Number.isSafeInteger(id) || credential === undefined || asked === undefined) return undefined;
  return { type: "command", id: id as number, by: credential, request: asked };
}

function credentialOf(value: unknown): Credential | undefined {
  if (!isRecord(value)) return undefined;
  if (value.kind === "local") return { kind: "local" };
  if (value.kind === "certificate") {
    return isText(value.name, MAX_NAME) ? { kind: "certificate", name: value.name } : undefined;
  }
  if (value.kind !== "authorization" || !isText(value.value, MAX_CREDENTIAL)) return undefined;
  return { kind: "authorization", value: value.value };
}

function requestOf(value: unknown): CommandRequest | undefined {
  if (!isRecord(value) || typeof value.command !== "string" || !Object.hasOwn(RULES, value.command)) return undefined;
  const { needed = {}, optional = {} } = RULES[value.command] ?? {};
  const found: Record<string, unknown> = {};
  for (const [field, check] of Object.entries({ ...COMMON, ...optional, ...needed })) {
    const given = value[field];
    if (given === undefined ? field in needed : !check(given)) return undefined;
    if (given !== undefined) found[field] = given;
  }
  const known = Object.keys(value).every((field) =>
    field === "command" || field in found || value[field] === undefined
  );
  return known ? { ...found, command: value.command } : undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Without control characters, which could draw on a terminal or end a line of the log. */
function isText(value: unknown, limit: number): value is string {
  // deno-lint-ignore no-control-regex -- finding them is the point
  return typeof value === "string" && value.length <= limit && !/[\x00-\x1f\x7f]/.test(value);
}
