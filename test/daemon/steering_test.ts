// The commands of operators on a running daemon, as a person gives them: what they say, what `--json` says, and the exit status
// of each, with right and wrong names.
import { assert, assertEquals, assertStringIncludes } from "../assert.ts";
import { pairTest } from "../support/pair.ts";

const VIP = "10.9.0.100";
const WEB = "tcp 10.9.0.100:80";

function config(priority: number): string {
  const server = (port: number, more = ""): string =>
    `virtual_server ${VIP} ${port} {
  delay_loop 30
  lvs_sched wrr
  lvs_method NAT
  protocol TCP
${more}  real_server 10.9.0.11 ${port} {
    weight 10
    MISC_CHECK {
      misc_path /bin/true
    }
  }
  real_server 10.9.0.12 ${port} {
    weight 10
  }
}
`;
  return `vrrp_instance VI_1 {
  interface eth0
  version 3
  virtual_router_id 51
  priority ${priority}
  advert_int 0.1
  virtual_ipaddress {
    ${VIP}/24
  }
}
${server(80)}${server(81, "  sorry_server 10.9.0.13 81\n")}`;
}

pairTest("every command says what it did, and its exit status is true", "hfstr", async (pair) => {
  const { hosts: { a, b }, start, comes, has, folder } = pair;
  const holdfast = (...words: string[]): Promise<{ code: number; output: string }> => pair.holdfast(a, ...words);
  // Nobody is there.
  for (
    const words of [
      ["status"],
      ["vrrp"],
      ["vs"],
      ["rs"],
      ["overrides"],
      ["maintenance"],
      ["maintenance", "on"],
      ["drain", WEB, "10.9.0.11"],
      ["drain", "--all", "10.9.0.11"],
      ["disable", WEB],
      ["enable", WEB],
      ["kill-connections", WEB, "10.9.0.11"],
      ["failover", "VI_1"],
      ["hold", "VI_1"],
      ["priority", "VI_1", "5"],
      ["announce", "VI_1"],
      ["reload"],
      ["apply", "/dev/null"],
      ["confirm"],
      ["revert"],
    ]
  ) {
    const { code, output } = await holdfast(...words);
    assertEquals([code, output], [1, "error: no Holdfast is running in this network namespace\n"], words.join(" "));
  }
  start(b, config(50));
  await comes("b is master while it is alone", () => has(b, VIP));
  start(a, config(100), "--journal", `${folder}/journal`);
  await comes("a is master", () => has(a, VIP));
  await comes("its servers are checked", async () => /UP +\S+ s +10 /.test((await holdfast("rs")).output));

  // A wrong command line is 2, and nothing was asked.
  for (
    const words of [
      ["drain", WEB],
      ["drain", "--all", "10.9.0.11", "10.9.0.12"],
      ["drain"],
      ["weight", WEB, "10.9.0.11", "70000"],
      ["weight", WEB, "10.9.0.11", "-1"],
      ["weight", WEB, "10.9.0.11"],
      ["health", WEB, "10.9.0.11", "well"],
      ["drain", WEB, "10.9.0.11", "--for", "soon"],
      ["failover"],
      ["hold"],
      ["priority", "VI_1"],
      ["priority", "VI_1", "255"],
      ["maintenance", "maybe"],
      ["revert", "first"],
      ["events", "-n", "0"],
      ["why", "VI_1", "--at", "noon"],
      ["status", "--watch", "0"],
      ["vs", "--yaml"],
    ]
  ) {
    const { code, output } = await holdfast(...words);
    assertEquals(code, 2, `${words.join(" ")}: ${output}`);
    assertStringIncludes(output, "error: ");
  }

  // Names that are not there are 1, with those that are.
  for (
    const [words, says] of [
      [["vrrp", "VI_9"], "there is no instance or sync group `VI_9`"],
      [["vs", "10.9.0.9"], "there is no virtual server `10.9.0.9`; there is `tcp 10.9.0.100:80`"],
      [["rs", "10.9.0.9"], "there is no virtual server `10.9.0.9`; there is `tcp 10.9.0.100:80`"],
      [["drain", VIP, "10.9.0.11"], "may be `tcp 10.9.0.100:80`, `tcp 10.9.0.100:81`: say which"],
      [
        ["maint", WEB, "10.9.0.19"],
        "there is no real server of tcp 10.9.0.100:80 `10.9.0.19`; there is `10.9.0.11:80`",
      ],
      [["ready", "web", "10.9.0.11"], "there is no virtual server `web`"],
      [["drain", "--all", "10.9.0.19"], "no real server has the address `10.9.0.19`"],
      [["weight", "web", "10.9.0.11", "3"], "there is no virtual server `web`"],
      [["health", WEB, "x", "up"], "there is no real server of tcp 10.9.0.100:80 `x`"],
      [["check-now", WEB, "10.9.0.12"], "has no check that could begin now"],
      [["disable", "web"], "there is no virtual server `web`"],
      [["disable", WEB], "has no sorry server, so that its clients would be refused: --force if you mean it"],
      [["kill-connections", WEB, "x"], "there is no real server of tcp 10.9.0.100:80 `x`"],
      [["failover", "VI_9"], "there is no instance or sync group `VI_9`"],
      [["hold", "VI_9"], "there is no instance or sync group `VI_9`"],
      [["priority", "VI_9", "5"], "there is no instance `VI_9`"],
      [["announce", "VI_9"], "there is no instance or sync group `VI_9`"],
      [["why", "VI_9"], "VI_9"],
      [["confirm"], "no configuration is on trial"],
      [["revert", "77"], "77"],
      [["apply", "/nonexistent.conf"], "/nonexistent.conf"],
      [["plan", "/nonexistent.conf", "/nonexistent.conf"], "/nonexistent.conf"],
    ] as const
  ) {
    const { code, output } = await holdfast(...words);
    assertEquals(code, 1, `${words.join(" ")}: ${output}`);
    assertStringIncludes(output, says);
  }

  // What works is 0, and one can see it.
  const states = async (): Promise<string[]> => {
    const servers = JSON.parse((await holdfast("rs", "--json")).output) as {
      realServers: { id: string; weight: { effective: number } }[];
    }[];
    return servers.flatMap(({ realServers }) => realServers.map(({ id, weight }) => `${id}=${weight.effective}`));
  };
  const works = async (words: readonly string[], says: string, expected: readonly string[]): Promise<void> => {
    const { code, output } = await holdfast(...words);
    assertEquals(code, 0, `${words.join(" ")}: ${output}`);
    assertStringIncludes(output, says);
    assertEquals(await states(), [...expected], words.join(" "));
  };
  const WHOLE = ["10.9.0.11:80=10", "10.9.0.12:80=10", "10.9.0.11:81=10", "10.9.0.12:81=10"] as const;
  await works(["drain", `${VIP}:80`, "10.9.0.11", "--reason", "disk"], "gets no new connections, until `ready`", [
    "10.9.0.11:80=0",
    ...WHOLE.slice(1),
  ]);
  await works(["weight", WEB, "10.9.0.12", "50%"], "has weight 5, until `ready`", [
    "10.9.0.11:80=0",
    "10.9.0.12:80=5",
    ...WHOLE.slice(2),
  ]);
  const refused = await holdfast("maint", "--all", "10.9.0.12");
  assertEquals(refused.code, 1, "it would be the last one of port 80");
  assertStringIncludes(refused.output, "nothing was done: 10.9.0.12:80 of tcp 10.9.0.100:80 is the last one");
  await works(["ready", "--all", "10.9.0.11"], "10.9.0.11:81 of tcp 10.9.0.100:81 is as its", [
    "10.9.0.11:80=10",
    "10.9.0.12:80=5",
    ...WHOLE.slice(2),
  ]);
  await works(["maint", "--all", "10.9.0.12"], "10.9.0.12:81 of tcp 10.9.0.100:81 is out of the table", [
    "10.9.0.11:80=10",
    "10.9.0.12:80=0",
    "10.9.0.11:81=10",
    "10.9.0.12:81=0",
  ]);
  await works(["disable", `${VIP}:81`, "--for", "1h"], "tcp 10.9.0.100:81 is out of service, until 2", [
    "10.9.0.11:80=10",
    "10.9.0.12:80=0",
    "10.9.0.11:81=0",
    "10.9.0.12:81=0",
  ]);
  assert(/^tcp 10\.9\.0\.100:81 +DISABLED /m.test((await holdfast("vs")).output));
  assertEquals((await holdfast("hold", "VI_1", "--reason", "calm")).code, 0);
  const table = (await holdfast("overrides")).output;
  assert(/^VI_1 +held +\S+ +- +calm$/m.test(table), table);
  assert(/^tcp 10\.9\.0\.100:81 +disabled +\S+ +20\S+Z *$/m.test(table), table);
  const listed = JSON.parse((await holdfast("overrides", "--json")).output);
  assertEquals([listed.instances.length, listed.servers.length, listed.virtualServers.length], [1, 2, 1]);
  // Nothing of it is lost by a reload, nor by the death of the health role.
  pair.write(a, config(101));
  const reloaded = await holdfast("reload");
  assertEquals([reloaded.code, reloaded.output.split("\n")[0]], [0, "configuration 2 is in use: 1 changed"]);
  const status = JSON.parse((await holdfast("status", "--json")).output);
  Deno.kill(status.roles.find(({ name }: { name: string }) => name === "health").pid, "SIGKILL");
  await comes(
    "health is back",
    async () => (await holdfast("status")).output.includes("health running (started again"),
  );
  await comes("and knows it", async () => {
    return (await states()).join() === "10.9.0.11:80=10,10.9.0.12:80=0,10.9.0.11:81=0,10.9.0.12:81=0";
  });
  await works(["overrides", "--clear"], "4 orders were taken back", WHOLE);
  assertEquals((await holdfast("overrides")).output, "nothing was said that holds\n");
  await works(["overrides", "--clear"], "nothing was said that could be taken back", WHOLE);
  await works(["enable", `${VIP}:81`], "is in service", WHOLE);
  await works(["health", WEB, "10.9.0.12", "down"], "counts as down", [WHOLE[0], "10.9.0.12:80=0", ...WHOLE.slice(2)]);
  await works(["health", WEB, "10.9.0.12", "checked"], "is what its checks say", WHOLE);
  await works(["check-now", WEB, "10.9.0.11"], "1 check begins now", WHOLE);
  await works(["announce", "VI_1", "--reason", "switch"], "sent 5 announcements", WHOLE);
  await works(["vs"], "tcp 10.9.0.100:80", WHOLE);
  await works(["vs", WEB], "REAL SERVER", WHOLE);
  await works(["vrrp", "VI_1"], "last heard: 10.9.0.2", WHOLE);

  // The other readers, in JSON that is JSON.
  for (const words of [["status"], ["vrrp"], ["vrrp", "VI_1"], ["vs"], ["rs", WEB], ["overrides"], ["maintenance"]]) {
    const { code, output } = await holdfast(...words, "--json");
    assertEquals([code, typeof JSON.parse(output)], [0, "object"], words.join(" "));
  }
  const events = (await holdfast("events", "--json", "-n", "3")).output.trimEnd().split("\n");
  assertEquals(events.map((line) => typeof JSON.parse(line)), ["object", "object", "object"]);
  assertEquals((await holdfast("why", VIP)).code, 0);
  assertEquals(typeof JSON.parse((await holdfast("why", "--json")).output), "object");
  const top = await holdfast("top");
  assertEquals(top.code, 1, "this is no terminal");
  assertStringIncludes(top.output, "use `holdfast status`");

  // A configuration on trial.
  Deno.writeTextFileSync(`${folder}/trial.conf`, config(110));
  assertEquals((await holdfast("plan", `${folder}/${a.namespace}.conf`, `${folder}/trial.conf`)).code, 0);
  const applied = await holdfast("apply", `${folder}/trial.conf`, "--confirm", "60s");
  assertEquals(applied.code, 0, applied.output);
  assertEquals((await holdfast("revert")).code, 0);
  assertEquals((await holdfast("confirm")).code, 1, "nothing is on trial any more");
  Deno.writeTextFileSync(`${folder}/wrong.conf`, "vrrp_instance {");
  assertEquals((await holdfast("apply", `${folder}/wrong.conf`)).code, 1);
  pair.write(a, "vrrp_instance {");
  assertEquals((await holdfast("reload")).code, 1);
});
