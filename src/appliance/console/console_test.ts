// The console: keys of any terminal, the menu's paths, what is asked before anything is done, and what is shown.
import { assert, assertEquals } from "../../../test/assert.ts";
import type { Snapshot } from "../../ports/snapshot.ts";
import { KeyReader } from "./keys.ts";
import { type Machine, type Order, press, shown, type View } from "./menu.ts";
import { networkFile, problemOf } from "./network_settings.ts";
import { draw, type Summary } from "./screen.ts";

const MACHINE: Machine = { cards: ["enp0s2", "enp0s3"], mayShell: false, isConfigured: true, rows: 19 };
const SUMMARY: Summary = {
  product: "Holdfast appliance 0.1.0",
  slot: "a",
  isHealthy: true,
  hostName: "left",
  addresses: ["enp0s2 192.0.2.1/24"],
  notes: [],
};

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Types a text, key by key. @returns where that leads, and all that is ordered on the way */
function type(text: string, { from = { name: "summary" } as View, machine = MACHINE } = {}): {
  view: View;
  orders: Order[];
} {
  let view = from;
  const orders: Order[] = [];
  for (const key of new KeyReader().read(bytes(text))) {
    const step = press(view, key, machine);
    view = step.view;
    if (step.order !== undefined) orders.push(step.order);
  }
  return { view, orders };
}

Deno.test("KeyReader reads keys, and swallows escape sequences however they are cut", () => {
  const keys = new KeyReader();
  assertEquals(keys.read(bytes("aB1 \r\n\x7f\x08\x03\x04\x01\x80")), [
    ..."aB1 ",
    "enter",
    "enter",
    "backspace",
    "backspace",
    "cancel",
    "cancel",
  ]);
  assertEquals([keys.read(bytes("\x1b")), keys.read(bytes("[")), keys.read(bytes("1;5")), keys.read(bytes("Ax"))], [
    [],
    [],
    [],
    ["x"],
  ]);
  assertEquals(keys.read(bytes("\x1bOPy\x1bqz")), ["y", "z"]);
});

Deno.test("the menu is opened by Enter only, and left again", () => {
  assertEquals(type("123450qx").view, { name: "summary" });
  assertEquals(type("\r").view, { name: "menu" });
  assertEquals(type("\r0").view, { name: "summary" });
  assertEquals(type("\r20").view, { name: "menu" });
});

Deno.test("restart, power off and factory reset want their word, and nothing else will do", () => {
  assertEquals(type("\r3yes\r").orders, [{ type: "restart" }]);
  assertEquals(type("\r4yes\r").orders, [{ type: "power-off" }]);
  assertEquals(type("\r5erase\r").orders, [{ type: "factory-reset" }]);
  assertEquals(type("\r5ersd\x7f\x7fase\r").orders, [{ type: "factory-reset" }]);
  for (const text of ["\r5yes\r", "\r5\r", "\r5erase\x03", "\r5erase \r", "\r3y\r", "\r3YES\r", "\r3no\r"]) {
    const { view, orders } = type(text);
    assertEquals([orders, view], [[], { name: "menu" }], text);
  }
});

Deno.test("there is a shell only where the owner of the machine wants one", () => {
  assertEquals(type("\r6").orders, []);
  assert(draw(type("\r6").view, SUMMARY, MACHINE).join(" ").includes("console_shell"));
  assertEquals(type("\r6", { machine: { ...MACHINE, mayShell: true } }).orders, [{ type: "shell" }]);
});

Deno.test("network settings: an address, a gateway, a server for names", () => {
  const { orders, view } = type("\r12\r192.0.2.7/24\r192.0.2.254\r\ryes\r");
  const settings = { card: "enp0s3", address: "192.0.2.7/24", gateway: "192.0.2.254", dns: "" };
  assertEquals(orders, [{ type: "set-network", settings }]);
  assertEquals(view, { name: "menu" });
  assertEquals(
    networkFile(settings).replace(/#.*\n/g, ""),
    "[Match]\nName=enp0s3\n\n[Network]\nAddress=192.0.2.7/24\nGateway=192.0.2.254\nKeepConfiguration=static\n",
  );
});

Deno.test("network settings: DHCP asks no more; a wrong answer is asked again; nothing is written without yes", () => {
  assertEquals(type("\r1enp0s2\rdhcp\ryes\r").orders, [
    { type: "set-network", settings: { card: "enp0s2", address: "dhcp", gateway: "", dns: "" } },
  ]);
  const wrong = type("\r11\r192.0.2.7\r");
  assertEquals(wrong.orders, []);
  assert(draw(wrong.view, SUMMARY, MACHINE).includes("Not so: a prefix length from 1 to 32 belongs to it."));
  assertEquals(type("/24\r\r\ryes\r", { from: wrong.view }).orders.length, 1);
  assertEquals(type("\r12\r192.0.2.7/24\r\r\r\r").orders, []);
  assertEquals(type("\r1\x03").view, { name: "menu" });
});

Deno.test("problemOf() knows what networkd would not take, and what would be another line of the file", () => {
  const problem = (text: string): boolean => problemOf("address", text, []) !== undefined;
  for (const good of ["192.0.2.1/24", "2001:db8::1/64", "dhcp", "10.0.0.1/32"]) assert(!problem(good), good);
  for (
    const bad of ["", "192.0.2.1", "192.0.2.1/33", "192.0.2.1/0", "1/24", "2001:db8::1/129", "a/b/c", "192.0.2.1/24/8"]
  ) {
    assert(problem(bad), bad);
  }
  assert(problemOf("gateway", "192.0.2.1\nDHCP=yes", []) !== undefined);
  assert(problemOf("card", "eth9", ["eth0"]) !== undefined);
});

Deno.test("text is shown page by page, its long lines broken", () => {
  const lines = Array.from({ length: 50 }, (_, index) => `line ${index}`).join("\n");
  const first = shown("Journal", `${lines}\n`);
  const last = (view: View): string => draw(view, SUMMARY, MACHINE).at(-1) ?? "";
  assert(last(first).startsWith("-- 19 of 50 lines. Enter: more"));
  const second = type("\r", { from: first }).view;
  assert(draw(second, SUMMARY, MACHINE).includes("line 19"));
  const third = type(" \r", { from: first }).view;
  assertEquals(last(third), "-- 50 of 50 lines. Enter: back");
  assertEquals(type("b", { from: second }).view, first);
  assertEquals([type("\r", { from: third }).view, type("q", { from: first }).view], [{ name: "menu" }, {
    name: "menu",
  }]);
  assertEquals(draw(shown("x", "y".repeat(200)), SUMMARY, MACHINE).map((line) => line.length).slice(2, 5), [
    79,
    79,
    42,
  ]);
});

Deno.test("the summary says how it is, in 24 lines of 79 columns, whatever there is", () => {
  const instance = { name: "web", state: "master", virtualAddresses: [{ address: "192.0.2.100" }], faults: [] };
  const server = { name: "192.0.2.100 TCP 80", up: true, realServers: [{ state: "up" }, { state: "down" }] };
  const snapshot = {
    vrrpInstances: [instance],
    virtualServers: [server],
    node: { warnings: [{ message: "IPVS is missing" }] },
  } as unknown as Snapshot;
  assertEquals(draw({ name: "summary" }, { ...SUMMARY, snapshot }, MACHINE), [
    "Holdfast appliance 0.1.0, slot a, healthy",
    "Host name  left",
    "Address    enp0s2 192.0.2.1/24",
    "VRRP       web MASTER  192.0.2.100",
    "Server     192.0.2.100 TCP 80 UP  1/2 live",
    "ALARM      IPVS is missing",
    "",
    "Press Enter for the menu.",
  ]);
  const crowd = {
    vrrpInstances: Array(255).fill(instance),
    virtualServers: Array(500).fill(server),
    node: { warnings: [] },
  } as unknown as Snapshot;
  const lines = draw({ name: "summary" }, { ...SUMMARY, snapshot: crowd, notes: ["x".repeat(300)] }, MACHINE);
  assert(lines.length <= 24 && lines.every((line) => line.length <= 79), lines.join("\n"));
  assert(lines.includes("           and 248 more"));
  assertEquals(lines.at(-1), "Press Enter for the menu.");
});

Deno.test("what others wrote cannot drive the terminal", () => {
  const lines = draw({ name: "summary" }, { ...SUMMARY, configProblem: "a\x1b[2Jb\r\nc\td\u009b" }, MACHINE);
  assertEquals(lines.slice(5, 7), ["a?[2Jb?", "c  d?"]);
  assert(draw({ name: "summary" }, SUMMARY, MACHINE).includes("Holdfast   does not answer"));
});
