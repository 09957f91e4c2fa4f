import { assertEquals } from "../../test/assert.ts";
import { refusalOf, scriptProblem } from "./script_security.ts";

Deno.test("scriptProblem() tells what is missing, can't be run, or could be changed by others", async () => {
  assertEquals(scriptProblem("/nonexistent/script"), "missing");
  assertEquals(scriptProblem("/etc/passwd"), "not-executable");
  assertEquals(scriptProblem("/usr/bin/env"), "ok");
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/script`;
    await Deno.writeTextFile(path, "#!/bin/sh\n", { mode: 0o755 });
    await Deno.chmod(path, 0o777);
    assertEquals(scriptProblem(path), "insecure");
    await Deno.chmod(path, 0o755);
    await Deno.chmod(folder, 0o777);
    assertEquals(scriptProblem(path), "insecure");
    assertEquals(refusalOf(path, false), undefined);
    assertEquals(refusalOf(path, true), `others than root can change ${path}, and \`enable_script_security\` is set`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
