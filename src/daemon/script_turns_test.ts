import { assertEquals } from "../../test/assert.ts";
import { until } from "../../test/support/command.ts";
import { ScriptTurns } from "./script_turns.ts";

const GLOBAL = { scriptSecurity: false, scriptUser: { user: String(Deno.uid()) } };

async function withFolder(body: (folder: string, said: () => string[]) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "holdfast-turns-" });
  try {
    // say FILE WORD: waits until the file is there, then says; or until the folder is gone.
    const script = `until [ -e "$1" ]; do [ -d ${folder} ] || exit; sleep 0.05; done\necho $2 >> ${folder}/said\n`;
    await Deno.writeTextFile(`${folder}/say`, `#!/bin/sh\n${script}`, { mode: 0o755 });
    await body(folder, () => {
      try {
        return Deno.readTextFileSync(`${folder}/said`).trim().split("\n");
      } catch {
        return [];
      }
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("ScriptTurns keeps the order of an object's events, and nobody waits for another object", async () => {
  await withFolder(async (folder, said) => {
    const turns = new ScriptTurns(() => {});
    const call = (file: string, word: string): { script: { command: string }; extra: string[] } => ({
      script: { command: `${folder}/say ${folder}/${file}` },
      extra: [word],
    });
    turns.run("a", [call("go", "first")], GLOBAL);
    turns.run("a", [call("say", "second")], GLOBAL);
    turns.run("b", [call("say", "other")], GLOBAL);
    await until("the other has not waited", () => said().includes("other"), 20_000);
    await Deno.writeTextFile(`${folder}/go`, "");
    await until("all have spoken", () => said().length === 3, 20_000);
    await turns.settle(5000);
    assertEquals(said(), ["other", "first", "second"]);
  });
});

Deno.test("ScriptTurns does not wait for ever, and not at the end", async () => {
  await withFolder(async (folder, said) => {
    const turns = new ScriptTurns(() => {}, 300);
    const script = (file: string): { command: string } => ({ command: `${folder}/say ${folder}/${file}` });
    turns.run("a", [{ script: script("go"), extra: ["slow"] }], GLOBAL);
    turns.run("a", [{ script: script("say"), extra: ["later"] }], GLOBAL);
    await until("the later one has not waited for ever", () => said().join() === "later", 20_000);
    turns.run("a", [{ script: script("nothing"), extra: ["never"] }], GLOBAL);
    turns.run("a", [{ script: script("say"), extra: ["last"] }], GLOBAL);
    const settled = turns.settle(1200); // which waits neither for the slow one nor for the one that never ends
    await until("the last has not waited, either", () => said().join() === "later,last", 20_000);
    await settled;
    await Deno.writeTextFile(`${folder}/go`, "");
    await until("the slow one has gone on", () => said().join() === "later,last,slow", 20_000);
  });
});

Deno.test("ScriptTurns leaves out the oldest of too many, and says what cannot be started", async () => {
  const log: string[] = [];
  const turns = new ScriptTurns((line) => log.push(line));
  turns.run("a", [{ script: { command: "/bin/sleep 1" }, extra: [] }], GLOBAL);
  for (let count = 0; count < 33; count++) {
    turns.run("a", [{ script: { command: "/nowhere/script" }, extra: [] }], GLOBAL);
  }
  await turns.settle(30_000);
  assertEquals(log.filter((line) => line.includes("left out")).length, 1);
  assertEquals(log.filter((line) => line.endsWith("there is no such file")).length, 32);
});
