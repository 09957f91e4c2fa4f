import { assertEquals } from "../../test/assert.ts";
import { editDistance, nearMiss } from "./near_miss.ts";

Deno.test("editDistance() counts inserting, deleting, replacing and swapping", () => {
  assertEquals(editDistance("", ""), 0);
  assertEquals(editDistance("", "abc"), 3);
  assertEquals(editDistance("ahth_pass", "auth_pass"), 1);
  assertEquals(editDistance("connetc_port", "connect_port"), 1);
  assertEquals(editDistance("virtual_ipadress", "virtual_ipaddress"), 1);
  assertEquals(editDistance("kitten", "sitting"), 3);
});

Deno.test("nearMiss() takes the nearest within two edits, one for short words", () => {
  const known = ["priority", "preempt", "state", "ops"];
  assertEquals(nearMiss("prioriti", known), "priority");
  assertEquals(nearMiss("PRIORITY", known), "priority");
  assertEquals(nearMiss("priroity", known), "priority");
  assertEquals(nearMiss("pririotiy", known), undefined);
  assertEquals(nearMiss("op", known), "ops");
  assertEquals(nearMiss("xyz", known), undefined);
});
