import { assertEquals } from "../../test/assert.ts";
import type { TrackedFile } from "../config/config_vrrp.ts";
import { writeInitialFiles } from "./initial_files.ts";

const location = { file: "test.conf", line: 1, column: 1, length: 1 };

function entry(path: string, initial?: TrackedFile["initial"]): TrackedFile {
  return { name: "load", path, weight: 1, reverse: false, location, ...(initial && { initial }) };
}

function withFolder(body: (folder: string, log: string[]) => void): void {
  const folder = Deno.makeTempDirSync();
  try {
    body(folder, []);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

Deno.test("writeInitialFiles() makes what is missing and leaves what is there, unless told to overwrite", () => {
  withFolder((folder, log) => {
    const path = `${folder}/load`;
    const write = (file: TrackedFile): string => {
      writeInitialFiles(undefined, [file], (line) => log.push(line));
      return Deno.readTextFileSync(path);
    };
    assertEquals(write(entry(path, { value: -7, overwrite: false })), "-7\n");
    assertEquals(write(entry(path, { value: 5, overwrite: false })), "-7\n");
    assertEquals(write(entry(path)), "-7\n");
    assertEquals(write(entry(path, { value: 5, overwrite: true })), "5\n");
    assertEquals(log, []);
  });
});

Deno.test("writeInitialFiles() writes nothing again for a reload", () => {
  withFolder((folder) => {
    const [known, fresh] = [
      entry(`${folder}/known`, { value: 1, overwrite: true }),
      entry(`${folder}/fresh`, { value: 1, overwrite: true }),
    ];
    writeInitialFiles([known], [known, fresh], () => {});
    assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name), ["fresh"]);
  });
});

Deno.test("writeInitialFiles() follows no link and says what it cannot do", () => {
  withFolder((folder, log) => {
    Deno.writeTextFileSync(`${folder}/precious`, "1");
    Deno.symlinkSync(`${folder}/precious`, `${folder}/link`);
    Deno.symlinkSync(`${folder}/nothing`, `${folder}/dangling`);
    const initial = { value: 9, overwrite: true };
    const files = ["link", "dangling", "none/load"].map((name) => entry(`${folder}/${name}`, initial));
    writeInitialFiles(undefined, files, (line) => log.push(line.replaceAll(folder, "DIR")));
    assertEquals(Deno.readTextFileSync(`${folder}/precious`), "1");
    const warning = "warning: cannot write `init_file` of track_file load to DIR";
    assertEquals(log.slice(0, 2), [
      `${warning}/link: it is no regular file`,
      `${warning}/dangling: it is no regular file`,
    ]);
    assertEquals([log.length, log[2]?.startsWith(`${warning}/none/load: `)], [3, true]);
  });
});
