import { assertEquals, assertThrows } from "../../test/assert.ts";
import { realServer, virtualServer } from "../../test/support/health_servers.ts";
import { serversTold, ToldServers } from "./told_servers.ts";

const [a, b, c] = ["10.0.0.1", "10.0.0.2", "10.0.0.3"].map((address) => {
  return { ...virtualServer({ realServers: [realServer(address, { checkers: [] })] }), name: address, address };
}) as [ReturnType<typeof virtualServer>, ReturnType<typeof virtualServer>, ReturnType<typeof virtualServer>];

Deno.test("a role is told what is new, and knows the rest by its place in what it was told before", () => {
  const told = new ToldServers();
  let known = serversTold([], told.whole([a, b]));
  const changed = { ...b, quorum: 2 };
  for (const next of [[a, changed], [c, changed, a], [a], [c, a], []]) {
    const message = JSON.parse(JSON.stringify(told.difference(next)));
    known = serversTold(known, message);
    assertEquals(known, next);
  }
  assertEquals(told.previousKeys.length, 3);
});

Deno.test("what is the same is a number, and a new process is told everything", () => {
  const told = new ToldServers();
  told.whole([a, b]);
  assertEquals(told.difference([b, c, a]), [1, c, 0]);
  assertEquals(told.whole([b, c, a]), [b, c, a]);
  assertEquals(told.difference([a]), [2]);
});

Deno.test("a place that there is not is refused", () => {
  assertThrows(() => serversTold([a], [1]), RangeError, "not known");
});
