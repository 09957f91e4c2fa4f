import { assertEquals } from "../../../test/assert.ts";
import { configOf } from "../../../test/support/config_values.ts";
import { engineWith, type HealthWorld, serversOf } from "../../../test/support/health_engine.ts";
import { startable } from "../../config/carried_out.ts";
import { type IpvsSettings, ipvsSettingsOf, usesIpvs } from "../../config/sync_daemon.ts";
import { loadConfig } from "../../config/load.ts";
import { FakeIpvs } from "./fake_ipvs.ts";

const INSTANCE = (more = ""): string =>
  `vrrp_instance VI_1 {\ninterface eth0\nvirtual_router_id 51\n${more}\nvirtual_ipaddress {\n192.0.2.100\n}\n}\n`;
const SERVICE =
  "virtual_server 10.0.0.1 80 {\nlvs_sched rr\nlvs_method NAT\nprotocol TCP\nreal_server 10.0.1.1 80 {\n}\n}\n";

function settingsOf(text: string): IpvsSettings {
  return ipvsSettingsOf(startable(configOf(text)).config);
}

function started(globals: string, ipvs = new FakeIpvs()): HealthWorld {
  const settings = settingsOf(`global_defs {\n${globals}\n}\n${INSTANCE()}`);
  const world = engineWith(serversOf(SERVICE), { settings, ipvs });
  if (settings.sync?.instance !== undefined) world.engine.followSyncRole("backup");
  world.engine.run();
  return world;
}

Deno.test("ipvsSettingsOf() takes the sync id from the instance, and has the old forms", () => {
  assertEquals(settingsOf(INSTANCE()), { timeouts: {}, flushesAtStart: false, flushesAtStop: false });
  const line = (words: string): unknown => settingsOf(`global_defs {\nlvs_sync_daemon ${words}\n}\n${INSTANCE()}`).sync;
  assertEquals(line("eth1 inst VI_1"), { interface: "eth1", instance: "VI_1", syncId: 51 });
  assertEquals(line("eth1 VI_1 7"), { interface: "eth1", instance: "VI_1", syncId: 7 });
  assertEquals(line("eth1"), { interface: "eth1", syncId: 0 });
  assertEquals(line("eth1 id 7 maxlen 1200 port 8849 ttl 3 group 224.0.0.82"), {
    interface: "eth1",
    syncId: 7,
    maxLength: 1200,
    port: 8849,
    ttl: 3,
    group: "224.0.0.82",
  });
  assertEquals(settingsOf(INSTANCE("lvs_sync_daemon_interface eth2")).sync, {
    interface: "eth2",
    instance: "VI_1",
    syncId: 0,
  });
});

Deno.test("lvs_sync_daemon says what is wrong with it", () => {
  const messages = (words: string): string[] =>
    loadConfig({ path: "a.conf", text: `global_defs {\nlvs_sync_daemon ${words}\n}\n${INSTANCE()}`, hostName: "a" })
      .diagnostics.map(({ message }) => message);
  assertEquals(messages("eth1 inst VI_2"), [
    "`vrrp_instance VI_2`, which `lvs_sync_daemon` follows, is not there, so it does not run",
  ]);
  assertEquals(messages("eth1 id 256"), [
    "`lvs_sync_daemon` needs a whole number from 0 to 255 behind `id`, not `256`",
  ]);
  assertEquals(messages("eth1 group 10.0.0.1"), [
    "`lvs_sync_daemon` needs a multicast address behind `group`, not `10.0.0.1`",
  ]);
});

Deno.test("usesIpvs() is true without virtual servers, too, where there is something to set", () => {
  const uses = (globals: string): boolean =>
    usesIpvs(startable(configOf(`global_defs {\n${globals}\n}\n${INSTANCE()}`)).config);
  assertEquals(uses(""), false);
  assertEquals(uses("lvs_sync_daemon eth1"), true);
  assertEquals(uses("lvs_timeouts tcp 100"), true);
  assertEquals(uses("lvs_flush"), true);
});

Deno.test("lvs_timeouts are set at the start, put right when others change them, and taken back at the end", async () => {
  const { time, ipvs: { settings }, engine } = started("lvs_timeouts tcp 800 udp 0");
  assertEquals(settings.changes, ["timeouts 800 120 300"]);
  settings.now = { ...settings.now, tcp: 5 };
  await time.pass(30_000);
  assertEquals(settings.changes.slice(1), ["timeouts 800 120 300"]);
  engine.reconfigure(serversOf(SERVICE), settingsOf("global_defs {\nlvs_timeouts tcpfin 60\n}\n"));
  assertEquals(settings.changes.slice(2), ["timeouts 900 60 300"]);
  await engine.stop({ keepTable: false });
  assertEquals(settings.changes.slice(3), ["timeouts 900 120 300"]);
});

Deno.test("lvs_sync_daemon without an instance runs both halves, and leaves alone what runs as wanted", async () => {
  const ipvs = new FakeIpvs();
  ipvs.settings.startSyncDaemon({ role: "backup", interface: "eth1", syncId: 7 });
  ipvs.settings.startSyncDaemon({ role: "master", interface: "eth1", syncId: 8 });
  const { time, log, engine } = started("lvs_sync_daemon eth1 id 7", ipvs);
  const { settings } = ipvs;
  assertEquals(settings.changes.slice(2), ["stop master", "start master eth1 7"]);
  assertEquals(log, [
    "IPVS synchronisation (master) on eth1 is stopped",
    "IPVS synchronisation (master) runs on eth1, id 7",
  ]);
  settings.daemons = [];
  await time.pass(30_000);
  assertEquals(settings.changes.slice(4), ["start master eth1 7", "start backup eth1 7"]);
  await engine.stop({ keepTable: false });
  assertEquals(settings.changes.slice(6), ["stop master", "stop backup"]);
});

Deno.test("lvs_sync_daemon with an instance follows its state", async () => {
  const { ipvs: { settings }, engine } = started("lvs_sync_daemon eth1 inst VI_1");
  assertEquals(settings.changes, ["start backup eth1 51"]);
  engine.followSyncRole("master");
  assertEquals(settings.changes.slice(1), ["stop backup", "start master eth1 51"]);
  engine.followSyncRole("master");
  assertEquals(settings.changes.length, 3);
  engine.reconfigure(serversOf(SERVICE), settingsOf(""));
  assertEquals(settings.changes.slice(3), ["stop master"]);
  await engine.stop({ keepTable: false });
  assertEquals(settings.changes.length, 4);
});

Deno.test("a refused daemon is a warning, and tried again", async () => {
  const ipvs = new FakeIpvs();
  ipvs.settings.refusal = "Cannot start it: No such device (ENODEV)";
  const { time, engine } = started("lvs_sync_daemon eth1", ipvs);
  assertEquals(engine.warnings.map(({ code, message }) => [code, message]), [
    ["ipvs-settings", "Cannot start it: No such device (ENODEV)"],
  ]);
  ipvs.settings.refusal = undefined;
  await time.pass(2000);
  assertEquals(engine.warnings, []);
  assertEquals(ipvs.settings.changes, ["start master eth1 0", "start backup eth1 0"]);
  await engine.stop({ keepTable: true });
  assertEquals(ipvs.settings.daemons.length, 2);
});

Deno.test("lvs_flush deletes what is foreign at the start, lvs_flush_on_stop at the end; VS does not", async () => {
  const foreign = { kind: "address", protocol: "tcp", address: "10.9.9.9", port: 80 } as const;
  const entry = {
    key: foreign,
    scheduler: "rr",
    flags: 0,
    persistenceTimeoutSeconds: 0,
    persistencePrefixLength: 32,
  } as const;
  const tables = async (globals: string): Promise<string[][]> => {
    const ipvs = new FakeIpvs();
    ipvs.tamper({ type: "add-virtual-server", entry });
    const { engine } = started(globals, ipvs);
    const first = ipvs.text();
    await engine.stop({ keepTable: false });
    return [first, ipvs.text()];
  };
  const own = "tcp 10.0.0.1:80 rr: 10.0.1.1:80=1";
  const theirs = "tcp 10.9.9.9:80 rr:";
  assertEquals(await tables(""), [[own, theirs], [theirs]]);
  assertEquals(await tables("lvs_flush"), [[own], []]);
  assertEquals(await tables("lvs_flush_on_stop"), [[own, theirs], []]);
  assertEquals(await tables("lvs_flush_on_stop VS"), [[own, theirs], [theirs]]);
});

Deno.test("ipvs of holdfast.yaml sets the kernel's settings, keeps them so, and puts them back", async () => {
  const ipvs = new FakeIpvs();
  const settings = (sysctls: IpvsSettings["sysctls"]): IpvsSettings => ({
    ...settingsOf(""),
    ...(sysctls && { sysctls }),
  });
  const both = settings({ expire_nodest_conn: "1", sync_threshold: "3\t10" });
  const { engine, time, log } = engineWith(serversOf(SERVICE), { settings: both, ipvs });
  engine.run();
  const { changes } = ipvs.settings;
  assertEquals(changes.splice(0), ["expire_nodest_conn 1", "sync_threshold 3 10"]);
  assertEquals(log.at(-1), "net.ipv4.vs.sync_threshold is set to 3 10, it was 3 50");
  ipvs.settings.sysctls.set("expire_nodest_conn", "0"); // somebody else
  await time.pass(31_000);
  assertEquals(changes.splice(0), ["expire_nodest_conn 1"]);
  engine.reconfigure(serversOf(SERVICE), settings({ expire_nodest_conn: "1", no_such: "1" }));
  assertEquals(changes.splice(0), ["sync_threshold 3 50"]);
  assertEquals(engine.warnings.map(({ message }) => message), [
    "Cannot set net.ipv4.vs.no_such: this kernel has no such setting",
  ]);
  engine.reconfigure(serversOf(SERVICE), both);
  assertEquals(engine.warnings, []);
  changes.splice(0);
  await engine.stop({ keepTable: false });
  assertEquals(changes, ["expire_nodest_conn 0", "sync_threshold 3 50"]);
});
