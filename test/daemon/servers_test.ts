// What operators say of real servers: it is carried out, shown, and holds when the health role dies and the file changes.
// IPVS itself is in test/integration/drain_test.sh: this machine need not have it.
import { assertEquals, assertStringIncludes } from "../assert.ts";
import { pairTest } from "../support/pair.ts";
import { killRole } from "../support/processes.ts";

function config(weight: number): string {
  return `virtual_server 10.9.0.100 80 {
  delay_loop 1
  lvs_sched wrr
  lvs_method NAT
  protocol TCP
  real_server 10.9.0.11 80 {
    weight ${weight}
  }
  real_server 10.9.0.12 80 {
    weight 3
  }
}
`;
}

pairTest("an operator drains, takes out, weighs and gives back real servers", "hfsrv", async (pair) => {
  const { hosts: { a }, start, holdfast, comes } = pair;
  const daemon = start(a, config(3));
  const servers = async (): Promise<string> => (await holdfast(a, "servers", "10.9.0.100")).output;
  const VS = "tcp 10.9.0.100:80";
  await comes("the servers are there", async () => (await servers()).includes("10.9.0.12:80"));
  assertStringIncludes(await servers(), "nothing checks it, so it counts as up");

  const drained = await holdfast(a, "drain", "10.9.0.100:80", "10.9.0.11", "--reason", "new disk");
  assertEquals([drained.code, drained.output], [0, `10.9.0.11:80 of ${VS} gets no new connections, until \`ready\`\n`]);
  assertStringIncludes(await servers(), "new disk): it gets nothing new");
  assertStringIncludes(await servers(), `${VS} UP, live weight 3, quorum 1`);
  assertStringIncludes((await holdfast(a, "status")).output, "10.9.0.11:80 DRAIN");
  const weight = await holdfast(a, "weight", VS, "10.9.0.12:80", "9");
  assertEquals(weight.output, `10.9.0.12:80 of ${VS} has weight 9, until \`ready\`\n`);

  killRole(daemon.pid, "health");
  await comes("the role is back", async () => {
    const [server] = JSON.parse((await holdfast(a, "status", "--json")).output).roles;
    return server !== undefined && daemon.output.includes("the health role (") &&
      (await servers()).includes("live weight 9");
  });
  assertStringIncludes(await servers(), "new disk): it gets nothing new");
  pair.write(a, config(4));
  assertEquals((await holdfast(a, "reload")).code, 0);
  assertStringIncludes(await servers(), "new disk): it gets nothing new");

  assertEquals((await holdfast(a, "maint", VS, "10.9.0.11")).code, 0);
  assertStringIncludes(await servers(), "an operator put it into maintenance");
  const ready = await holdfast(a, "ready", VS, "10.9.0.11");
  assertEquals(ready.output, `10.9.0.11:80 of ${VS} is as its configuration and its checks say\n`);
  assertEquals((await holdfast(a, "weight", VS, "10.9.0.12", "configured")).code, 0);
  assertStringIncludes(await servers(), `${VS} UP, live weight 7, quorum 1`);

  const unknown = await holdfast(a, "drain", VS, "10.9.0.13");
  assertEquals([unknown.code, unknown.output], [
    1,
    `error: there is no real server of ${VS} \`10.9.0.13\`; there is \`10.9.0.11:80\`, \`10.9.0.12:80\`\n`,
  ]);
  assertEquals((await holdfast(a, "weight", VS, "10.9.0.12", "70000")).code, 2);
  assertEquals((await holdfast(a, "servers", "10.9.0.101")).code, 1);
});
