import { assertEquals } from "../../../test/assert.ts";
import { isMeant, type ProcessIdentity, type ProcessPattern } from "./process_match.ts";

const SLEEP_333: ProcessIdentity = { name: "sleep", commandLine: ["sleep", "333"] };
const BY_PATH: ProcessIdentity = { name: "sleep", commandLine: ["/usr/bin/sleep", "334"] };
const LONG: ProcessIdentity = { name: "averyveryverylo", commandLine: ["./averyveryverylongname", "60"] };
const WITHOUT: ProcessIdentity = { name: "sleep", commandLine: ["sleep"] };
const ALL = [SLEEP_333, BY_PATH, LONG, WITHOUT];

/** Which of them are meant, by their places in `ALL`. */
function meant(words: string, more: Partial<ProcessPattern> = {}): number[] {
  const pattern = { words: words.split(" "), comparesCommandLine: false, ...more };
  return ALL.flatMap((process, index) => isMeant(pattern, process) ? [index] : []);
}

// The same processes and patterns gave these counts in keepalived 2.2.7, but for the two that are said to differ.
Deno.test("isMeant() compares names, or command lines when parameters are named", () => {
  assertEquals(meant("sleep"), [0, 1, 3]);
  assertEquals(meant("sleep 333"), [0]);
  assertEquals(meant("/usr/bin/sleep 333"), []);
  assertEquals(meant("sleep", { comparesCommandLine: true }), [0, 3]);
  assertEquals(meant("/usr/bin/sleep", { comparesCommandLine: true }), [1]);
});

Deno.test("isMeant() compares parameters as `param_match` says", () => {
  assertEquals(meant("sleep", { match: "exact" }), [3]);
  assertEquals(meant("sleep 33", { match: "exact" }), []);
  assertEquals(meant("sleep 33", { match: "initial" }), [0]);
  assertEquals(meant("sleep 33", { match: "partial" }), []);
  assertEquals(meant("sleep 333", { match: "partial" }), [0]);
  const more = { name: "sleep", commandLine: ["sleep", "333", "7"] };
  assertEquals(isMeant({ words: ["sleep", "333"], match: "partial", comparesCommandLine: false }, more), true);
  assertEquals(isMeant({ words: ["sleep", "333"], comparesCommandLine: false }, more), false);
});

Deno.test("isMeant() finds long names and plain paths, which keepalived never does", () => {
  assertEquals(meant("averyveryverylongname"), [2]);
  assertEquals(meant("/usr/bin/sleep"), [1]);
});

Deno.test("isMeant() does not mean threads of the kernel, nor what has ended", () => {
  assertEquals(isMeant({ words: ["sleep"], comparesCommandLine: false }, { name: "sleep", commandLine: [] }), false);
});
