import { assertEquals } from "../../../test/assert.ts";
import { engineWith, serversOf } from "../../../test/support/health_engine.ts";
import { loadConfig } from "../../config/load.ts";

const GROUP = `
virtual_server_group web {
    10.0.0.1 80
    10.0.0.5-6 81
    fwmark 7
}
`;
const SERVICE = `
virtual_server group web {
    delay_loop 6
    lvs_sched rr
    lvs_method DR
    protocol TCP
    real_server 10.0.1.11 8080 {
        TCP_CHECK {
        }
    }
    real_server 10.0.1.12 {
        weight 2
    }
}
`;

Deno.test("HealthEngine makes a service of each member of a group, and one check for each real server", async () => {
  const { time, ipvs, probes, log, engine } = engineWith(serversOf(GROUP + SERVICE));
  engine.run();
  assertEquals(ipvs.text(), [
    "fwmark 7 (IPv4) rr: 10.0.1.11:0=1 10.0.1.12:0=2",
    "tcp 10.0.0.1:80 rr: 10.0.1.11:80=1 10.0.1.12:80=2",
    "tcp 10.0.0.5:81 rr: 10.0.1.11:81=1 10.0.1.12:81=2",
    "tcp 10.0.0.6:81 rr: 10.0.1.11:81=1 10.0.1.12:81=2",
  ]);
  probes.dead.add("10.0.1.11");
  await time.pass(1);
  assertEquals(probes.asked, ["10.0.1.11:8080"]);
  assertEquals(ipvs.text(), [
    "fwmark 7 (IPv4) rr: 10.0.1.12:0=2",
    "tcp 10.0.0.1:80 rr: 10.0.1.12:80=2",
    "tcp 10.0.0.5:81 rr: 10.0.1.12:81=2",
    "tcp 10.0.0.6:81 rr: 10.0.1.12:81=2",
  ]);
  assertEquals(log.at(-1), "Removing service [10.0.1.11]:tcp:8080 from VS [web]:tcp");
  await engine.stop({ keepTable: false });
  assertEquals(ipvs.text(), []);
});

Deno.test("HealthEngine.reconfigure() adds and removes members of a group; servers keep their state", async () => {
  const { time, ipvs, probes, engine } = engineWith(serversOf(GROUP + SERVICE));
  engine.run();
  probes.dead.add("10.0.1.11");
  await time.pass(1);
  const before = ipvs.commands.length;
  engine.reconfigure(serversOf(GROUP.replace("10.0.0.5-6 81", "10.0.0.6 81\n10.0.0.9 82") + SERVICE));
  assertEquals(ipvs.text(), [
    "fwmark 7 (IPv4) rr: 10.0.1.12:0=2",
    "tcp 10.0.0.1:80 rr: 10.0.1.12:80=2",
    "tcp 10.0.0.6:81 rr: 10.0.1.12:81=2",
    "tcp 10.0.0.9:82 rr: 10.0.1.12:82=2",
  ]);
  assertEquals(ipvs.commands.length - before, 3, "add a service, add its server, delete a service");
  assertEquals(engine.snapshot().map(({ name, address, inKernel }) => [name, address, inKernel]), [
    ["tcp group web", "group web", true],
  ]);
  await engine.stop({ keepTable: true });
});

function messagesOf(text: string): string[] {
  return loadConfig({ path: "test.conf", text, hostName: "director" }).diagnostics.map(({ message }) => message);
}

Deno.test("a group with an address for all ports has persistence, as in keepalived", () => {
  const text = GROUP.replace("10.0.0.1 80", "10.0.0.1") + SERVICE.replace("8080", "");
  assertEquals(messagesOf(text), [
    "a group with an address without a port has persistence, 360 seconds if not said",
  ]);
  assertEquals(serversOf(text)[0]?.persistenceTimeoutSeconds, 360);
});

Deno.test("a group with both families needs a family for its marks, and says which servers serve whom", () => {
  const mixed = GROUP.replace("10.0.0.1 80", "10.0.0.1 80\n2001:db8::1 80");
  assertEquals(messagesOf(mixed + SERVICE), [
    "`virtual_server_group web` has both families and a mark without one, so this virtual server is left out",
  ]);
  const said = mixed.replace("fwmark 7", "fwmark 7 inet6") + SERVICE;
  assertEquals(messagesOf(said), [
    "real server `10.0.1.11` serves only the IPv4 addresses of its group",
    "real server `10.0.1.12` serves only the IPv4 addresses of its group",
  ]);
  assertEquals(messagesOf(said.replace("DR", "TUN")), []);
});

Deno.test("a service that another virtual server has is not the group's as well", () => {
  const other =
    "virtual_server 10.0.0.6 81 {\nlvs_sched rr\nlvs_method DR\nprotocol TCP\nreal_server 10.0.1.13 81 {\n}\n}\n";
  assertEquals(messagesOf(GROUP + SERVICE + other), [
    "`tcp 10.0.0.6:81` belongs to another virtual server, so `group web` goes without it",
  ]);
});

Deno.test("a group that stands for too many services is left out", () => {
  assertEquals(messagesOf(GROUP.replace("10.0.0.1 80", "2001:db8::/64 80") + SERVICE), [
    "`virtual_server_group web` stands for more than 65536 services, so it is left out",
    "`virtual_server_group web` is not there, so this virtual server is left out",
  ]);
});
