import { assert, assertEquals, assertThrows } from "../../test/assert.ts";
import { until } from "../../test/support/command.ts";
import { lockFile } from "./file_lock.ts";
import { libc } from "./libc.ts";

Deno.test("lockFile() gives a lock once, until it is closed, and not to programs that this one starts", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/lock`;
  const fd = lockFile(path);
  assert(fd !== undefined);
  assertEquals(lockFile(path), undefined);
  const sleeper = new Deno.Command("sleep", { args: ["60"] }).spawn();
  libc().close(fd);
  let again: number | undefined;
  // Until it has become `sleep`, the child is a copy of this process.
  await until("nobody else has it", () => (again = lockFile(path)) !== undefined, 5000);
  libc().close(again ?? -1);
  sleeper.kill("SIGKILL");
  await sleeper.status;
  assertThrows(() => lockFile(`${folder}/none/lock`), Error, "ENOENT");
  await Deno.remove(folder, { recursive: true });
});
