// Mails about instances and servers, to a mail server that is not there, refuses, is silent, and at last takes them.
import { assert, assertEquals } from "../assert.ts";
import { BackgroundProcess, run } from "../support/command.ts";
import { daemonTest as test } from "../support/daemon_test.ts";
import { PORTS, type ReceivedMail } from "../support/mail_server.ts";
import { readProcess, roleProcess } from "../support/processes.ts";
import { inside } from "../support/two_hosts.ts";

const NOBODY_LISTENS = 2528;

function config(port: number, name: string): string {
  return `global_defs {
  router_id LB1
  notification_email {
    ops@example.com
    else@example.com
  }
  notification_email_from lb1@example.com
  smtp_server 127.0.0.1 ${port}
  smtp_connect_timeout 3
  smtp_helo_name lb1.example.com
  smtp_alert
  no_email_faults
}
vrrp_instance ${name} {
  interface eth0
  virtual_router_id 51
  version 3
  advert_int 0.1
  virtual_ipaddress {
    10.9.0.100/24
  }
}
virtual_server 10.9.0.100 80 {
  lvs_sched rr
  lvs_method NAT
  protocol TCP
  real_server 10.9.0.1 8099 {
    TCP_CHECK {
      connect_timeout 1
      retry 0
      delay_loop 1
      warmup 0
    }
  }
}
`;
}

test("mails are sent, and a mail server that is dead, refuses or is silent delays nothing", "hfmail", async (lab) => {
  const folder = await Deno.makeTempDir({ prefix: "holdfast-mail-" });
  const file = `${folder}/mails`;
  const mails = (): ReceivedMail[] => {
    try {
      return Deno.readTextFileSync(file).trim().split("\n").map((line) => JSON.parse(line));
    } catch {
      return [];
    }
  };
  const subjects = (): string[] =>
    mails().map(({ text }) => text.replace(/\n[ \t]/g, " ").match(/^Subject: (.*)$/m)?.[1] ?? "");
  const program = new URL("../support/mail_server.ts", import.meta.url).pathname;
  const server = new BackgroundProcess(inside(lab.hosts.a, [Deno.execPath(), "run", "-A", program, file]));
  const flap = async (): Promise<void> => {
    const link = async (state: string): Promise<string> =>
      await run("ip", "-n", lab.hosts.a.namespace, "link", "set", "dev", "eth0", state);
    await link("down");
    await lab.comes("the link is lost", async () => (await lab.instances())[0]?.state === "fault");
    await link("up");
    await lab.comes("it is master again", () => lab.has("10.9.0.100"));
  };
  try {
    await lab.comes("the mail server listens", () => server.output.includes("ready"));
    await lab.write(config(NOBODY_LISTENS, "VI_1"));
    const daemon = lab.start();
    await lab.comes("it is master", () => lab.has("10.9.0.100"));
    await lab.comes("a dead mail server is a warning", () => /was not sent: .*ECONNREFUSED/.test(daemon.output));
    await lab.write(config(PORTS.refuse, "VI_1"));
    await lab.reload();
    await flap();
    await lab.comes("a refusal is a warning", () => /was not sent: .*550 not from you/.test(daemon.output));
    await lab.write(config(PORTS.silent, "VI_1"));
    await lab.reload();
    const from = daemon.output.length;
    await flap();
    assert(!daemon.output.slice(from).includes("was not sent"), "nobody waits for a mail");
    await lab.comes(
      "silence is a warning",
      () => /was not sent: .*(imeout|never received|does not answer)/.test(daemon.output),
    );
    assertEquals(mails(), []);
    await lab.write(config(PORTS.take, "VI_2"));
    await lab.reload();
    await flap();
    await lab.comes("mails arrive", () => subjects().includes("[LB1] VRRP Instance VI_2 - Entering MASTER state"));
    const status = readProcess(roleProcess(daemon.pid, "mail"), "status");
    assert(!/^Uid:\s+0\s/m.test(status) && /^CapEff:\s+0+$/m.test(status), status);
    const server8099 = new BackgroundProcess(
      inside(lab.hosts.a, ["python3", "-m", "http.server", "--bind", "10.9.0.1", "8099"]),
    );
    try {
      await lab.comes("servers are told of", () => subjects().some((subject) => subject.includes("Virtualserver")));
    } finally {
      await server8099.killTree();
    }
    assertEquals(subjects().slice(0, 4), [
      "[LB1] VRRP Instance VI_2 - Entering BACKUP state",
      "[LB1] VRRP Instance VI_2 - Entering MASTER state",
      "[LB1] Realserver [10.9.0.1]:tcp:8099 of virtual server [10.9.0.100]:tcp:80 - UP",
      "[LB1] Virtualserver [10.9.0.100]:tcp:80 - UP",
    ]);
    const [first] = mails();
    assertEquals([first?.helo, first?.from], ["lb1.example.com", "FROM:<lb1@example.com>"]);
    assertEquals(first?.to, ["TO:<ops@example.com>", "TO:<else@example.com>"]);
    assert(first?.text.includes("\nTo: ops@example.com, else@example.com\n"), first?.text);
    assert(first?.text.includes("\nThis host does not hold its virtual addresses.\n"), first?.text);
    daemon.signal("SIGTERM");
    await daemon.ended;
    assert(!subjects().some((subject) => subject.includes("FAULT")), "no mail about faults was asked for");
  } finally {
    await server.killTree();
    await Deno.remove(folder, { recursive: true });
  }
});
