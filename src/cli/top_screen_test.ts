import { assert, assertEquals } from "../../test/assert.ts";
import { NOW_MS, snapshot } from "../http/fixture_snapshot.ts";
import { topScreen } from "./top_screen.ts";

const events = [{
  id: 1,
  atMs: NOW_MS - 5000,
  fact: { type: "daemon", text: "Holdfast starts \u001b[2J\u00e9" },
}] as const;

Deno.test("top fills a terminal of 80 by 24, and nothing is wider or draws", () => {
  const { lines, maxOffset } = topScreen({ snapshot: snapshot(), events, nowMs: NOW_MS }, {
    columns: 80,
    rows: 24,
    offset: 0,
  });
  assertEquals(lines.length, 24);
  for (const { text } of lines) assert(text.length <= 80 && /^[\x20-\x7e]*$/.test(text), text);
  const text = lines.map((line) => line.text).join("\n");
  for (const wanted of ["VI_1", "MASTER", "tcp 10.0.0.100:80 UP", "10.0.1.11:80", "LAST EVENTS", "q quit"]) {
    assert(text.includes(wanted), `${wanted} in\n${text}`);
  }
  assert(text.includes("5 s ago  Holdfast starts ?[2J?"), text);
  assert(lines.some((line) => line.tone === "bad" && line.text.includes("10.0.1.13:80")), text);
  assert(maxOffset >= 0);
});

Deno.test("top scrolls as far as there is something, and says where it is; a tiny terminal is no reason to fail", () => {
  const shown = { snapshot: snapshot(), events, nowMs: NOW_MS };
  const { lines, maxOffset } = topScreen(shown, { columns: 60, rows: 10, offset: 1000 });
  assertEquals(lines.length, 10);
  assert(maxOffset > 0 && lines.at(-1)?.text.includes(`lines ${maxOffset + 1}-`), lines.at(-1)?.text);
  for (const rows of [1, 2, 3]) assertEquals(topScreen(shown, { columns: 5, rows, offset: 0 }).lines.length, rows);
});

Deno.test("top says why there is nothing to see", () => {
  const shown = { snapshot: undefined, problem: "no Holdfast is running", events: [], nowMs: NOW_MS };
  const [first] = topScreen(shown, { columns: 80, rows: 24, offset: 0 }).lines;
  assertEquals([first?.tone, first?.text.includes("no Holdfast is running")], ["bad", true]);
});
