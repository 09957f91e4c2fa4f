// Formats of holdfast.yaml: with steps that exist for these tests only, through the code that real ones will go through.
import { Pair, Scalar, type YAMLMap } from "yaml";
import { assert, assertEquals } from "../../../test/assert.ts";
import { loadConfig, type LoadResult } from "../load.ts";
import { writeYaml } from "../yaml_writer.ts";
import { FORMAT_STEPS, type FormatStep, newestFormat } from "./formats.ts";
import { keptName, migrateText } from "./migrate_text.ts";

/** Format 2 says `vrrp_instance` for what was `routers`; format 3 counts `advert_int` in seconds, not milliseconds. */
export const STEPS: readonly FormatStep[] = [
  {
    to: 2,
    what: "`routers` is called `vrrp_instance`",
    up: (document) => rename(document.contents as YAMLMap, "routers", "vrrp_instance"),
    down: (document) => {
      rename(document.contents as YAMLMap, "vrrp_instance", "routers");
      return [];
    },
  },
  {
    to: 3,
    what: "`advert_int` is in seconds",
    up: (document) => scale(document.get("vrrp_instance") as YAMLMap, 1 / 1000),
    down: (document) => {
      scale(document.get("vrrp_instance") as YAMLMap, 1000);
      return document.delete("stats") ? ["`stats`"] : [];
    },
  },
];

const OLD = `# My routers.
routers:
  # The first one.
  web:
    interface: eth0
    virtual_router_id: 51
    advert_int: 500 # twice a second
    version: 3
    virtual_ipaddress:
      - 192.0.2.1/24
`;
const NEW = `version: 3
# My routers.
vrrp_instance:
  # The first one.
  web:
    interface: eth0
    virtual_router_id: 51
    advert_int: 0.5 # twice a second
    version: 3
    virtual_ipaddress:
      - 192.0.2.1/24
`;

function load(text: string, formats?: readonly FormatStep[]): LoadResult {
  return loadConfig({ path: "holdfast.yaml", text, hostName: "h", ...(formats && { formats }) });
}

function migrated(text: string, to?: number): string {
  const result = migrateText(text, to, STEPS);
  assert(result.ok, JSON.stringify(result));
  return result.text;
}

Deno.test("each step is one format further, and the newest is what this version writes", () => {
  assertEquals(STEPS.map(({ to }) => to), [2, 3]);
  assertEquals(FORMAT_STEPS.map(({ to }) => to), FORMAT_STEPS.map((_, index) => index + 2));
  assertEquals([newestFormat(), newestFormat(STEPS)], [1, 3]);
  assert(!writeYaml([]).includes("version"), "files of the first format do not say so");
});

Deno.test("migrateText() goes to the newest format and back, and comments and order stay", () => {
  assertEquals(migrated(OLD), NEW);
  assertEquals(migrated(NEW, 1), OLD);
  assertEquals(migrated(migrated(OLD, 2)), NEW);
  assertEquals(migrated(migrated(NEW, 2), 1), OLD);
  assertEquals(migrated(NEW), NEW, "nothing is to be done");
  assertEquals(migrateText(OLD, undefined, STEPS), {
    ok: true,
    from: 1,
    text: NEW,
    done: ["`routers` is called `vrrp_instance`", "`advert_int` is in seconds"],
    lost: [],
  });
});

Deno.test("migrateText() says what the earlier format cannot say", () => {
  const back = migrateText(`${NEW}stats: { realm: x }\n`, 1, STEPS);
  assertEquals(back.ok && [back.lost, back.text], [["`stats`"], OLD]);
});

Deno.test("migrateText() refuses formats that this version does not know, and what is none", () => {
  const problem = (text: string, to?: number): string | undefined => {
    const result = migrateText(text, to, STEPS);
    return result.ok ? undefined : result.problem;
  };
  assertEquals(problem("version: 4\n"), "format 4 is newer than format 3, the newest that this Holdfast reads");
  assertEquals(problem(OLD, 4), "this Holdfast knows the formats 1 to 3");
  for (
    const text of ["version: 0\n", "version: two\n", "version: 1.5\n", "version: [1]\n", "version:\n", `version: "2"\n`]
  ) {
    assertEquals(problem(text), "`version` is a whole number, from 1", text);
  }
  assertEquals(problem("a: [\n"), "this is not YAML: `holdfast check` says where");
  assertEquals(problem(""), undefined, "an empty file is of the first format");
});

Deno.test("a file of an earlier format is read as what it means, with the places of its own lines", () => {
  const read = load(OLD, STEPS);
  assertEquals(read.diagnostics.filter(({ severity }) => severity === "error"), []);
  const [instance] = read.config?.vrrpInstances ?? [];
  assertEquals([instance?.name, instance?.advertisementIntervalUs], ["web", 500_000]);
  assertEquals(load(NEW, STEPS).config?.vrrpInstances[0]?.advertisementIntervalUs, 500_000);
  const wrong = load(OLD.replace("51", "351"), STEPS).diagnostics;
  assertEquals(new Set(wrong.map(({ location }) => location.line)), new Set([6]));
});

Deno.test("a file of a later format is refused, with what to do, and nothing else is said of it", () => {
  const { config, diagnostics } = load(`version: 2\nwords: of the future\n`);
  assertEquals(config, undefined);
  assertEquals(diagnostics.map(({ code, message, location, help }) => [code, message, location.line, help]), [[
    "newer-format",
    "format 2 is newer than format 1, the newest that this Holdfast reads",
    1,
    "the version of Holdfast that wrote it brings it back with `holdfast migrate --to`",
  ]]);
  assertEquals(load("version: x\n").diagnostics.map(({ code }) => code), ["yaml-structure"]);
  assertEquals(load("version: 1\n").diagnostics, []);
});

Deno.test("keptName() keeps the ending, by which the syntax is known", () => {
  assertEquals(keptName("/config/holdfast.yaml", 1), "/config/holdfast.format-1.yaml");
});

function rename(map: YAMLMap, from: string, to: string): void {
  for (const pair of map.items as Pair<Scalar>[]) if (pair.key.value === from) pair.key.value = to;
}

function scale(instances: YAMLMap, by: number): void {
  for (const { value } of instances.items as Pair<unknown, YAMLMap>[]) {
    const interval = value?.get("advert_int", true) as Scalar<number> | undefined;
    if (interval === undefined) continue;
    interval.value *= by;
    interval.source = String(interval.value);
  }
}
