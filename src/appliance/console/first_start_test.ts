// The dialogue of the first start: lines in, files out. And the script that takes the files, on a root that is a folder.
import { assert, assertEquals, assertStringIncludes } from "../../../test/assert.ts";
import { KeyReader } from "./keys.ts";
import { draw } from "./screen.ts";
import { firstFiles } from "./first_files.ts";
import { endpointOf, FIRST_QUESTIONS, type FirstField } from "./first_questions.ts";
import {
  FIRST,
  firstLines,
  firstRefused,
  type FirstState,
  type FirstStep,
  firstStep,
  openQuestion,
} from "./first_start.ts";
import { firstView, type Machine, type Order, press } from "./menu.ts";

const AROUND = { cards: ["enp0s2", "enp0s3"] };
const ROWS = 19;
const SCRIPT = new URL("../../../appliance/image/root/usr/lib/holdfast/first-start", import.meta.url).pathname;
const KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGm2S1mfQ8X0q6Nn9YQ0o6sYxq8dGqk2a1wq8C5dJv1Z me@laptop";
/** One answer to each question. */
const LINES: readonly (readonly [FirstField, string])[] = [
  ["hostname", "lb1"],
  ["management", "1"],
  ["managementAddress", "198.51.100.5/24"],
  ["gateway", "198.51.100.1"],
  ["dns", ""],
  ["interface", ""],
  ["address", "192.0.2.1/24"],
  ["routerId", "7"],
  ["priority", "backup"],
  ["vip", "192.0.2.100/24"],
  ["peer", "192.0.2.2"],
  ["sshKey", KEY],
  ["port", "80"],
  ["servers", "192.0.2.11 192.0.2.12:8080"],
];

function after(lines: readonly string[], from: FirstState = FIRST): FirstStep {
  let step: FirstStep = { state: from };
  for (const line of lines) step = firstStep(step.state, line, AROUND, ROWS);
  return step;
}

/** Answers all questions before this one. */
function before(field: FirstField): FirstState {
  const { state } = after(LINES.slice(0, LINES.findIndex(([name]) => name === field)).map(([, line]) => line));
  assertEquals(openQuestion(state.answers)?.field, field);
  return state;
}

Deno.test("answers become the files of HOLDFAST, after they were read and confirmed", () => {
  assertEquals(LINES.map(([field]) => field), FIRST_QUESTIONS.map(({ field }) => field));
  const { state, write } = after(LINES.map(([, line]) => line));
  assertEquals([state.phase, write], ["review", undefined], "nothing is written before somebody has seen it");
  assertEquals(after(["no"], state).write, undefined);
  assertEquals(after(["yes"], state).write, {
    "keepalived.conf": `# Written by the console on the first start.
vrrp_instance VI_1 {
    interface enp0s3
    virtual_router_id 7
    priority 100
    unicast_peer {
        192.0.2.2
    }
    virtual_ipaddress {
        192.0.2.100/24
    }
}

virtual_server 192.0.2.100 80 {
    delay_loop 5
    lb_algo wlc
    lb_kind NAT
    protocol TCP

    real_server 192.0.2.11 80 {
        TCP_CHECK {
            connect_timeout 3
        }
    }

    real_server 192.0.2.12 8080 {
        TCP_CHECK {
            connect_timeout 3
        }
    }
}
`,
    hostname: "lb1\n",
    "network/10-console-enp0s2.network":
      "# Written by the console's menu.\n[Match]\nName=enp0s2\n\n[Network]\nAddress=198.51.100.5/24\nGateway=198.51.100.1\n" +
      "# Virtual addresses are not systemd's to remove.\nKeepConfiguration=static\n",
    "network/10-console-enp0s3.network":
      "# Written by the console's menu.\n[Match]\nName=enp0s3\n\n[Network]\nAddress=192.0.2.1/24\n" +
      "# Virtual addresses are not systemd's to remove.\nKeepConfiguration=static\n",
    management: "enp0s2\n",
    authorized_keys: `${KEY}\n`,
  });
});

Deno.test("with one card, DHCP, multicast and no server most questions are not asked", () => {
  const lines = ["", "", "", "enp0s2", "", "master", "2001:db8::1", "", "", ""];
  const { state } = after(lines);
  assertEquals(state.phase, "review");
  const files = firstFiles(state.answers);
  assertEquals(Object.keys(files), ["keepalived.conf", "hostname", "network/10-console-enp0s2.network", "management"]);
  assertEquals(
    files["keepalived.conf"],
    "# Written by the console on the first start.\nvrrp_instance VI_1 {\n    interface enp0s2\n    virtual_router_id 51\n" +
      "    priority 150\n    virtual_ipaddress {\n        2001:db8::1/128\n    }\n}\n",
  );
});

Deno.test("each answer is checked at once, and a wrong one changes nothing", () => {
  const wrong: Readonly<Record<string, readonly string[]>> = {
    hostname: ["-x", "a b", "x".repeat(64), "a_b", "$(reboot)"],
    management: ["3", "0", "eth0", "99"],
    managementAddress: ["192.0.2.1", "192.0.2.1/33", "256.0.0.1/24", "dhcp6", "192.0.2.1/24/1"],
    gateway: ["192.0.2", "gateway"],
    dns: ["ns1"],
    interface: ["lo"],
    address: ["", "192.0.2.1"],
    routerId: ["0", "256", "x", "1.5", "-1"],
    priority: ["0", "255", "primary", "constructor"],
    vip: ["", "192.0.2.300", "192.0.2.1/40", "vip", "192.0.2.1/24}"],
    peer: ["2001:db8::2", "peer", "192.0.2.2/24"],
    sshKey: ["AAAA", "ssh-ed25519 short", `command="x" ${KEY}`, `${KEY} "`],
    port: ["0", "65536", "http"],
    servers: ["", "192.0.2.11:0", "2001:db8::1", "192.0.2.11 192.0.2.11", "192.0.2.11:80:80", "web1"],
  };
  for (const { field } of FIRST_QUESTIONS) {
    const from = before(field);
    for (const line of wrong[field] ?? []) {
      const { state } = firstStep(from, line, AROUND, ROWS);
      assert(state.problem !== undefined, `${field}: ${line}`);
      assertEquals(state.answers, from.answers, `${field}: ${line}`);
      assertStringIncludes(firstLines(state, AROUND, ROWS).join("\n"), `Not so: ${state.problem}`);
    }
  }
});

Deno.test("< goes back one question, again to the first one", () => {
  const { state } = after(LINES.map(([, line]) => line));
  const back = after(["<"], state).state;
  assertEquals([back.phase, openQuestion(back.answers)?.field], ["asking", "servers"]);
  assertEquals(openQuestion(after(["<", "<"], back).state.answers)?.field, "sshKey");
  assertEquals(after(["<", "<", "<"]).state, FIRST, "before the first there is none");
  assertEquals(after(["again"], state).state, FIRST);
  const other = after(["192.0.2.13", "yes"], back).write;
  assertStringIncludes(other?.["keepalived.conf"] ?? "", "real_server 192.0.2.13 80");
});

Deno.test("Enter pages through the files, all of which are shown", () => {
  let { state } = after(LINES.map(([, line]) => line));
  const seen = new Set<string>();
  for (let page = 0; page < 10; page++) {
    const lines = firstLines(state, AROUND, ROWS);
    assert(lines.length <= ROWS, `${lines.length} lines`);
    for (const line of lines) seen.add(line);
    state = after([""], state).state;
  }
  for (const text of Object.values(firstFiles(state.answers))) {
    for (const line of text.trimEnd().split("\n")) assert(seen.has(line), line);
  }
});

Deno.test("what cannot be used can be corrected", () => {
  const { state } = after(LINES.map(([, line]) => line));
  const refused = firstRefused(state, "error: no such interface\nmore\n".repeat(20));
  const lines = firstLines(refused, AROUND, ROWS).join("\n").split("\n");
  assert(lines.includes("Not so: error: no such interface") && lines.length <= ROWS + 4, `${lines.length} lines`);
  assertEquals(openQuestion(after(["<"], refused).state.answers)?.field, "servers");
});

Deno.test("endpointOf() reads addresses of both families, with a port or not", () => {
  const of = (text: string): string => Object.values(endpointOf(text, "80") ?? { address: "none" }).join(" ");
  assertEquals(["192.0.2.1", "192.0.2.1:81", "[2001:db8::1]:81", "2001:db8::1", "x:80", "[192.0.2.1"].map(of), [
    "192.0.2.1 80",
    "192.0.2.1 81",
    "2001:db8::1 81",
    "2001:db8::1 80",
    "none",
    "none",
  ]);
});

Deno.test("the console asks where nothing is configured, and its keys make the lines", () => {
  const machine: Machine = { ...AROUND, mayShell: false, isConfigured: false, rows: ROWS };
  const summary = { product: "Holdfast", slot: "a", isHealthy: false, hostName: "x", addresses: [], notes: [] };
  let view = firstView(machine);
  const orders: Order[] = [];
  const type = (text: string): void => {
    for (const key of new KeyReader().read(new TextEncoder().encode(text))) {
      const step = press(view, key, machine);
      view = step.view;
      if (step.order !== undefined) orders.push(step.order);
      const lines = draw(view, summary, machine);
      assert(lines.length <= ROWS + 4, `${lines.length} lines`);
    }
  };
  assertStringIncludes(draw(view, summary, machine).join("\n"), "Host name [holdfast]");
  type("lb1\x7f2\r");
  assertStringIncludes(draw(view, summary, machine).join("\n"), "Host name        lb2");
  type(LINES.slice(1).map(([, line]) => `${line}\r`).join(""));
  assertEquals(orders, []);
  type("yes\r");
  assertEquals(orders.map((order) => order.type === "first-start" && order.files.hostname), ["lb2\n"]);
  type("\x03");
  assertEquals(view, { name: "menu" });
  assertStringIncludes(draw(view, summary, machine).join("\n"), "7  First start");
  type("7");
  assertEquals(view, firstView(machine));
  const configured = { ...machine, isConfigured: true };
  assertEquals([firstView(configured), press({ name: "menu" }, "7", configured).view], [{ name: "summary" }, {
    name: "menu",
  }]);
});

Deno.test("first-start writes the files, the configuration last, and nothing when it is wrong or another is there", async () => {
  const root = await Deno.makeTempDir();
  try {
    for (const folder of ["config", "etc/systemd/network", "run/holdfast", "bin", "from/network"]) {
      Deno.mkdirSync(`${root}/${folder}`, { recursive: true });
    }
    Deno.writeTextFileSync(`${root}/etc/systemd/network/80-dhcp.network`, "default\n");
    const files = firstFiles(after(LINES.map(([, line]) => line)).state.answers);
    for (const [name, text] of Object.entries(files)) Deno.writeTextFileSync(`${root}/from/${name}`, text);
    const log = `echo "\${0##*/} $*" >>${root}/log`;
    const programs: Record<string, string> = {
      holdfast: `${log}; [ ! -e ${root}/wrong ] || { echo "error: wrong"; exit 1; }`,
      mount: log,
      systemctl: log,
      sync: "exit 0",
      mv: `${log}; exec /bin/mv "$@"`,
    };
    for (const [name, text] of Object.entries(programs)) {
      Deno.writeTextFileSync(`${root}/bin/${name}`, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
    }
    const run = (): { code: number; said: string } => {
      const { code, stdout } = new Deno.Command("sh", {
        args: [SCRIPT, `${root}/from`],
        env: { HOLDFAST_ROOT: root, PATH: `${root}/bin:/usr/bin:/bin` },
        stdin: "null",
      }).outputSync();
      return { code, said: new TextDecoder().decode(stdout) };
    };
    Deno.writeTextFileSync(`${root}/wrong`, "");
    assertEquals(run(), { code: 1, said: "error: wrong\n" });
    assertEquals([...Deno.readDirSync(`${root}/config`)], []);
    Deno.removeSync(`${root}/wrong`);
    assertEquals(run().code, 0);
    for (const [name, text] of Object.entries(files)) {
      assertEquals(Deno.readTextFileSync(`${root}/config/${name}`), text, name);
    }
    assertEquals(Deno.readTextFileSync(`${root}/config/network/80-dhcp.network`), "default\n");
    assertEquals(Deno.readTextFileSync(`${root}/etc/hostname`), "lb1\n");
    assertEquals(Deno.readTextFileSync(`${root}/run/holdfast/ssh/authorized_keys`), `${KEY}\n`);
    assert(Deno.readTextFileSync(`${root}/etc/systemd/network/10-console-enp0s3.network`).includes("192.0.2.1/24"));
    const done = Deno.readTextFileSync(`${root}/log`).split("\n");
    const moves = done.filter((line) => line.startsWith("mv ")).map((line) => line.split("/").at(-1));
    assertEquals(moves.at(-1), "keepalived.conf");
    assertEquals(done.filter((line) => line.startsWith("mount")), [
      `mount -o remount,rw ${root}/config`,
      `mount -o remount,ro ${root}/config`,
    ]);
    assert(done.includes("systemctl --no-block restart holdfast"));
    assertEquals(run().said, "there is a keepalived.conf on HOLDFAST by now, which stays as it is\n");
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});
