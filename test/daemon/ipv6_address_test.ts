// IPv6 addresses that move with an instance over IPv4: there at once, announced to the link, gone at the end.
import { assert, assertEquals, assertMatch } from "../assert.ts";
import { BackgroundProcess, tryRun } from "../support/command.ts";
import { daemonTest as test } from "../support/daemon_test.ts";
import { inside } from "../support/two_hosts.ts";

const CONFIG = `vrrp_instance VI_1 {
  interface eth0
  version 3
  virtual_router_id 51
  advert_int 0.1
  virtual_ipaddress {
    10.9.0.100/24
  }
  virtual_ipaddress_excluded {
    2001:db8:9::100/64
    2001:db8:9::101
  }
}
`;

/** Prints the target and flags of each unsolicited neighbor advertisement, and its sender's MAC address. */
const LISTENER = `import socket
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x86dd))
s.bind(("eth0", 0))
print("listening", flush=True)
while True:
    frame = s.recv(2000)
    if frame[20] == 58 and frame[54] == 136:
        print("advertised", socket.inet_ntop(socket.AF_INET6, frame[62:78]), hex(frame[58]), frame[6:12] == frame[80:86], flush=True)
`;

test("IPv6 addresses come with their instance, are announced, and leave with it", "hfinet6", async (lab) => {
  const { a, b } = lab.hosts;
  const listener = new BackgroundProcess(inside(b, ["python3", "-c", LISTENER]));
  try {
    await lab.comes("somebody listens", () => listener.output.includes("listening"));
    await lab.write(CONFIG);
    const daemon = lab.start();
    const addresses = async (): Promise<string> =>
      (await tryRun("ip", "-n", a.namespace, "-6", "addr", "show", "eth0")).output;
    await lab.comes("both are there", async () => (await addresses()).match(/2001:db8:9::10[01]/g)?.length === 2);
    const shown = await addresses();
    assertMatch(shown, /2001:db8:9::100\/64 scope global nodad/);
    assertMatch(shown, /2001:db8:9::101\/128 scope global nodad deprecated/);
    assert(!/9::10[01].*tentative/.test(shown), shown);
    await lab.comes(
      "both are announced",
      () => ["2001:db8:9::100 0x20 True", "2001:db8:9::101 0x20 True"].every((line) => listener.output.includes(line)),
    );
    assertEquals((await tryRun(...inside(a, ["kill", String(daemon.pid)]))).code, 0);
    await lab.comes("both are gone", async () => !(await addresses()).includes("2001:db8:9::"));
  } finally {
    await listener.killTree();
  }
});
