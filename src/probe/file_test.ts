import { assertEquals } from "../../test/assert.ts";
import { judgeTrackFile, readTrackFile } from "./file.ts";
import { Prober } from "./prober.ts";

Deno.test("judgeTrackFile() fails on the value alone, or changes the weight", () => {
  assertEquals(judgeTrackFile(0, 0, false), { ok: true, status: "L7OK", text: "value 0", weightChange: 0 });
  assertEquals(judgeTrackFile(3, 0, false), { ok: false, status: "L7STS", text: "value 3" });
  assertEquals(judgeTrackFile(0, 0, true), { ok: false, status: "L7STS", text: "value 0" });
  assertEquals(judgeTrackFile(3, 0, true), { ok: true, status: "L7OK", text: "value 3", weightChange: 0 });
  const changes: [number, number, boolean][] = [[3, 2, false], [3, 2, true], [-3, 2, false], [0, 2, true], [
    2147483647,
    2,
    false,
  ]];
  assertEquals(changes.map((args) => judgeTrackFile(...args).weightChange), [6, -6, -6, 0, 2147483646]);
  assertEquals(judgeTrackFile(-2147483648, 1, false), {
    ok: false,
    status: "L7STS",
    text: "value -2147483648, weight change -2147483647",
  });
});

Deno.test("readTrackFile() reads a file; one that is not there is 0", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/value`;
  assertEquals(await readTrackFile(path), { ok: true, value: 0 });
  await Deno.writeTextFile(path, "42\n" + "x".repeat(1_000_000));
  assertEquals(await readTrackFile(path), { ok: true, value: 42 });
  await Deno.writeTextFile(path, "99999999999");
  assertEquals(await readTrackFile(path), { ok: false, text: "the number does not fit into 32 bits" });
  assertEquals(await readTrackFile(folder), { ok: false, text: "not a regular file" });
  assertEquals(await readTrackFile("/dev/zero"), { ok: false, text: "not a regular file" });
  await Deno.remove(folder, { recursive: true });
});

Deno.test("Prober runs FILE_CHECK", async () => {
  const path = await Deno.makeTempFile();
  await Deno.writeTextFile(path, "-2\n");
  const { signal } = new AbortController();
  const target = { address: "192.0.2.1", port: 80, timeoutMs: 100 };
  const { durationUs: _, ...result } = await new Prober().run(
    { type: "file", target, path, weight: 10, reverse: false },
    signal,
  );
  assertEquals(result, { ok: true, status: "L7OK", text: "value -2, weight change -20", weightChange: -20 });
  await Deno.remove(path);
});
