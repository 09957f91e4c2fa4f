import { assert, assertEquals } from "../../test/assert.ts";
import { configOf } from "../../test/support/config_values.ts";
import { withKnownServers } from "./known_servers.ts";

const server = (address: string, weight: number): string =>
  `virtual_server ${address} 80 {
  real_server 10.1.0.1 80 {
    weight ${weight}
  }
}
`;

Deno.test("virtual servers that say the same in another place are the objects that they were", () => {
  const before = configOf(server("10.0.0.1", 1) + server("10.0.0.2", 1));
  const after = withKnownServers(
    before,
    configOf(server("10.0.0.3", 1) + server("10.0.0.2", 1) + server("10.0.0.1", 2)),
  );
  assert(after.virtualServers[1] === before.virtualServers[1]);
  assertEquals(after.virtualServers.map(({ realServers }) => realServers[0]?.weight), [1, 1, 2]);
  assert(after.virtualServers[2] !== before.virtualServers[0]);
});
