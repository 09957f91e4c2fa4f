import { assert, assertEquals } from "../../test/assert.ts";
import { Reactor } from "../linux/reactor.ts";
import { NotifyFifos } from "./notify_fifos.ts";
import { USUAL_GLOBALS } from "../../test/support/config_values.ts";

/** FIFOs in a folder of their own, with what they log. */
async function withFifos(
  body: (lab: { folder: string; fifos: NotifyFifos; log: string[]; changes: () => number }) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "holdfast-fifo-" });
  const reactor = new Reactor();
  const log: string[] = [];
  let changes = 0;
  const fifos = new NotifyFifos({ reactor, log: (line) => log.push(line), changed: () => changes++ });
  try {
    await body({ folder, fifos, log, changes: () => changes });
  } finally {
    await fifos.close();
    reactor.close();
    await reactor.stopped();
    await Deno.remove(folder, { recursive: true });
  }
}

async function until(condition: () => boolean): Promise<void> {
  for (const end = Date.now() + 10_000; !condition();) {
    assert(Date.now() < end, "it comes in time");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function textOf(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return "";
  }
}

Deno.test("NotifyFifos without a reader never waits, keeps the newest lines, and raises an alarm until it is read", async () => {
  await withFifos(async ({ folder, fifos, log }) => {
    const path = `${folder}/fifo`;
    fifos.use({ ...USUAL_GLOBALS, vrrpFifo: { command: path } });
    const line = (number: number): string => `INSTANCE "V1" MASTER ${number} ${"x".repeat(80)}\n`;
    const startedMs = performance.now();
    for (let number = 0; number < 3000; number++) fifos.write("vrrp", line(number));
    assert(performance.now() - startedMs < 2000, "nobody waited");
    const [warning] = fifos.warnings;
    assertEquals([warning?.code, fifos.warnings.length], ["fifo", 1]);
    const reader = new Deno.Command("timeout", { args: ["5", "cat", path], stdout: "piped" }).spawn();
    const output = reader.output();
    await until(() => fifos.warnings.length === 0);
    await fifos.close();
    const lines = new TextDecoder().decode((await output).stdout).trimEnd().split("\n");
    const numbers = lines.map((text) => Number(text.split(" ")[3]));
    assertEquals(numbers.at(-1), 2999);
    assertEquals(numbers.toSorted((a, b) => a - b), numbers);
    const lost = 3000 - numbers.length;
    assert(lost > 500 && lost < 2500, `${lost} were lost`);
    assertEquals(log.filter((text) => text.includes(`${lost} lines were lost`)).length, 1);
  });
});

Deno.test("NotifyFifos makes its FIFO for its user, and only uses what is a FIFO", async () => {
  await withFifos(async ({ folder, fifos, log }) => {
    await Deno.writeTextFile(`${folder}/file`, "mine");
    fifos.use({
      ...USUAL_GLOBALS,
      fifo: { command: `${folder}/fifo`, user: String(Deno.uid()) },
      vrrpFifo: { command: `${folder}/file` },
      lvsFifo: { command: `${folder}/nowhere/fifo` },
    });
    const { mode, isFifo } = Deno.statSync(`${folder}/fifo`);
    assertEquals([(mode ?? 0) & 0o777, isFifo], [0o600, true]);
    for (const topic of ["vrrp", "lvs"] as const) fifos.write(topic, "line\n");
    assertEquals(await Deno.readTextFile(`${folder}/file`), "mine");
    assertEquals(log.map((text) => text.slice(0, 44)), [
      "warning: `vrrp_notify_fifo` is not written: ",
      "warning: `lvs_notify_fifo` is not written: C",
    ]);
    assertEquals(fifos.warnings.length, 2);
    await fifos.close();
    assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name), ["file"]);
  });
});

Deno.test("NotifyFifos starts the reader with the path behind its arguments, and again when it ends; a reload keeps it", async () => {
  await withFifos(async ({ folder, fifos }) => {
    const path = `${folder}/fifo`;
    const script = `${folder}/reader`;
    // It reads two lines and ends.
    const program = `#!/bin/sh\necho "start $1" >> ${folder}/heard\nexec < "$2"\n` +
      `for i in 1 2; do read -r line && echo "$line" >> ${folder}/heard; done\n`;
    await Deno.writeTextFile(script, program, { mode: 0o755 });
    const global = { ...USUAL_GLOBALS, fifo: { command: path }, fifoScript: { command: `${script} 'a b'` } };
    const heard = (): string[] => textOf(`${folder}/heard`).split("\n").filter((line) => line !== "");
    fifos.use(global);
    await until(() => heard().length === 1);
    fifos.write("vrrp", "one\n");
    await until(() => heard().length === 2);
    fifos.use({ ...global, routerId: "other" } as typeof global);
    fifos.write("lvs", "two\n");
    await until(() => heard().length === 4);
    fifos.write("vrrp", "three\n");
    await until(() => heard().length === 5);
    assertEquals(heard(), ["start a b", "one", "two", "start a b", "three"]);
  });
});

Deno.test("NotifyFifos gives its FIFO away only once it is open: that needs no right to others' files", async () => {
  const uid = Deno.uid() === 0 ? 65534 : Deno.uid() ?? 0;
  await withFifos(async ({ folder, fifos, log }) => {
    fifos.use({ ...USUAL_GLOBALS, scriptUser: { user: String(uid) }, fifo: { command: `${folder}/fifo` } });
    assertEquals([Deno.statSync(`${folder}/fifo`).uid, log], [uid, []]);
    await fifos.close();
  });
});
