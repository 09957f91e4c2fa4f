// Rehearsals of `holdfast simulate`: NAME.scenario with NAME_a.conf and NAME_b.conf gives NAME.txt. `UPDATE=1` writes it.
import { assertEquals, assertStringIncludes } from "../assert.ts";
import { tryRun } from "../support/command.ts";
import { sourceCommand } from "../support/holdfast.ts";

const FOLDER = "test/golden/simulate";
const ROOT = new URL("../../", import.meta.url);

async function simulate(...args: readonly string[]): Promise<string> {
  const [program = "", ...rest] = [...sourceCommand(), "simulate", ...args];
  const env = { NO_COLOR: "1" };
  const result = await new Deno.Command(program, { args: rest, cwd: ROOT, env }).output();
  const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
  return `exit status ${result.code}\n${text(result.stdout)}${text(result.stderr)}`;
}

function isGolden(name: string, text: string): void {
  const file = new URL(`${FOLDER}/${name}`, ROOT);
  if (Deno.env.get("UPDATE")) Deno.writeTextFileSync(file, text);
  assertEquals(text, Deno.readTextFileSync(file), `${FOLDER}/${name} is out of date: UPDATE=1 make check`);
}

function pair(name: string): string[] {
  return ["-f", `${FOLDER}/${name}_a.conf`, "-f", `${FOLDER}/${name}_b.conf`];
}

for (const name of ["script", "group", "ipv6", "vmac", "operator"]) {
  Deno.test(`simulate: ${name}`, async () => {
    isGolden(`${name}.txt`, await simulate(...pair(name), "--scenario", `${FOLDER}/${name}.scenario`));
  });
}

function yamlPair(name: string): string[] {
  return ["-f", `${FOLDER}/${name}_a.yaml`, "-f", `${FOLDER}/${name}_b.yaml`];
}

Deno.test("simulate: witnesses, tracked virtual servers and BFD sessions", async () => {
  isGolden("witness.txt", await simulate(...yamlPair("witness"), "--scenario", `${FOLDER}/witness.scenario`));
});

Deno.test("simulate: an etcd has one master, and its silence says when_silent", async () => {
  const scenario = "4s partition; 20s b witness etcd 192.0.2.31:2379 lost; 20s a dies; 40s b witness etcd 192.0.2.31:2379 back";
  isGolden("etcd.txt", await simulate(...yamlPair("etcd"), "--scenario", scenario));
});

Deno.test("simulate: a silent master is fenced for a sync group, once", async () => {
  const scenario = "5s partition; 20s heal; 25s a returns; 35s a stops; 40s a returns; 50s a dies; 50s b fencing fails; " +
    "54s b fencing succeeds";
  isGolden("fencing.txt", await simulate(...yamlPair("fencing"), "--scenario", scenario));
  const wrong = await simulate(...yamlPair("etcd"), "--scenario", "1s a fencing fails");
  assertStringIncludes(wrong, "error: `a` has no `fencing` in its configuration");
});

Deno.test("simulate: names of several words that are wrong are named as far as they go", async () => {
  const wrong = "1s a witness gateway 192.0.2.2 lost; 2s a witness; 3s a virtual_server tcp 192.0.2.100:80 half; 4s a bfd x up";
  isGolden("wrong_names.txt", await simulate(...yamlPair("witness"), "--scenario", wrong));
});

Deno.test("simulate: a scenario that is wrong is refused with every line and column", async () => {
  isGolden("wrong.txt", await simulate(...pair("script"), "--scenario", `${FOLDER}/wrong.scenario`));
});

Deno.test("simulate: one file has a made-up peer, and --json says the same", async () => {
  const text = await simulate("-f", `${FOLDER}/script_a.conf`, "--scenario", "3s a dies; 6s end", "--json");
  isGolden("one.json.txt", text);
});

Deno.test("simulate: what cannot be read is one sentence and status 1", async () => {
  const missing = await simulate(...pair("script"), "--scenario", "nowhere.scenario");
  assertEquals(missing, "exit status 1\nerror: cannot read the scenario `nowhere.scenario`: there is no such file\n");
  const { code } = await tryRun(...sourceCommand(), "simulate", "-f", "/nowhere.conf", "--scenario", "1s a dies");
  assertEquals(code, 1);
});
