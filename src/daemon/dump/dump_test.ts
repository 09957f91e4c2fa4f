import { assert, assertEquals, assertStringIncludes } from "../../../test/assert.ts";
import { configOf } from "../../../test/support/config_values.ts";
import type { Config } from "../../config/config.ts";
import type { VrrpInstanceSnapshot } from "../../ports/snapshot.ts";
import { dumpPath, Dumps } from "./dumps.ts";
import { jsonText } from "./json.ts";
import { dataText, statsText } from "./text.ts";
import { clockText, type DumpView } from "./words.ts";

const INSTANCE = `vrrp_instance VI_1 {
  interface eth0
  virtual_router_id 51
  virtual_ipaddress {
    192.0.2.100/24 brd 192.0.2.255
    192.0.2.101
  }
  virtual_ipaddress_excluded {
    2001:db8::1/64
  }
}
`;

function view(config: Config, more: Partial<VrrpInstanceSnapshot> = {}): DumpView {
  const [{ name, interface: link, vrid, version, family } = assertFirst()] = config.vrrpInstances;
  const now: VrrpInstanceSnapshot = {
    name,
    vrid,
    interface: link,
    version,
    family,
    state: "backup",
    sinceMs: 1_795_246_601_708.36,
    basePriority: 100,
    effectivePriority: 90,
    advertisementIntervalUs: 1_000_000,
    masterDownIntervalUs: 3_609_375,
    preemptMode: true,
    master: { address: "192.0.2.2", priority: 120 },
    virtualAddresses: [{ address: "192.0.2.100", prefixLength: 24, device: "eth0", present: true }],
    faults: [],
    counters: {
      advertisementsReceived: 7,
      advertisementsSent: 6,
      becameMaster: 1,
      releasedMaster: 1,
      priorityZeroReceived: 2,
      priorityZeroSent: 1,
      gratuitousArpSent: 5,
      transitions: 3,
      rivalSigns: 0,
      discarded: { ttl: 4, "auth-fail": 3 },
    },
    ...more,
  };
  return { config, instances: [now], track: { scripts: {}, files: {}, processes: {}, bfd: {} }, nowMs: 0 };
}

function assertFirst(): never {
  throw new Error("there is an instance");
}

Deno.test("jsonText() says what is configured and what is", () => {
  const [entry] = JSON.parse(jsonText(view(configOf(INSTANCE))));
  const { data, stats } = entry;
  assertEquals([data.state, data.wantstate, data.master_priority, data.effective_priority], [1, 1, 120, 90]);
  assertEquals(data.vips, [
    "192.0.2.100/24 brd 192.0.2.255 dev eth0 scope global set",
    "192.0.2.101 dev eth0 scope global",
  ]);
  assertEquals(data.evips, ["2001:db8::1/64 dev eth0 scope global preferred_lft forever"]);
  assertEquals([stats.ip_ttl_err, stats.auth_failure, stats.packet_len_err, stats.pri_zero_rcvd], [4, 3, 0, 2]);
});

Deno.test("jsonText() in version 2 is an object, and an instance that does not run is left out", () => {
  const config = configOf(`global_defs {\n json_version 2\n}\n${INSTANCE}`);
  const both = JSON.parse(jsonText(view(config)));
  assertEquals([Object.keys(both), both.vrrp.length], [["vrrp", "track_process"], 1]);
  assertEquals(JSON.parse(jsonText({ ...view(config), instances: [] })).vrrp, []);
});

Deno.test("dataText() and statsText() have keepalived's lines", () => {
  const text = dataText(view(configOf(INSTANCE)));
  assertStringIncludes(text, " VRRP Instance = VI_1\n   VRRP Version = 2\n   State = BACKUP\n   Wantstate = BACKUP\n");
  assertStringIncludes(text, "   Virtual IP (2):\n     192.0.2.100/24 brd 192.0.2.255 dev eth0 scope global set\n");
  const stats = statsText(view(configOf(INSTANCE))).split("\n");
  assertEquals(stats.slice(0, 9), [
    "VRRP Instance: VI_1",
    "  Advertisements:",
    "    Received: 7",
    "    Sent: 6",
    "  Became master: 1",
    "  Released master: 1",
    "  Packet Errors:",
    "    Length: 0",
    "    TTL: 4",
  ]);
});

Deno.test("clockText() is asctime with a fraction", () => {
  assert(/^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d\.250000 \d{4}$/.test(clockText(86_400_250)));
});

Deno.test("dumpPath() is keepalived's: the instance's name is in that of the state only", () => {
  const plain = configOf(INSTANCE).global;
  assertEquals(dumpPath("json", plain), "/tmp/keepalived.json");
  assertEquals(dumpPath("stats", plain, "/run/x"), "/run/x/keepalived.stats");
  const named =
    configOf(`instance foo\nglobal_defs {\n data_use_instance\n json_dump_file /run/j\n}\n${INSTANCE}`).global;
  assertEquals(
    [dumpPath("data", named), dumpPath("stats", named), dumpPath("json", named)],
    ["/tmp/keepalived.foo.data", "/tmp/keepalived.stats", "/run/j"],
  );
});

Deno.test("Dumps replaces a link instead of following it, and says when it cannot write", async () => {
  const folder = await Deno.makeTempDir();
  const log: string[] = [];
  const config = configOf(
    `global_defs {\n json_dump_file ${folder}/j\n stats_dump_file ${folder}/none/s\n umask 022\n}\n${INSTANCE}`,
  );
  const dumps = new Dumps(() => view(config), (line) => log.push(line));
  await Deno.writeTextFile(`${folder}/precious`, "precious");
  await Deno.symlink(`${folder}/precious`, `${folder}/j`);
  dumps.write("json");
  assertEquals(await Deno.readTextFile(`${folder}/precious`), "precious");
  assertEquals(JSON.parse(await Deno.readTextFile(`${folder}/j`)).length, 1);
  assertEquals(((await Deno.lstat(`${folder}/j`)).mode ?? 0) & 0o7777, 0o644);
  dumps.clear();
  dumps.write("json");
  const [{ stats }] = JSON.parse(await Deno.readTextFile(`${folder}/j`));
  assertEquals([stats.advert_rcvd, stats.ip_ttl_err], [0, 0]);
  dumps.write("stats");
  assert(log.at(-1)?.startsWith(`warning: ${folder}/none/s could not be written: `));
  assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name).sort(), ["j", "precious"]);
  await Deno.remove(folder, { recursive: true });
});
