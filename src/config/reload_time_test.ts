// Moments as a `reload_time_file` names them.
import { assertEquals } from "../../test/assert.ts";
import { reloadTimeOf } from "./reload_time.ts";

const NOW = Date.UTC(2026, 10, 21, 9, 30, 0);
const utc = (text: string): string | undefined => {
  const time = reloadTimeOf(text, NOW);
  return time && `${new Date(time.atMs).toISOString()}${time.daily ? " daily" : ""}`;
};

Deno.test("reloadTimeOf() reads a time of the next 24 hours, or one with a date", () => {
  assertEquals(utc("09:30:01Z\n"), "2026-11-21T09:30:01.000Z daily");
  assertEquals(utc("09:30:00Z"), "2026-11-22T09:30:00.000Z daily", "now has begun already");
  assertEquals(utc("26-12-31 23:59:59Z\nmore"), "2026-12-31T23:59:59.000Z");
  assertEquals(utc("2024-02-29 00:00:00Z"), "2024-02-29T00:00:00.000Z", "whoever asks sees that it is past");
});

Deno.test("reloadTimeOf() without Z means the host's time zone", () => {
  assertEquals(reloadTimeOf("2027-07-01 12:00:00", NOW)?.atMs, new Date(2027, 6, 1, 12, 0, 0).getTime());
});

Deno.test("reloadTimeOf() takes nothing else", () => {
  const wrong = [
    "",
    " 09:30:00",
    "09:30:00 ",
    "9:30:00",
    "24:00:00",
    "09:60:00",
    "2026-04-31 09:30:00Z",
    "26-13-01 09:30:00",
  ];
  assertEquals(wrong.map(utc), wrong.map(() => undefined));
});
