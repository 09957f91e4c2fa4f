// What operators did, and a supervisor that does whatever it is told, for the tests of this folder.
import type { CommandAnswer, CommandRequest, Credential, OperationsSnapshot, ShownToken } from "../ports/commands.ts";
import { NOW_MS } from "./fixture_snapshot.ts";

/** One of everything. */
export const OPERATIONS_SNAPSHOT: OperationsSnapshot = {
  audit: [
    {
      id: 2,
      atMs: NOW_MS,
      actor: "alice",
      via: "api",
      action: "maint",
      target: "10.0.1.16:80 of tcp 10.0.0.100:80",
      reason: "new disk",
      outcome: "done",
      text: "10.0.1.16:80 of tcp 10.0.0.100:80 is out of the table, until `ready`",
    },
    {
      id: 1,
      atMs: NOW_MS - 1000,
      actor: "root",
      via: "command line",
      action: "reload",
      outcome: "refused",
      text: "no",
    },
  ],
  tasks: [
    {
      id: "u1",
      kind: "update",
      state: "running",
      actor: "bob",
      startedAtMs: NOW_MS,
      text: "signed with the key release",
      progress: { bytes: 5, totalBytes: 10 },
      version: "9.0.1",
      key: "release",
      slot: "b",
    },
    { id: "t1", kind: "apply", state: "running", actor: "bob", startedAtMs: NOW_MS, text: "on trial" },
  ],
  appliance: {
    version: "1.0.0",
    slot: "a",
    nextSlot: "a",
    slots: [
      { slot: "a", running: true, good: true, triesLeft: 3, version: "1.0.0" },
      {
        slot: "b",
        running: false,
        good: false,
        triesLeft: 0,
        version: "0.9.0",
        provenance: {
          madeAtMs: NOW_MS - 86_400_000,
          key: "release",
          installedAtMs: NOW_MS,
          from: "updates.example/holdfast.update",
          by: "bob",
        },
      },
    ],
  },
  history: [
    {
      generation: 2,
      atMs: NOW_MS,
      origin: "apply",
      actor: "bob",
      comment: "more servers",
      etag: "abc",
      summary: "1 added",
      kept: true,
    },
    { generation: 1, atMs: NOW_MS - 5000, origin: "start", etag: "xyz", summary: "nothing changed", kept: true },
  ],
  pending: { task: "t1", generation: 2, confirmByMs: NOW_MS + 60_000 },
};

/** One of each origin. */
export const TOKENS: readonly ShownToken[] = [
  { name: "prometheus", role: "reader", origin: "configuration" },
  { name: "ci", role: "operator", origin: "api", createdAtMs: NOW_MS, createdBy: "alice", expiresAtMs: NOW_MS + 1000 },
];

/** Does everything. */
export function toldCommand(_by: Credential, { command, confirmMs }: CommandRequest): Promise<CommandAnswer> {
  return Promise.resolve({ ok: true, result: resultOf(command, confirmMs !== undefined) });
}

function resultOf(command: string, isTrial: boolean): unknown {
  const change = {
    object: "vrrp_instance VI_1",
    change: "changed",
    details: ["priority 100 -> 120"],
    effects: ["a backup takes over from a master of lower priority"],
  };
  switch (command) {
    case "config-diff":
      return { acceptable: true, report: "", changes: [change] };
    case "config-apply":
    case "config-confirm":
    case "config-rollback": {
      const confirmByMs = isTrial ? { confirmByMs: NOW_MS + 60_000 } : {};
      return {
        task: "t1",
        generation: 3,
        etag: "new",
        text: "configuration 3 is in use",
        changes: [change],
        ...confirmByMs,
      };
    }
    case "token-create":
      return { token: "hf_told-once", name: "ci", role: "reader", expiresAtMs: NOW_MS, text: "the token ci is reader" };
    case "update-confirm":
      return { text: "slot a counts as healthy from now on" };
    case "update":
    case "update-rollback":
    case "update-cancel":
      return { text: "it has begun", task: "u1", upload: "x" };
    case "reload":
      return { accepted: true, generation: 3, report: "", changes: [] };
    case "everywhere": {
      const server = { virtualServer: "tcp 10.0.0.100:80", realServer: "10.0.1.12:80" };
      return { text: "done", etag: "none", servers: [{ ...server, done: true, text: "done" }] };
    }
    default:
      return { text: `${command}: done`, etag: "none" };
  }
}
