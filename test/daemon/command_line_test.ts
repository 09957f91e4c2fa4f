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
}).replace("interface eth0", "interface lo");

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

  testWith(
    ["root"],
    `${how}: a wrong configuration is refused with file, line and column before anything starts`,
    async () => {
      const cases: [what: string, config: string, place: string, message: string][] = [
        ["a missing brace", GOOD.replace(/\}\n$/, ""), "1:", "}"],
        ["an unknown keyword", GOOD.replace("priority 100", "priorty 100"), "5:3", "priorty"],
        ["a missing interface", GOOD.replace("interface lo", "interface eth77"), "2:13", "eth77"],
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
    const { code, output } = await tryRun(...command, "check", "-f", file);
    assertEquals(code, 0, output);
    assertStringIncludes(output, "can be run: 1 VRRP instance, 0 virtual servers");
    await Deno.remove(file);
  });

  Deno.test(`${how}: a file that is not there is one sentence and status 1`, async () => {
    const { code, output } = await tryRun(...command, "run", "-f", "/nonexistent.conf");
    assertEquals(code, 1);
    assertEquals(output, "error: cannot read `/nonexistent.conf`: there is no such file\n");
  });
}
