import { assertEquals } from "../../test/assert.ts";
import { acceptFromChild } from "./messages.ts";

Deno.test("acceptFromChild() lets the api role say nothing but ready, log and failed", () => {
  assertEquals(acceptFromChild("api", { type: "ready", extra: 1 }), { type: "ready" });
  assertEquals(acceptFromChild("api", { type: "vrrp", instances: [] }), undefined);
  assertEquals(acceptFromChild("api", { type: "released", masters: ["eth0 51"] }), undefined);
  assertEquals(acceptFromChild("vrrp", { type: "released", masters: ["eth0 51"] }), {
    type: "released",
    masters: ["eth0 51"],
  });
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
