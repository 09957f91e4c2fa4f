// The pace of gratuitous ARP, as another host hears it, in a network namespace.
import { assert, assertEquals } from "../assert.ts";
import { pause, run } from "../support/command.ts";
import { daemonTest as test, type Lab } from "../support/daemon_test.ts";
import { holdfastCommand } from "../support/holdfast.ts";
import { inside } from "../support/two_hosts.ts";

const LISTENER = new URL("../support/listen_arp.py", import.meta.url).pathname;

/** A gratuitous ARP on the wire. */
interface Heard {
  readonly atMs: number;
  readonly address: string;
  readonly hardwareAddress: string;
}

async function listen(lab: Lab, seconds: number): Promise<Heard[]> {
  const output = await run(...inside(lab.hosts.b, ["python3", LISTENER, "eth0", String(seconds)]));
  return output.trim().split("\n").filter((line) => line !== "").map((line) => {
    const [at = "", address = "", hardwareAddress = ""] = line.split(" ");
    return { atMs: Number(at), address, hardwareAddress };
  });
}

function config(global: string, inside = ""): string {
  return `global_defs {
  vrrp_garp_master_delay 0
  vrrp_garp_master_repeat 3
  ${global}
}
vrrp_instance VI_1 {
  interface eth0
  version 3
  virtual_router_id 57
  priority 255
  advert_int 1
  ${inside}
  virtual_ipaddress {
    10.9.0.101/24
    10.9.0.102/24
  }
}
`;
}

test("vrrp_garp_interval keeps gratuitous ARP apart, and a reload takes a changed one over", "hfpace", async (lab) => {
  await lab.write(config("vrrp_garp_interval 0.3"));
  const hearing = listen(lab, 6);
  lab.start();
  const heard = await hearing;
  assertEquals(heard.map(({ address }) => address.slice(-1)).join(""), "121212");
  const gaps = heard.slice(1).map(({ atMs }, at) => atMs - (heard[at]?.atMs ?? 0));
  assert((gaps[0] ?? 99) < 50, `the first two at once: ${gaps}`);
  assert(gaps.slice(1).every((gap) => gap > 290 && gap < 450), `the others apart: ${gaps}`);

  await lab.write(
    `garp_group {\n  garp_interval 0.6\n  interfaces {\n    eth0\n  }\n}\n${config("vrrp_garp_interval 0.3")}`,
  );
  assertEquals((await lab.reload()).code, 0);
  const again = listen(lab, 4.5);
  await pause(300);
  await run(...inside(lab.hosts.a, [...holdfastCommand(), "announce", "VI_1"]));
  const slower = await again;
  assertEquals(slower.map(({ address }) => address.slice(-1)).join(""), "121212");
  const slowGaps = slower.slice(1).map(({ atMs }, at) => atMs - (slower[at]?.atMs ?? 0));
  assert(slowGaps.every((gap) => gap > 590 && gap < 750), `${slowGaps}`);
});

test("garp_extra_if: a macvlan that no advertisement leaves by is heard of", "hfextra", async (lab) => {
  await lab.write(config("vrrp_garp_extra_if 1", "use_vmac\n  vmac_xmit_base"));
  lab.start();
  await lab.comes("it is master", () => lab.has("10.9.0.102"));
  await pause(1000);
  const heard = await listen(lab, 3.5);
  assert(heard.length >= 3 && heard.length <= 4, JSON.stringify(heard));
  for (const { address, hardwareAddress } of heard) {
    assertEquals([address, hardwareAddress], ["10.9.0.101", "00:00:5e:00:01:39"]);
  }
});
