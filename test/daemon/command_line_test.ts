// What a person sees of the program itself: version, help, and what is said of a wrong configuration. From source, and
// compiled where HOLDFAST names the program.
import { assert, assertEquals, assertStringIncludes } from "../assert.ts";
import { tryRun } from "../support/command.ts";
import { holdfastCommand, sourceCommand } from "../support/holdfast.ts";
import { testWith } from "../support/requirements.ts";
import { speakerConfig } from "../support/vrrp_speaker.ts";
import { VERSION } from "../../src/base/version.ts";

const GOOD = speakerConfig({
  version: 3,
  advertisementIntervalSeconds: 0.1,
  priority: 100,
  virtualAddresses: ["192.0.2.1/32 dev lo"],
});

const commands = Deno.env.get("HOLDFAST")
  ? [["from source", sourceCommand()], ["compiled", holdfastCommand()]] as const
  : [["from source", sourceCommand()]] as const;

for (const [how, command] of commands) {
  Deno.test(`${how}: --version and --help with every command`, async () => {
    assertEquals(await tryRun(...command, "--version"), { success: true, code: 0, output: `${VERSION}\n` });
    const help = await tryRun(...command, "--help");
    assertEquals(help.code, 0);
    for (const word of ["run", "reload", "check", "help"]) assertStringIncludes(help.output, `\n  ${word}`);
    const run = await tryRun(...command, "help", "run");
    for (const word of ["--use-file", "--api", "--keep-ipvs"]) assertStringIncludes(run.output, word);
  });

  Deno.test(`${how}: a wrong command line gives status 2`, async () => {
    for (const args of [["sideways"], ["run", "--api", "8404"], ["run", "--api", "0.0.0.0:8404"]]) {
      assertEquals((await tryRun(...command, ...args)).code, 2, args.join(" "));
    }
  });

  Deno.test(`${how}: --signum prints the numbers of signals, as keepalived does`, async () => {
    for (const [name, number] of [["DATA", 10], ["STATS", 12], ["JSON", 36], ["RELOAD", 1], ["STOP", 15]]) {
      const { code, output } = await tryRun(...command, `--signum=${name}`);
      assertEquals([code, output], [0, `${number}\n`]);
    }
    assertEquals((await tryRun(...command, "--signum=NOTHING")).code, 2);
  });

  testWith(
    ["root"],
    `${how}: a wrong configuration is refused with file, line and column before anything starts`,
    async () => {
      const cases: [what: string, config: string, place: string, message: string][] = [
        ["a missing brace", GOOD.replace(/\}\n$/, ""), "1:", "}"],
        [
          "an unknown block",
          GOOD.replace("virtual_ipaddress", "virtual_ipadress"),
          "7:3",
          "did you mean `virtual_ipaddress`?",
        ],
        ["a missing argument", GOOD.replace("priority 100", "priority"), "5:3", "`priority` needs"],
        ["a missing interface", GOOD.replace("interface eth0", "interface eth77"), "2:13", "eth77"],
        ["an address on a missing interface", GOOD.replace("dev lo", "dev eth77"), "8:22", "eth77"],
        [
          "a VRID twice on an interface",
          `${GOOD}${GOOD.replace("VI_1", "VI_2").replace("192.0.2.1/", "192.0.2.2/")}`,
          "14:21",
          "51",
        ],
      ];
      const folder = await Deno.makeTempDir();
      for (const [what, config, place, message] of cases) {
        const file = `${folder}/${what.replaceAll(" ", "-")}.conf`;
        await Deno.writeTextFile(file, config);
        for (const verb of ["run", "check"]) {
          const { code, output } = await tryRun(...command, verb, "-f", file);
          assertEquals(code, 1, `${what}: ${output}`);
          assertStringIncludes(output, `${file}:${place}`);
          assertStringIncludes(output, message);
          assert(!output.includes("Entering"), "nothing was started");
        }
      }
      await Deno.remove(folder, { recursive: true });
    },
  );

  Deno.test(`${how}: check says that a good configuration can be run`, async () => {
    const file = await Deno.makeTempFile({ suffix: ".conf" });
    await Deno.writeTextFile(file, GOOD);
    const { code, output } = await tryRun(...command, "check", "--no-interfaces", "-f", file);
    assertEquals(code, 0, output);
    assertStringIncludes(output, "can be run: 1 VRRP instance, 0 virtual servers");
    await Deno.remove(file);
  });

  Deno.test(`${how}: check warns of what keepalived complains about, and --strict refuses it`, async () => {
    const file = await Deno.makeTempFile({ suffix: ".conf" });
    await Deno.writeTextFile(file, GOOD.replace("priority 100", "priority 100\n  nat_mask 1"));
    const check = [...command, "check", "--no-interfaces", "-f", file];
    const lenient = await tryRun(...check);
    assertEquals(lenient.code, 0, lenient.output);
    assertStringIncludes(lenient.output, "warning: `nat_mask` is not a keyword in `vrrp_instance`");
    assertEquals((await tryRun(...check, "--strict")).code, 1);
    const json = JSON.parse((await tryRun(...check, "--format", "json")).output);
    assertEquals([json.errors, json.warnings, json.diagnostics[0].code], [0, 1, "unknown-keyword"]);
    assertEquals([json.diagnostics[0].line, json.diagnostics[0].column], [6, 3]);
    const sarif = JSON.parse((await tryRun(...check, "--format", "sarif")).output);
    assertEquals(sarif.runs[0].results[0].ruleId, "unknown-keyword");
    await Deno.remove(file);
  });

  Deno.test(`${how}: convert goes to YAML and back with its comments, and check takes both`, async () => {
    const folder = await Deno.makeTempDir();
    await Deno.writeTextFile(
      `${folder}/a.conf`,
      `# the pair\n${GOOD.replace("priority 100", "priority 100 # higher")}`,
    );
    const yaml = await tryRun(...command, "convert", `${folder}/a.conf`, "--to", "yaml");
    assertEquals(yaml.code, 0, yaml.output);
    assertStringIncludes(yaml.output, "# the pair\n");
    await Deno.writeTextFile(`${folder}/a.yaml`, yaml.output);
    assertEquals((await tryRun(...command, "check", "--no-interfaces", "-f", `${folder}/a.yaml`)).code, 0, yaml.output);
    const back = await tryRun(...command, "convert", `${folder}/a.yaml`, "--to", "keepalived");
    assertStringIncludes(back.output, "# the pair\n");
    await Deno.writeTextFile(`${folder}/b.conf`, back.output);
    const plan = await tryRun(...command, "plan", `${folder}/a.conf`, `${folder}/b.conf`);
    assertEquals(plan, { success: true, code: 0, output: "nothing changed\n" });
    assertEquals((await tryRun(...command, "format", "--check", `${folder}/b.conf`)).code, 0);
    await Deno.remove(folder, { recursive: true });
  });

  Deno.test(`${how}: explain, schema and completion know the keywords`, async () => {
    const explained = await tryRun(...command, "explain", "advert_int");
    assertStringIncludes(explained.output, "advert_int SECONDS");
    assertStringIncludes(explained.output, "0.01 to 255");
    assertEquals((await tryRun(...command, "explain", "advertint")).code, 1);
    const schema = JSON.parse((await tryRun(...command, "schema")).output);
    assertEquals(schema.$defs.vrrp_instance.properties.priority.maximum, 255);
    for (const shell of ["bash", "zsh", "fish"]) {
      assertStringIncludes((await tryRun(...command, "completion", shell)).output, "advert_int");
    }
    const script = await tryRun(...command, "completion", "bash");
    const bash = new Deno.Command("bash", { args: ["-n", "-c", script.output] });
    assertEquals((await bash.output()).code, 0);
  });

  Deno.test(`${how}: a file that is not there is one sentence and status 1`, async () => {
    const { code, output } = await tryRun(...command, "run", "-f", "/nonexistent.conf");
    assertEquals(code, 1);
    assertEquals(output, "error: cannot read `/nonexistent.conf`: there is no such file\n");
  });
}
