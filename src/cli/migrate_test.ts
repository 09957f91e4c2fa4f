// `holdfast migrate` on files: there, back, and when it cannot be.
import { assert, assertEquals, assertStringIncludes } from "../../test/assert.ts";
import type { FormatStep } from "../config/format/formats.ts";
import { migrateConfig, type MigrateOptions } from "./migrate.ts";

const STEP: FormatStep = {
  to: 2,
  what: "`old` is called `new`",
  up: (document) => {
    document.set("new", document.get("old"));
    document.delete("old");
  },
  down: (document) => {
    document.set("old", document.get("new"));
    document.delete("new");
    return document.delete("more") ? ["`more`"] : [];
  },
};

interface Ran {
  readonly status: number;
  readonly said: string;
}

function run(path: string | undefined, options: Partial<MigrateOptions> = {}): Ran {
  const said: string[] = [];
  const [log, error] = [console.log, console.error];
  console.log = console.error = (line: unknown) => said.push(String(line));
  try {
    const status = migrateConfig(path, { dryRun: false, pending: false, newest: false, steps: [STEP], ...options });
    return { status, said: said.join("\n") };
  } finally {
    [console.log, console.error] = [log, error];
  }
}

async function inFolder(body: (folder: string, file: string) => void): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    Deno.writeTextFileSync(`${folder}/holdfast.yaml`, "old: 1\n", { mode: 0o640 });
    body(folder, `${folder}/holdfast.yaml`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const names = (folder: string): string[] => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

Deno.test("migrate writes the new format, keeps the earlier file, and goes back", async () => {
  await inFolder((folder, file) => {
    const there = run(file);
    assertEquals(there, {
      status: 0,
      said:
        `- old: 1\n+ version: 2\n+ new: 1\n  \nformat 1 to 2: \`old\` is called \`new\`\n${file}: is of format 2 now; ` +
        `what it was is in ${folder}/holdfast.format-1.yaml`,
    });
    assertEquals(Deno.readTextFileSync(file), "version: 2\nnew: 1\n");
    assertEquals(Deno.readTextFileSync(`${folder}/holdfast.format-1.yaml`), "old: 1\n");
    assertEquals((Deno.statSync(file).mode ?? 0) & 0o777, 0o640);
    assertEquals(run(file), { status: 0, said: `${file}: is of format 2, nothing is to be done` });

    Deno.writeTextFileSync(file, "version: 2\nnew: 5\nmore: 1\n");
    const back = run(file, { to: 1 });
    assertEquals(back.status, 0);
    assertStringIncludes(back.said, "lost: `more`");
    assertEquals(Deno.readTextFileSync(file), "old: 5\n", "what was changed meanwhile comes along");
    assertEquals(names(folder), ["holdfast.format-2.yaml", "holdfast.yaml"]);
  });
});

Deno.test("migrate --dry-run and --pending write nothing", async () => {
  await inFolder((folder, file) => {
    const dry = run(file, { dryRun: true });
    assertEquals([dry.status, dry.said.split("\n")[0]], [0, "- old: 1"]);
    assertEquals([run(file, { pending: true }).status, run(file, { pending: true, to: 1 }).status], [0, 1]);
    assertEquals([names(folder), Deno.readTextFileSync(file)], [["holdfast.yaml"], "old: 1\n"]);
    assertEquals(run(undefined, { newest: true }), { status: 0, said: "2" });
  });
});

Deno.test("migrate says why it cannot, and leaves all as it was", async () => {
  await inFolder((folder, file) => {
    Deno.mkdirSync(`${folder}/holdfast.format-1.yaml`);
    assertEquals(run(file).status, 1);
    assertEquals([names(folder), Deno.readTextFileSync(file)], [
      ["holdfast.format-1.yaml", "holdfast.yaml"],
      "old: 1\n",
    ]);
    Deno.writeTextFileSync(file, "version: 3\n");
    const newer = run(file);
    assert(newer.status === 1 && newer.said.includes("brings it back with `holdfast migrate --to`"), newer.said);
    assertStringIncludes(run(`${folder}/keepalived.conf`).said, "only holdfast.yaml has formats");
    assertStringIncludes(run(`${folder}/no.yaml`).said, "no such file");
  });
});
