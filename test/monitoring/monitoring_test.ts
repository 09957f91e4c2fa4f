// Metrics, dashboards and alerts together: promtool reads what we serve and ship, every name that a dashboard or an alert
// asks for is there, and a real Prometheus scrapes us.
import { assert, assertEquals, assertStringIncludes } from "../assert.ts";
import { createApp } from "../../src/http/app.ts";
import { ApiStatistics } from "../../src/http/api_statistics.ts";
import { NOW_MS, snapshot } from "../../src/http/fixture_snapshot.ts";
import { BackgroundProcess, tryRun, until } from "../support/command.ts";
import { freePort } from "../support/free_port.ts";
import { testWith } from "../support/requirements.ts";

const FOLDER = new URL("./", import.meta.url).pathname;
const SHIPPED = new URL("../../docs/monitoring/", import.meta.url).pathname;
/** Words of PromQL that look like names of metrics. */
const NAME = /\b(?:holdfast|keepalived|node_ipvs)_[a-z0-9_]+\b/g;

Deno.test("every metric that the published dashboards query is there", async () => {
  const served = await servedNames();
  for (const { name } of Deno.readDirSync(`${FOLDER}dashboards`)) {
    const lines = Deno.readTextFileSync(`${FOLDER}dashboards/${name}`).split("\n");
    const wanted = lines.filter((line) => line !== "" && !line.startsWith("#"));
    assert(wanted.length > 0, name);
    assertEquals(wanted.filter((metric) => !served.has(metric)), [], name);
  }
});

Deno.test("every metric that our own dashboard and alerts query is there", async () => {
  const served = await servedNames();
  for (const file of ["grafana_dashboard.json", "alerts.yml"]) {
    const text = Deno.readTextFileSync(SHIPPED + file);
    if (file.endsWith(".json")) JSON.parse(text);
    const wanted = new Set(text.match(NAME));
    assert(wanted.size > 10, file);
    assertEquals([...wanted].filter((metric) => !served.has(metric)), [], file);
  }
});

testWith(["program:promtool"], "promtool finds nothing wrong with metrics, rules and configuration", async () => {
  const file = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(file, await (await appOf().request("http://localhost/metrics")).text());
    const { success, output } = await tryRun("sh", "-c", `promtool check metrics < ${file}`);
    assert(success, output);
    assertEquals(complaints(output), [], output);
  } finally {
    await Deno.remove(file);
  }
  for (const [what, path] of [["rules", "alerts.yml"], ["config", "prometheus.yml"]] as const) {
    const { success, output } = await tryRun("promtool", "check", what, SHIPPED + path);
    assert(success, output);
  }
  const { success, output } = await tryRun("promtool", "test", "rules", `${FOLDER}alerts_test.yml`);
  assert(success, output);
});

testWith(["program:prometheus"], "a Prometheus scrapes us, and answers with our numbers", async () => {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => appOf().fetch(request),
  );
  const folder = await Deno.makeTempDir();
  const port = freePort();
  await Deno.writeTextFile(
    `${folder}/prometheus.yml`,
    `global: {scrape_interval: 1s}\nscrape_configs: [{job_name: holdfast, static_configs: [{targets: ["127.0.0.1:${server.addr.port}"]}]}]\n`,
  );
  const prometheus = new BackgroundProcess([
    "prometheus",
    `--config.file=${folder}/prometheus.yml`,
    `--storage.tsdb.path=${folder}/data`,
    `--web.listen-address=127.0.0.1:${port}`,
  ]);
  const query = async (expression: string): Promise<string> => {
    try {
      const url = `http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(expression)}`;
      const { data } = await (await fetch(url)).json();
      return data.result[0]?.value[1] ?? "";
    } catch {
      return ""; // it is starting
    }
  };
  try {
    const comes = (expression: string, value: string): Promise<void> =>
      until(expression, async () => await query(expression) === value, 60_000, () => prometheus.output);
    await comes(`up{job="holdfast"}`, "1");
    await comes(`holdfast_vrrp_adverts_total{iname="VI_1",direction="out"}`, "5400");
    await comes(`count(holdfast_vrrp_send_delay_seconds_bucket{iname="VI_1"})`, "3");
    const types = await (await fetch(`http://127.0.0.1:${port}/api/v1/metadata?metric=holdfast_check_duration_seconds`))
      .text();
    assertStringIncludes(types, `"type":"histogram"`);
  } finally {
    await prometheus.killTree();
    await server.shutdown();
    await Deno.remove(folder, { recursive: true });
  }
});

function appOf(): ReturnType<typeof createApp> {
  const statistics = new ApiStatistics();
  statistics.authFailure("basic", "wrong password");
  statistics.request("/stats", "GET", 200, 0.01);
  return createApp({ snapshot: () => snapshot(), wallMs: () => NOW_MS, allowedHosts: [], statistics });
}

/** Names of all series, with those of histograms' families. */
async function servedNames(): Promise<Set<string>> {
  const text = await (await appOf().request("http://localhost/metrics")).text();
  return new Set(
    text.split("\n").filter((line) => line && !line.startsWith("#")).map((line) => line.split(/[{ ]/)[0] ?? ""),
  );
}

/**
 * What promtool's lint says of names that are ours to choose. Those of other exporters are as they are; check durations
 * and the like are named in base units already.
 */
function complaints(output: string): string[] {
  return output.split("\n").filter((line) => line.startsWith("holdfast_"));
}
