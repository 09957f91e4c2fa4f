// Random configurations, written in both syntaxes and read again: what is read is what was written.
import { Prng } from "../../src/base/prng.ts";
import { withComments } from "../../src/config/comments.ts";
import type { Config } from "../../src/config/config.ts";
import { writeKeepalived } from "../../src/config/keepalived_writer.ts";
import { loadConfig } from "../../src/config/load.ts";
import { printConfig } from "../../src/config/print_config.ts";
import { renderDiagnostics } from "../../src/config/render_diagnostic.ts";
import { writeYaml } from "../../src/config/yaml_writer.ts";
import { assert, assertEquals } from "../assert.ts";
import { randomConfig } from "../support/random_config.ts";

const SEED = 20_261_121;
const ROUNDS = 400;

Deno.test("random configurations survive both writers and readers", () => {
  let read = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const text = randomConfig(new Prng(SEED + round));
    const { config } = load("f.conf", text, false);
    if (config === undefined) continue; // refused for good reason: two of its random settings clash
    read++;
    const statements = withComments(printConfig(config, { hostName: "h" }), []);
    for (
      const [path, written] of [["f.conf", writeKeepalived(statements)], ["f.yaml", writeYaml(statements)]] as const
    ) {
      const again = load(path, written, true);
      const messages = renderDiagnostics(again.diagnostics, { sources: again.sources });
      assert(again.config !== undefined, `seed ${SEED + round}:\n${text}\n${messages}`);
      assertEquals(bare(again.config), bare(config), `seed ${SEED + round}, ${path}:\n${text}\n---\n${written}`);
    }
  }
  assert(read > ROUNDS * 0.8, `only ${read} of ${ROUNDS} were configurations`);
});

function load(path: string, text: string, strict: boolean): ReturnType<typeof loadConfig> {
  return loadConfig({ path, text, hostName: "h", willNotRun: true, strict });
}

/** Without places, and in one order of properties. */
function bare(config: Config): unknown {
  const sorted = (_: string, value: unknown): unknown =>
    typeof value !== "object" || value === null || Array.isArray(value) ? value : Object.fromEntries(
      Object.entries(value).filter(([key]) => key !== "location").sort(([a], [b]) => a < b ? -1 : 1),
    );
  return JSON.parse(JSON.stringify(config, sorted));
}
