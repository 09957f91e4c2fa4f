// Which file of HOLDFAST the appliance uses where it has several: the real script, on a root that is a folder, with a Holdfast
// that reads the formats up to the second.
import { assertEquals } from "../../test/assert.ts";

const SCRIPT = new URL("./root/usr/lib/holdfast/take-config", import.meta.url).pathname;

/** @returns the file that is used, and what the console is told of it */
async function used(files: Readonly<Record<string, string>>): Promise<[file: string | undefined, note: string]> {
  const root = await Deno.makeTempDir();
  try {
    for (const folder of ["config", "state", "run/holdfast", "etc/holdfast", "bin"]) {
      Deno.mkdirSync(`${root}/${folder}`, { recursive: true });
    }
    for (const [name, text] of Object.entries(files)) Deno.writeTextFileSync(`${root}/config/${name}`, text);
    const programs = {
      holdfast: `case $1 in migrate) echo 2 ;; check) ! grep -q '^version: 3' "$4" ;; esac`,
      nft: "exit 0",
      sync: "exit 0",
      busybox: `exec "$@"`,
    };
    for (const [name, text] of Object.entries(programs)) {
      Deno.writeTextFileSync(`${root}/bin/${name}`, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
    }
    new Deno.Command("sh", {
      args: [SCRIPT],
      env: { HOLDFAST_ROOT: root, PATH: `${root}/bin:/usr/bin:/bin` },
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).outputSync();
    const read = (path: string): string => {
      try {
        return Deno.readTextFileSync(`${root}/${path}`);
      } catch {
        return "";
      }
    };
    return [read("run/holdfast/environment").trim().split("/").at(-1), read("run/holdfast/format").trim()];
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

/** Runs migrate-config beside a Holdfast that has something to do or not. @returns what was called, and its exit status */
async function migrated(pending: boolean, fails = false): Promise<[calls: string[], code: number]> {
  const root = await Deno.makeTempDir();
  try {
    for (const folder of ["config", "bin"]) Deno.mkdirSync(`${root}/${folder}`);
    Deno.writeTextFileSync(`${root}/config/holdfast.yaml`, "a: 1\n");
    const log = `echo "\${0##*/} $*" >>${root}/log`;
    const programs = {
      holdfast: `case $* in *--pending*) exit ${pending ? 0 : 1} ;; esac; ${log}; exit ${fails ? 1 : 0}`,
      mount: log,
      sync: log,
      systemctl: log,
    };
    for (const [name, text] of Object.entries(programs)) {
      Deno.writeTextFileSync(`${root}/bin/${name}`, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
    }
    const { code } = new Deno.Command("sh", {
      args: [SCRIPT.replace("take-config", "migrate-config")],
      env: { HOLDFAST_ROOT: root, PATH: `${root}/bin:/usr/bin:/bin` },
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).outputSync();
    const calls = pending
      ? Deno.readTextFileSync(`${root}/log`).trim().replaceAll(root, "").split("\n").map((line) => line.trim())
      : [];
    return [calls, code];
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

Deno.test("migrate-config writes to HOLDFAST only where there is something to do, and closes it again", async () => {
  const [open, migrate, sync, close] = [
    "mount -o remount,rw /config",
    "holdfast migrate /config/holdfast.yaml",
    "sync",
    "mount -o remount,ro /config",
  ];
  assertEquals(await migrated(false), [[], 0]);
  assertEquals(await migrated(true), [[open, migrate, sync, close, "systemctl reload holdfast"], 0]);
  assertEquals(await migrated(true, true), [[open, migrate, sync, close], 1]);
});

Deno.test("take-config uses holdfast.yaml of any format that this version reads", async () => {
  for (const text of ["a: 1\n", "version: 1\n", "version: 2 # the second\n", "# x\nversion:   2\na: 1\n"]) {
    assertEquals(
      await used({ "holdfast.yaml": text, "holdfast.format-1.yaml": "a: 1\n" }),
      ["holdfast.yaml", ""],
      text,
    );
  }
  assertEquals(await used({ "keepalived.conf": "x\n", "holdfast.format-1.yaml": "a: 1\n" }), ["keepalived.conf", ""]);
});

Deno.test("take-config takes the file that was kept where holdfast.yaml is of a later format", async () => {
  const later = { "holdfast.yaml": "version: 3\na: 1\n" };
  const told = (name: string): string =>
    `holdfast.yaml on the partition HOLDFAST is of a later format than this version reads: ${name} is used instead`;
  for (const name of ["holdfast.format-2.yaml", "holdfast.format-1.yaml"]) {
    assertEquals(await used({ ...later, [name]: "a: 1\n" }), [name, told(name)]);
  }
  const both = { "holdfast.format-2.yaml": "version: 2\n", "holdfast.format-1.yaml": "a: 1\n" };
  assertEquals((await used({ ...later, ...both }))[0], "holdfast.format-2.yaml");
  assertEquals((await used(later))[0], "keepalived.conf", "without one, nothing is configured and the reason is told");
});
