// A reload at the time that a file names.
import { assertEquals } from "../../test/assert.ts";
import { USUAL_GLOBALS } from "../../test/support/config_values.ts";
import { TimedReload } from "./timed_reload.ts";

const START = Date.UTC(2026, 10, 21, 9, 30, 0);
const DAY_MS = 86_400_000;

function lab(body: (lab: { path: string; timed: TimedReload; at: (ms: number) => number }) => void): void {
  const folder = Deno.makeTempDirSync();
  let [nowMs, reloads] = [START, 0];
  const timed = new TimedReload({ log: () => {}, reload: () => void reloads++, nowMs: () => nowMs });
  try {
    body({
      path: `${folder}/at`,
      timed,
      at: (ms) => {
        nowMs = START + ms;
        timed.look();
        return reloads;
      },
    });
  } finally {
    timed.stop();
    Deno.removeSync(folder, { recursive: true });
  }
}

const isThere = (path: string): boolean => {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
};

Deno.test("TimedReload reloads once at the time of its file, which may come, change and go", () =>
  lab(({ path, timed, at }) => {
    timed.use({ ...USUAL_GLOBALS, reloadTimeFile: path });
    assertEquals(at(0), 0);
    Deno.writeTextFileSync(path, "09:31:00Z\n");
    assertEquals(at(1000), 0);
    Deno.writeTextFileSync(path, "2026-11-21 09:32:00Z\n");
    assertEquals([at(2000), at(60_000), at(119_000)], [0, 0, 0]);
    timed.use({ ...USUAL_GLOBALS, reloadTimeFile: path }); // as every reload does
    assertEquals([at(120_000), isThere(path), at(2 * DAY_MS)], [1, false, 1]);
    Deno.writeTextFileSync(path, "09:30:30Z");
    assertEquals(at(2 * DAY_MS + 1000), 1);
    Deno.removeSync(path);
    assertEquals(at(2 * DAY_MS + 60_000), 1, "deleted before its time");
    Deno.writeTextFileSync(path, "2025-01-01 00:00:00Z");
    assertEquals([at(3 * DAY_MS), isThere(path)], [1, true], "in the past");
  }));

Deno.test("TimedReload with reload_repeat keeps the file, and reloads every day where it has no date", () =>
  lab(({ path, timed, at }) => {
    Deno.writeTextFileSync(path, "09:31:00Z");
    timed.use({ ...USUAL_GLOBALS, reloadTimeFile: path, reloadRepeats: true });
    assertEquals([at(59_000), at(60_000), at(61_000), isThere(path)], [0, 1, 1, true]);
    assertEquals([at(DAY_MS), at(DAY_MS + 60_000)], [1, 2]);
    timed.use(USUAL_GLOBALS);
    assertEquals(at(3 * DAY_MS), 2);
  }));
