import { assertEquals } from "../../test/assert.ts";
import { acceptFromChild } from "./messages.ts";

Deno.test("acceptFromChild() lets the api role say nothing but ready, log and failed", () => {
  assertEquals(acceptFromChild("api", { type: "ready", extra: 1 }), { type: "ready" });
  assertEquals(acceptFromChild("api", { type: "vrrp", instances: [] }), undefined);
  assertEquals(acceptFromChild("api", { type: "reconfigured", id: 1 }), undefined);
  assertEquals(acceptFromChild("mail", { type: "servers", news: [] }), undefined);
  assertEquals(acceptFromChild("mail", { type: "mailed", id: 1, problem: "a\nb" }), {
    type: "mailed",
    id: 1,
    problem: "a?b",
  });
});

Deno.test("acceptFromChild() takes the answer to a reconfiguration from vrrp and health", () => {
  for (const role of ["vrrp", "health"] as const) {
    assertEquals(acceptFromChild(role, { type: "reconfigured", id: 7 }), { type: "reconfigured", id: 7 });
    assertEquals(acceptFromChild(role, { type: "reconfigured", id: 7, refused: "no\nway" }), {
      type: "reconfigured",
      id: 7,
      refused: "no?way",
    });
    assertEquals(acceptFromChild(role, { type: "reconfigured" }), undefined);
  }
});

Deno.test("acceptFromChild() drops what has the wrong shape", () => {
  for (const message of [null, 1, "ready", [], {}, { type: "log" }, { type: "log", line: 1 }, { type: "toString" }]) {
    assertEquals(acceptFromChild("vrrp", message), undefined);
  }
  assertEquals(acceptFromChild("vrrp", { type: "vrrp", instances: {} }), undefined);
});

Deno.test("acceptFromChild() takes control characters out of log lines", () => {
  assertEquals(acceptFromChild("api", { type: "log", line: "a\x1b[2Jb\nc" }), { type: "log", line: "a?[2Jb?c" });
});
