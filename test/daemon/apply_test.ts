// `holdfast apply`, `confirm` and `revert`: a configuration on trial, taken back by itself or kept, and the way to an earlier one.
import { assert, assertEquals } from "../assert.ts";
import { tryRun } from "../support/command.ts";
import { daemonTest as test } from "../support/daemon_test.ts";
import { holdfastCommand } from "../support/holdfast.ts";
import { inside } from "../support/two_hosts.ts";

function config(address: string, more = ""): string {
  return `vrrp_instance VI_1 {
  interface eth0
  virtual_router_id 51
  version 3
  advert_int 0.1
  virtual_ipaddress {
    ${address}/24
  }
${more}}
`;
}

test("apply tries a configuration out, confirm keeps it, revert goes back", "hfapply", async (lab) => {
  const folder = await Deno.makeTempDir({ prefix: "holdfast-apply-" });
  const holdfast = async (...args: string[]): Promise<{ code: number; output: string }> =>
    await tryRun(...inside(lab.hosts.a, [...holdfastCommand(), ...args]));
  const next = `${folder}/next.conf`;
  await lab.write(config("10.9.0.100"));
  const daemon = lab.start();
  const file = (): string => Deno.readTextFileSync(daemon.output.match(/starting with (\S+)/)?.[1] ?? "");
  try {
    await lab.comes("it is master", () => lab.has("10.9.0.100"));

    Deno.writeTextFileSync(next, config("10.9.0.101"));
    const tried = await holdfast("apply", next, "--confirm", "15s", "--reason", "a try");
    assertEquals(tried.code, 0, tried.output);
    assert(/on trial until .*\nit is taken back then/.test(tried.output), tried.output);
    assert(await lab.has("10.9.0.101") && !await lab.has("10.9.0.100"));
    assertEquals((await holdfast("apply", next)).code, 1, "one at a time");
    await lab.comes(
      "nobody has confirmed it",
      async () => await lab.has("10.9.0.100") && !await lab.has("10.9.0.101"),
    );
    assert(file().includes("10.9.0.100"));
    assert((await holdfast("confirm")).output.includes("no configuration is on trial"));

    // Root may bring a script that the file has not; over the API nobody could.
    Deno.writeTextFileSync(next, config("10.9.0.102", "  notify /bin/true\n"));
    assertEquals((await holdfast("apply", next, "--confirm", "30s")).code, 0);
    const confirmed = await holdfast("confirm");
    assert(confirmed.code === 0 && confirmed.output.includes("is confirmed, and in its file"), confirmed.output);
    assert(await lab.has("10.9.0.102") && file().includes("10.9.0.102"));

    Deno.writeTextFileSync(next, config("10.9.0.300"));
    const wrong = await holdfast("apply", next);
    assert(wrong.code === 1 && wrong.output.includes("10.9.0.300"), wrong.output);
    assert(await lab.has("10.9.0.102") && file().includes("10.9.0.102"), "what runs goes on");

    const back = await holdfast("revert", "1");
    assert(back.code === 0 && back.output.includes("the same as 1, and in its file"), back.output);
    assert(await lab.has("10.9.0.100") && file().includes("10.9.0.100"));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
