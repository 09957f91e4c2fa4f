// Links that bounce, a source address that goes, and instances that wait before they start, in a network namespace.
import { assert, assertEquals } from "../assert.ts";
import { pause, run } from "../support/command.ts";
import { daemonTest as test, type Lab } from "../support/daemon_test.ts";

function config(root: string, inside = ""): string {
  return `${root}
vrrp_instance VI_1 {
  interface eth0
  version 3
  virtual_router_id 51
  priority 100
  advert_int 1
  ${inside}
  virtual_ipaddress {
    10.9.0.100/24
  }
}
`;
}

function link(lab: Lab, state: "up" | "down"): Promise<string> {
  // The other end: the interface loses its carrier, and keeps its addresses.
  return run("ip", "-n", `${lab.hosts.a.namespace.replace(/-a$/, "-sw")}`, "link", "set", "dev", "a", state);
}

test("interface_up_down_delays ride out a link that bounces, and polling sees it, too", "hflinks", async (lab) => {
  await lab.write(config("interface_up_down_delays {\n  eth0 1.5 0.2\n}\nlinkbeat_interfaces {\n  eth0 ETHTOOL\n}"));
  const daemon = lab.start();
  await lab.comes("it is master", async () => {
    return await lab.has("10.9.0.100") && daemon.output.includes("Entering MASTER STATE");
  });
  let before: number;
  let bouncedMs: number;
  do { // a machine that is so busy makes a longer one of it: once more
    await lab.comes("it is master still, or again", () => lab.has("10.9.0.100"));
    await pause(500);
    before = daemon.output.length;
    const startMs = Date.now();
    await link(lab, "down");
    await pause(500);
    await link(lab, "up");
    bouncedMs = Date.now() - startMs;
    await pause(2500);
  } while (bouncedMs > 1200);
  assert(!daemon.output.slice(before).includes("STATE"), daemon.output);
  const downMs = Date.now();
  await link(lab, "down");
  await lab.comes("it is in fault", async () => !await lab.has("10.9.0.100"));
  assert(Date.now() - downMs > 1400, `${Date.now() - downMs} ms`);
  await link(lab, "up");
  await lab.comes("it is master again", () => lab.has("10.9.0.100"));
  // A reload takes a delay away that is longer than we wait for anything.
  const patient = (root: string): string => config(root).replace("advert_int 1", "advert_int 40");
  for (const root of ["interface_up_down_delays {\n  eth0 75 0.2\n}", ""]) {
    await lab.write(patient(root));
    assertEquals((await lab.reload()).code, 0);
  }
  await link(lab, "down");
  await lab.comes("it is in fault at once", async () => !await lab.has("10.9.0.100"));
});

test("track_src_ip: an instance without its source address is in fault", "hfsrc", async (lab) => {
  await run("ip", "-n", lab.hosts.a.namespace, "addr", "add", "10.9.0.33/24", "dev", "eth0");
  await lab.write(config("", "mcast_src_ip 10.9.0.33\n  track_src_ip"));
  lab.start();
  await lab.comes("it is master", () => lab.has("10.9.0.100"));
  await run("ip", "-n", lab.hosts.a.namespace, "addr", "del", "10.9.0.33/24", "dev", "eth0");
  await lab.comes("it is in fault", async () => !await lab.has("10.9.0.100"));
  await run("ip", "-n", lab.hosts.a.namespace, "addr", "add", "10.9.0.33/24", "dev", "eth0");
  await lab.comes("it is master again", () => lab.has("10.9.0.100"));
});

test(
  "unicast_src_ip: an instance waits in fault for the address that it sends from, and outlives its absence",
  "hfunisrc",
  async (lab) => {
    const address = (what: "add" | "del", device: string): Promise<string> =>
      run("ip", "-n", lab.hosts.a.namespace, "addr", what, "10.9.0.33/32", "dev", device);
    await lab.write(config("", "unicast_src_ip 10.9.0.33\n  unicast_peer {\n    10.9.0.2\n  }"));
    lab.start();
    const faults = async (): Promise<string | undefined> => (await lab.instances())[0]?.faults.join();
    const missing = "the source address 10.9.0.33 is not on this machine";
    await lab.comes("it is in fault", async () => await faults() === missing);
    await address("add", "lo");
    await lab.comes("it is master", () => lab.has("10.9.0.100"));
    await address("del", "lo");
    await new Promise((resolve) => setTimeout(resolve, 500));
    assert(await lab.has("10.9.0.100"), "who serves goes on");
    await link(lab, "down");
    await lab.comes("the link is a fault", async () => (await faults())?.includes("interface eth0 is down") === true);
    await link(lab, "up");
    await lab.comes("then the address is missing", async () => await faults() === missing);
    await address("add", "eth0");
    await lab.comes("it is master again", () => lab.has("10.9.0.100"));
    await address("del", "eth0");
    await link(lab, "down");
    await lab.comes("the link is a fault again", async () => (await faults())?.includes("is down") === true);
    await link(lab, "up");
    await lab.comes("and the address is missing again", async () => await faults() === missing);
    await lab.write(config("", "unicast_src_ip 10.9.0.1\n  unicast_peer {\n    10.9.0.2\n  }"));
    assertEquals((await lab.reload()).code, 0);
    await lab.comes("a reload to an address that is there is enough", () => lab.has("10.9.0.100"));
  },
);

test("vrrp_startup_delay holds instances, and what an earlier life left is removed", "hfwait", async (lab) => {
  await run("ip", "-n", lab.hosts.a.namespace, "addr", "add", "10.9.0.100/24", "dev", "eth0");
  await lab.write(config("global_defs {\n  vrrp_startup_delay 12\n}", "priority 255"));
  const startMs = Date.now();
  const daemon = lab.start();
  await lab.comes("the address is removed", async () => !await lab.has("10.9.0.100"));
  await lab.comes(
    "it says that it waits",
    () => /VRRP starts in (?:\d|1[01])\.\d+ s, as configured/.test(daemon.output),
  );
  await lab.comes("the status shows it", async () => (await lab.instances())[0]?.state === "init");
  await lab.comes("it is master", () => lab.has("10.9.0.100"));
  assert(Date.now() - startMs > 11_900, `${Date.now() - startMs} ms`);
});
