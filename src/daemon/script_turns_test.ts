import { assert, assertEquals } from "../../test/assert.ts";
import { ScriptTurns } from "./script_turns.ts";

const GLOBAL = { scriptSecurity: false, scriptUser: { user: String(Deno.uid()) } };

async function withFolder(body: (folder: string, said: () => string[]) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "holdfast-turns-" });
  try {
    // say SECONDS WORD: waits, then says.
    await Deno.writeTextFile(`${folder}/say`, `#!/bin/sh\nsleep $1\necho $2 >> ${folder}/said\n`, { mode: 0o755 });
    await body(folder, () => Deno.readTextFileSync(`${folder}/said`).trim().split("\n"));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("ScriptTurns keeps the order of an object's events, and nobody waits for another object", async () => {
  await withFolder(async (folder, said) => {
    const turns = new ScriptTurns(() => {});
    const call = (seconds: number, word: string): { script: { command: string }; extra: string[] } => ({
      script: { command: `${folder}/say ${seconds}` },
      extra: [word],
    });
    turns.run("a", [call(0.6, "first")], GLOBAL);
    turns.run("a", [call(0, "second")], GLOBAL);
    turns.run("b", [call(0, "other")], GLOBAL);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    await turns.settle(5000);
    assertEquals(said(), ["other", "first", "second"]);
  });
});

Deno.test("ScriptTurns does not wait for ever, and not at the end", async () => {
  await withFolder(async (folder, said) => {
    const turns = new ScriptTurns(() => {}, 300);
    const script = (seconds: number): { command: string } => ({ command: `${folder}/say ${seconds}` });
    turns.run("a", [{ script: script(1.5), extra: ["slow"] }], GLOBAL);
    turns.run("a", [{ script: script(0), extra: ["later"] }], GLOBAL);
    await new Promise((resolve) => setTimeout(resolve, 900));
    assertEquals(said(), ["later"]);
    turns.run("a", [{ script: script(20), extra: ["never"] }], GLOBAL);
    turns.run("a", [{ script: script(0), extra: ["last"] }], GLOBAL);
    const startedMs = performance.now();
    await turns.settle(1200);
    assert(performance.now() - startedMs < 2500, "the end does not wait for it");
    assertEquals(said(), ["later", "last", "slow"]);
  });
});

Deno.test("ScriptTurns leaves out the oldest of too many, and says what cannot be started", async () => {
  const log: string[] = [];
  const turns = new ScriptTurns((line) => log.push(line));
  turns.run("a", [{ script: { command: "/bin/sleep 1" }, extra: [] }], GLOBAL);
  for (let count = 0; count < 33; count++) {
    turns.run("a", [{ script: { command: "/nowhere/script" }, extra: [] }], GLOBAL);
  }
  await turns.settle(3000);
  assertEquals(log.filter((line) => line.includes("left out")).length, 1);
  assertEquals(log.filter((line) => line.endsWith("there is no such file")).length, 32);
});
