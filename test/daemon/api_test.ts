// What the daemon serves: the API, metrics and page of a running pair of roles, and what of it a reload changes.
import { assert, assertEquals, assertStringIncludes } from "../assert.ts";
import { tryRun } from "../support/command.ts";
import { daemonTest, type Lab } from "../support/daemon_test.ts";
import { inside } from "../support/two_hosts.ts";

const VIP = "10.9.0.100";
const PASSWORD = "pa55word";
const config = (vrid: number, prefix = ""): string =>
  `${prefix}
vrrp_instance VI_${vrid} {
    interface eth0
    virtual_router_id ${vrid}
    version 2
    priority 200
    advert_int 1
    authentication {
        auth_type PASS
        auth_pass ${PASSWORD}
    }
    virtual_ipaddress {
        ${VIP}/24
    }
}
`;

daemonTest(
  "the API tells the running configuration without secrets, metrics count, a reload leaves nothing stale",
  "hfapi",
  async (lab) => {
    await lab.write(config(51));
    const daemon = lab.start();
    await lab.comes("it is master", async () => (await lab.instances())[0]?.state === "master");
    const instance = JSON.parse(await get(lab, "/api/v1/vrrp/instances/VI_51"));
    assertEquals([instance.state, instance.vips[0].present], ["master", true]);
    const running = JSON.parse(await get(lab, "/api/v1/config"));
    assertEquals(running.generation, 1);
    assertStringIncludes(running.text, "virtual_router_id 51");
    assert(!running.text.includes(PASSWORD), running.text);
    const metrics = await get(lab, "/metrics");
    assertStringIncludes(
      metrics,
      `holdfast_vrrp_transitions_total{iname="VI_51",from="backup",to="master",reason="start"} 1`,
    );
    assertStringIncludes(metrics, `holdfast_failover_takeover_seconds_count{iname="VI_51",phase="vip_add"} 1`);
    assertStringIncludes(metrics, `holdfast_process_resident_memory_bytes{component="vrrp"}`);
    await lab.comes(
      "advertisements are measured",
      async () => /holdfast_vrrp_send_delay_seconds_count\{iname="VI_51"\} [1-9]/.test(await get(lab, "/metrics")),
    );
    assertStringIncludes(await get(lab, "/stats"), "VI_51");
    const stream = await tryRun(...inside(lab.hosts.a, ["curl", "-sN", "-m", "2", "http://127.0.0.1:8404/stats/live"]));
    assertStringIncludes(stream.output, `event: rows\ndata: {"layout":`);

    await lab.write(config(52));
    assertEquals((await lab.reload()).code, 0);
    await lab.comes(
      "the new configuration is told",
      async () => JSON.parse(await get(lab, "/api/v1/config")).generation === 2,
    );
    await lab.comes("the old instance is gone", async () => !(await get(lab, "/metrics")).includes(`iname="VI_51"`));
    assert(JSON.parse(await get(lab, "/api/v1/config")).etag !== running.etag);
    assert(!daemon.output.includes(PASSWORD), "no secret in the log");
  },
);

async function get(lab: Lab, path: string, ...args: string[]): Promise<string> {
  const url = `http://127.0.0.1:8404${path}`;
  return (await tryRun(...inside(lab.hosts.a, ["curl", "-s", "-m", "5", ...args, url]))).output;
}
