// The daemon's log for programs, from its first line to its last, with what the roles say; and with less of it.
import { assert, assertEquals } from "../assert.ts";
import { tryRun } from "../support/command.ts";
import { holdfastCommand } from "../support/holdfast.ts";
import { pairTest } from "../support/pair.ts";
import { inside } from "../support/two_hosts.ts";

const CONFIG = `vrrp_instance VI_1 {
  interface eth0
  virtual_router_id 51
  version 3
  priority 200
  advert_int 0.1
  virtual_ipaddress {
    10.9.0.100/24
  }
}
`;

interface Line {
  readonly time: string;
  readonly level: string;
  readonly message: string;
  readonly pid: number;
}

pairTest("the log in JSON, and with the lines that matter only", "hflog", async (pair) => {
  const { hosts: { a, b }, comes, has } = pair;
  const daemon = pair.start(a, CONFIG, "--log-format", "json");
  const quiet = pair.start(b, CONFIG.replace("200", "100"), "--log-level", "warning");
  await comes("it is master", () => has(a, "10.9.0.100"));
  await comes("it is told", () => daemon.output.includes("Entering MASTER STATE"));
  assertEquals((await pair.holdfast(a, "reload")).code, 0);
  Deno.kill(daemon.pid, "SIGTERM");
  await comes("it ends", () => daemon.output.includes('"stopped"'));
  await comes("the other one takes over", () => has(b, "10.9.0.100"));
  const lines: Line[] = daemon.output.trimEnd().split("\n").map((line) => JSON.parse(line));
  assert(lines.length >= 5, daemon.output);
  for (const { time, pid } of lines) assert(!Number.isNaN(Date.parse(time)) && pid > 0);
  const master = lines.find(({ message }) => message.includes("Entering MASTER STATE"));
  assertEquals([master?.level, master?.message.startsWith("(VI_1) ")], ["notice", true]);
  assertEquals(quiet.output, "");
  const wrong = await tryRun(...inside(a, [...holdfastCommand(), "run", "-f", "/nowhere", "--log-format", "json"]));
  assertEquals([wrong.code, JSON.parse(wrong.output).level], [1, "error"], wrong.output);
});
