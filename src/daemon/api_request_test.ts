import { assert, assertEquals } from "../../test/assert.ts";
import { acceptCommand, MAX_COMMAND_BYTES, roleFor } from "./api_request.ts";
import { acceptFromChild } from "./messages.ts";

const LOCAL = { kind: "local" } as const;

Deno.test("a command of the api role is taken with its known fields, and from that role only", () => {
  const command = {
    type: "command",
    id: 1,
    by: LOCAL,
    request: { command: "hold", name: "VI_1", forMs: 5000, reason: "disk", ifMatch: ["none"] },
  } as const;
  assertEquals(acceptFromChild("api", command), command);
  for (const role of ["vrrp", "health", "bfd", "mail"] as const) {
    assertEquals(acceptFromChild(role, command), undefined);
  }
});

Deno.test("what has not the form of a command is dropped", () => {
  const accepted = (request: unknown, by: unknown = LOCAL, id: unknown = 1): boolean =>
    acceptCommand({ id, by, request }) !== undefined;
  assert(accepted({ command: "announce", name: "VI_1" }));
  assert(accepted({ command: "announce", name: "VI_1" }, { kind: "authorization", value: "Bearer x" }));
  for (
    const request of [
      undefined,
      null,
      [],
      "announce",
      {},
      { command: "constructor" },
      { command: "__proto__" },
      { command: "status" },
      { command: "journal" },
      { command: "announce" },
      { command: "announce", name: "" },
      { command: "announce", name: 3 },
      { command: "announce", name: "x".repeat(257) },
      { command: "announce", name: "VI_1\nforged line" },
      { command: "announce", name: "VI_1", author: "alice" },
      { command: "announce", name: "VI_1", reason: "a\u001b[2Jb" },
      { command: "hold", name: "VI_1", forMs: -1 },
      { command: "hold", name: "VI_1", forMs: 1e18 },
      { command: "priority", name: "VI_1", priority: 255 },
      { command: "priority", name: "VI_1", priority: "100" },
      { command: "failover", name: "VI_1", force: "yes" },
      { command: "drain", virtualServer: "x" },
      { command: "weight", virtualServer: "x", realServer: "y", weight: 65_536 },
      { command: "health", virtualServer: "x", realServer: "y", health: "sideways" },
      { command: "config-apply", text: 3 },
      { command: "config-apply", text: "", confirmMs: 0 },
      { command: "config-apply", text: "x".repeat(MAX_COMMAND_BYTES + 1) },
      { command: "config-rollback", to: 0 },
      { command: "update", url: "https://x/\n" },
      { command: "update", url: `https://x/${"x".repeat(2048)}` },
      { command: "update", upload: "yes" },
      { command: "update", upload: true, author: "alice" },
      { command: "update", upload: true, order: "shell" },
      { command: "update-data", data: "" },
      { command: "update-data", upload: "x", data: "not base64!" },
      { command: "update-data", upload: "x", data: "A".repeat((512 << 10) + 4) },
      { command: "update-data", upload: "x", data: "", end: 1 },
      { command: "reload", ifMatch: "none" },
      { command: "reload", ifMatch: Array.from({ length: 17 }, () => "x") },
    ]
  ) assert(!accepted(request), JSON.stringify(request)?.slice(0, 100));
  const good = { command: "announce", name: "VI_1" };
  for (
    const by of [undefined, null, {}, { kind: "root" }, { kind: "authorization" }, { kind: "authorization", value: 3 }]
  ) {
    assert(!accepted(good, by as unknown ?? null), JSON.stringify(by));
  }
  for (const id of [undefined, "1", 1.5, NaN, 2 ** 60]) assert(!accepted(good, LOCAL, id ?? null), String(id));
});

Deno.test("configurations are for admins, and the rest for operators", () => {
  assertEquals(["config-apply", "config-confirm", "config-rollback"].map(roleFor), ["admin", "admin", "admin"]);
  const updates = ["update", "update-rollback", "update-confirm", "update-data"];
  assertEquals(updates.map(roleFor), Array(4).fill("admin"));
  assertEquals(["failover", "drain", "reload", "config-diff"].map(roleFor), Array(4).fill("operator"));
  assertEquals(["status", "toString", ""].map(roleFor), [undefined, undefined, undefined]);
});
