import { assertEquals } from "../../../test/assert.ts";
import { EMPTY_STATES, statesToKeep } from "./runtime_answers.ts";
import { orderedServers, runtimeCommands } from "./server_order.ts";

Deno.test("orders are one line each for HAProxy's socket, and a name cannot bring another command", () => {
  const name = { backend: "app", server: "web-1.a:80_x" };
  assertEquals(runtimeCommands(name, { action: "drain" }), ["set server app/web-1.a:80_x state drain"]);
  assertEquals(runtimeCommands(name, { action: "ready" }), [
    "set server app/web-1.a:80_x state ready",
    "set server app/web-1.a:80_x weight 100%",
  ]);
  assertEquals(runtimeCommands(name, { action: "weight", weight: "50%" }), ["set server app/web-1.a:80_x weight 50%"]);
  assertEquals(runtimeCommands(name, { action: "weight", weight: undefined }), [
    "set server app/web-1.a:80_x weight 100%",
  ]);
  for (const server of ["", "a b", "a;disable frontend web", "a\nhelp", "a/b", "x".repeat(129), "ä", "#1"]) {
    assertEquals(runtimeCommands({ backend: "app", server }, { action: "maint" }), undefined, server);
    assertEquals(runtimeCommands({ backend: server, server: "a" }, { action: "maint" }), undefined, server);
  }
  for (const weight of [257, -1, 1.5, "50", "150%", "1;help"]) {
    assertEquals(runtimeCommands(name, { action: "weight", weight }), undefined, String(weight));
  }
});

Deno.test("what operators have said is read from HAProxy's own states", () => {
  const row = (server: string, admin: number, weight: number, configured: number): string =>
    `3 app 1 ${server} 10.0.0.1 2 ${admin} ${weight} ${configured} 94 6 3 4 6 0 0 0 - 80 - 0 0 - - 0`;
  const text = EMPTY_STATES + [
    row("s1", 0, 1, 1),
    row("s2", 8, 1, 1),
    row("s3", 9, 5, 10),
    row("s4", 5, 1, 1), // by `disabled` in haproxy.cfg
    row("s6", 4, 1, 1), // given back in spite of that
    row("s7", 13, 1, 1), // drained as well
    row("s5", 0, 0, 1),
  ].join("\n");
  const kept = statesToKeep(text, "ordered") ?? "";
  assertEquals([...kept.matchAll(/ (s\d) /g)].map(([, name]) => name), ["s2", "s3", "s6", "s7", "s5"]);
  assertEquals(orderedServers(kept), [
    { backend: "app", server: "s2", mode: "drain" },
    { backend: "app", server: "s3", mode: "maint", weight: 5 },
    { backend: "app", server: "s7", mode: "drain" },
    { backend: "app", server: "s5", weight: 0 },
  ]);
  assertEquals(orderedServers(EMPTY_STATES), []);
});
