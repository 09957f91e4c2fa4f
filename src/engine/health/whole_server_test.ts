// A whole virtual server out of service, and connections that are ended.
import { assert, assertEquals, assertStringIncludes, assertThrows } from "../../../test/assert.ts";
import { engineWith, type HealthWorld, serversOf } from "../../../test/support/health_engine.ts";
import { NoSuchServerError, WHOLE } from "./operator.ts";

const VS = { virtualServer: "10.0.0.1:80", realServer: WHOLE };
const FIRST = { virtualServer: "tcp 10.0.0.1:80", realServer: "10.0.1.1:80" };
const BY = { author: "alice", reason: "disk" };

const TEXT = `virtual_server 10.0.0.1 80 {
    delay_loop 6
    lvs_sched wrr
    lvs_method NAT
    protocol TCP
    sorry_server 10.0.9.9 80
    real_server 10.0.1.1 80 {
        inhibit_on_failure
        TCP_CHECK {
            retry 0
        }
    }
    real_server 10.0.1.2 80 {
    }
}
`;
const WITHOUT_SORRY = TEXT.replace(/ +sorry_server.*\n/, "");

function world(text = TEXT): HealthWorld {
  const made = engineWith(serversOf(text));
  made.engine.run();
  return made;
}

const table = ({ ipvs }: HealthWorld): string => ipvs.text().join().replace("tcp 10.0.0.1:80 wrr:", "").trim();

Deno.test("a virtual server that is disabled has its sorry server only, through checks, reloads and a new process", async () => {
  const now = world();
  await now.time.pass(1_000);
  assertEquals(now.engine.obey(VS, { action: "disable", ...BY }), {
    virtualServer: "tcp 10.0.0.1:80",
    realServer: WHOLE,
    override: { ...BY, atMs: now.time.wallMs(), mode: "maint" },
  });
  assertEquals(table(now), "10.0.9.9:80=1");
  const [shown] = now.engine.snapshot();
  assertEquals([shown?.up, shown?.disabled?.author, shown?.sorryServer?.active], [false, "alice", true]);
  assertEquals(shown?.realServers[0]?.causes, [
    "an operator has taken the virtual server out of service (alice: disk)",
  ]);
  assertEquals(shown?.realServers[0]?.state, "up", "its checks go on");
  assertStringIncludes(now.log.join("\n"), "Operator alice wants all of VS [10.0.0.1]:tcp:80 disable: disk");
  now.probes.dead.add("10.0.1.1");
  await now.time.pass(20_000);
  now.engine.reconfigure(serversOf(TEXT.replace("delay_loop 6", "delay_loop 7")));
  assertEquals(table(now), "10.0.9.9:80=1");

  const next = engineWith(serversOf(TEXT), { ipvs: now.ipvs });
  next.engine.run([{
    name: { ...VS, virtualServer: "tcp 10.0.0.1:80" },
    override: { author: "alice", atMs: 1, mode: "maint" },
  }]);
  await next.time.pass(1_000);
  assertEquals(table(next), "10.0.9.9:80=1");
  assertEquals(next.engine.obey(VS, { action: "enable", ...BY }).override, undefined);
  assertEquals(table(next), "10.0.1.1:80=1 10.0.1.2:80=1");
});

Deno.test("without a sorry server nobody serves, but the virtual server stays in the table", async () => {
  const now = world(WITHOUT_SORRY);
  await now.time.pass(1_000);
  now.engine.obey(FIRST, { action: "drain", ...BY });
  now.ipvs.connect("10.0.1.1", 3);
  now.engine.obey(VS, { action: "disable", ...BY });
  assertEquals([table(now), now.ipvs.rows.length], ["", 1]);
  now.engine.obey(VS, { action: "enable", ...BY });
  assertEquals(table(now), "10.0.1.1:80=0 10.0.1.2:80=1", "what was said of its servers holds");
  assertThrows(
    () => now.engine.obey({ ...VS, virtualServer: "10.9.9.9" }, { action: "disable", ...BY }),
    NoSuchServerError,
  );
});

Deno.test("connections end by a second out of the table, with the kernel's setting for that, and nothing else changes", async () => {
  const now = world();
  await now.time.pass(1_000);
  assertEquals(now.engine.cutConnections(FIRST), FIRST);
  assertEquals([table(now), now.ipvs.settings.sysctls.get("expire_nodest_conn")], ["10.0.1.2:80=1", "1"]);
  assertEquals(now.engine.snapshot()[0]?.up, true, "the quorum does not notice");
  await now.time.pass(500);
  now.engine.reconfigure(serversOf(TEXT.replace("delay_loop 6", "delay_loop 7")));
  assertEquals(table(now), "10.0.1.2:80=1", "a reload does not bring it back early");
  now.engine.cutConnections(FIRST);
  await now.time.pass(700);
  assertEquals(table(now), "10.0.1.2:80=1", "asked for again it stays away for longer");
  await now.time.pass(400);
  assertEquals([table(now), now.ipvs.settings.sysctls.get("expire_nodest_conn")], [
    "10.0.1.1:80=1 10.0.1.2:80=1",
    "0",
  ]);
  now.engine.cutConnections(FIRST);
  await now.engine.stop({ keepTable: true });
  assertEquals(table(now), "10.0.1.1:80=1 10.0.1.2:80=1", "nobody is left out at the end");
  assertEquals(now.ipvs.settings.sysctls.get("expire_nodest_conn"), "0");
});

Deno.test("a kernel that cannot end connections says so, and the server stays", async () => {
  const now = world();
  await now.time.pass(1_000);
  now.ipvs.settings.sysctls.delete("expire_nodest_conn");
  assertThrows(() => now.engine.cutConnections(FIRST), Error, "expire_nodest_conn");
  assert(table(now).includes("10.0.1.1:80=1"));
});
