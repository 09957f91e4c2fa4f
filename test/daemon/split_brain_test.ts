// Two masters at a time, by a wrong password and by a host that has the address for its own: the status and the log say so.
import { run } from "../support/command.ts";
import { daemonTest as test } from "../support/daemon_test.ts";
import { inside } from "../support/two_hosts.ts";
import { startSpeaker } from "../support/vrrp_speaker.ts";

const CONFIG = `vrrp_instance VI_1 {
  interface eth0
  virtual_router_id 51
  authentication {
    auth_type PASS
    auth_pass ours
  }
  virtual_ipaddress {
    10.9.0.100/24
  }
}
`;
/** Claims 10.9.0.100 by gratuitous ARP, twelve times in six seconds. */
const CLAIM = `
import socket, time
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind(("eth0", 0))
mac = open("/sys/class/net/eth0/address").read().strip().replace(":", "")
ip = "0a090064"
frame = bytes.fromhex("ffffffffffff" + mac + "0806" + "0001080006040001" + mac + ip + "ffffffffffff" + ip)
for _ in range(12):
    s.send(frame)
    time.sleep(0.5)
`;

test(
  "another master is found by its claims to the address, and by advertisements that can't be believed",
  "hfsplit",
  async (lab) => {
    await lab.write(CONFIG);
    const daemon = lab.start();
    await lab.comes("master", () => lab.has("10.9.0.100"));
    const alarm = async (): Promise<boolean> => (await lab.status()).includes('"split-brain"');
    const says = (text: string): Promise<void> => lab.comes(text, () => daemon.output.includes(text));
    const claims = run(...inside(lab.hosts.b, ["python3", "-c", CLAIM]));
    await lab.comes("the claim is an alarm", alarm);
    await says("answers for 10.9.0.100, too");
    await claims;
    await lab.comes("it is over", async () => !await alarm());
    await says("split brain is over");

    const folder = await Deno.makeTempDir();
    const config = { version: 2, advertisementIntervalSeconds: 1, priority: 50, password: "theirs" } as const;
    const rival = startSpeaker("holdfast", lab.hosts.b, { ...config, virtualAddresses: ["10.9.0.100"] }, folder);
    try {
      await lab.comes("the other master is an alarm", alarm);
      await says("10.9.0.2 is master, too, and goes on advertising: its password is wrong");
    } finally {
      await rival.stop();
      await Deno.remove(folder, { recursive: true });
    }
  },
);
