// The pace of gratuitous ARP, as another host hears it, in a network namespace.
import { assert, assertEquals } from "../assert.ts";
import { BackgroundProcess, pause, run } from "../support/command.ts";
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

/** Hears from now on, on the other host; `body` gets what was heard so far. */
async function listening(lab: Lab, body: (heard: () => Heard[]) => Promise<void>): Promise<void> {
  const process = new BackgroundProcess(inside(lab.hosts.b, ["python3", LISTENER, "eth0", "60"]));
  try {
    await lab.comes("the other host listens", () => process.output.startsWith("ready\n"));
    await body(() =>
      process.output.split("\n").slice(1, -1).map((line) => {
        const [at = "", address = "", hardwareAddress = ""] = line.split(" ");
        return { atMs: Number(at), address, hardwareAddress };
      })
    );
  } finally {
    await process.stop();
  }
}

/** The last digits of the addresses, and milliseconds between one and the next. */
function storyOf(heard: readonly Heard[]): { readonly order: string; readonly gaps: number[] } {
  return {
    order: heard.map(({ address }) => address.slice(-1)).join(""),
    gaps: heard.slice(1).map(({ atMs }, at) => atMs - (heard[at]?.atMs ?? 0)),
  };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;
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
  await listening(lab, async (heard) => {
    lab.start();
    await lab.comes("six messages", () => heard().length >= 6);
    await pause(1000);
    const { order, gaps } = storyOf(heard());
    assertEquals(order, "121212");
    assert((gaps[0] ?? 999) < 200, `the first two at once: ${gaps}`);
    assert(gaps.slice(1).every((gap) => gap > 250) && median(gaps) < 900, `the others apart: ${gaps}`);
  });

  const group = "garp_group {\n  garp_interval 0.6\n  interfaces {\n    eth0\n  }\n}\n";
  await lab.write(`${group}${config("vrrp_garp_interval 0.3")}`);
  assertEquals((await lab.reload()).code, 0);
  await listening(lab, async (heard) => {
    await run(...inside(lab.hosts.a, [...holdfastCommand(), "announce", "VI_1"]));
    await lab.comes("six messages again", () => heard().length >= 6);
    const { order, gaps } = storyOf(heard());
    assertEquals(order, "121212");
    assert(gaps.every((gap) => gap > 500), `${gaps}`);
  });
});

test("garp_extra_if: a macvlan that no advertisement leaves by is heard of", "hfextra", async (lab) => {
  await lab.write(config("vrrp_garp_extra_if 1", "use_vmac\n  vmac_xmit_base"));
  const daemon = lab.start();
  await lab.comes("it has announced them", () => daemon.output.includes("Entering MASTER STATE"));
  await pause(500);
  await listening(lab, async (heard) => {
    await lab.comes("four of them", () => heard().length >= 4);
    const extra = heard();
    const { gaps } = storyOf(extra);
    assert(median(gaps) > 900 && median(gaps) < 1500, `one a second: ${gaps}`);
    for (const { address, hardwareAddress } of extra) {
      assertEquals([address, hardwareAddress], ["10.9.0.101", "00:00:5e:00:01:39"]);
    }
  });
});
