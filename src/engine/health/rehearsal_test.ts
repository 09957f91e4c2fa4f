import { assert, assertEquals } from "../../../test/assert.ts";
import { serversOf } from "../../../test/support/health_engine.ts";
import { realServer, virtualServer } from "../../../test/support/health_servers.ts";
import type { Clock } from "../../ports/clock.ts";
import { FakeIpvs } from "./fake_ipvs.ts";
import { castOf, rehearse } from "./rehearsal.ts";

const clock: Clock = { nowUs: () => 70_000_000_000, wallMs: () => 1_790_000_000_000 };

const REFUSED = { ok: false, status: "L4CON", text: "connection refused" } as const;
/** Keywords of checkers, each enough for one that can be read. */
const CHECKS = [
  "TCP_CHECK {\n retry 3\n delay_before_retry 2\n }",
  "HTTP_GET {\n url {\n path /\n status_code 200\n }\n }",
  "MISC_CHECK {\n misc_path /bin/true\n }",
  "TCP_CHECK {\n }\n PING_CHECK {\n }",
];

Deno.test("a dead server leaves the table and comes back, whatever checks it", async () => {
  for (const check of CHECKS) {
    const [server] = serversOf(`virtual_server 10.0.0.1 80 {
      delay_loop 6
      quorum 2
      sorry_server 10.0.9.9 80
      real_server 10.0.1.1 80 {\n weight 1\n ${check}\n }
      real_server 10.0.1.2 80 {\n weight 1\n inhibit_on_failure\n ${check}\n }
      real_server 10.0.1.3 80 {\n weight 1\n ${check}\n }
    }`);
    assert(server !== undefined);
    const cast = castOf([server]);
    assert(cast !== undefined);
    assertEquals([cast.address, cast.realServers.length], ["0.0.0.1", 2]);
    const ipvs = new FakeIpvs();
    assert(await rehearse(cast, { clock, openIpvs: () => ipvs, refused: () => REFUSED }), check);
    const types = ipvs.commands.map(({ type }) => type);
    assert(types.includes("delete-real-server") && types.includes("set-real-server"), `${check}: ${types}`);
    assertEquals(ipvs.rows, [], "nothing is left");
    assert(
      ipvs.commands.every((command) => JSON.stringify(command).includes('"0.0.0.1"')),
      "no other service is named",
    );
  }
});

Deno.test("what nobody checks is not rehearsed", () => {
  assertEquals(castOf([virtualServer({ realServers: [realServer("10.0.1.1", { checkers: [] })] })]), undefined);
  assertEquals(castOf([]), undefined);
});
