// Needs the first network namespace and root: elsewhere the kernel tells nothing of processes.
import { assertEquals } from "../../test/assert.ts";
import { testWith } from "../../test/support/requirements.ts";
import { pause } from "../../test/support/command.ts";
import type { ProcessEvent } from "../wire/process_events.ts";
import { ProcessEvents } from "./process_events.ts";
import { processIdentity, processIds } from "./process_list.ts";
import { SystemError } from "./system_error.ts";

testWith(["root"], "ProcessEvents tells of a program from its start to its end", async () => {
  let source: ProcessEvents;
  try {
    source = new ProcessEvents();
  } catch (error) {
    // In a container: that it is refused, and how, is what can be tested.
    assertEquals(error instanceof SystemError && ["ECONNREFUSED", "EPERM"].includes(error.code), true);
    return;
  }
  const events: ProcessEvent[] = [];
  try {
    const child = new Deno.Command("sleep", { args: ["0.05"] }).spawn();
    await child.status;
    await pause(20);
    while (!events.some((event) => event.type === "exit" && event.pid === child.pid)) {
      source.receive((event) => events.push(event));
      await pause(20);
    }
    const types = events.filter((event) => event.type !== "listening" && event.pid === child.pid).map(({ type }) =>
      type
    );
    // Others may listen, too: then events come before we are told that they will.
    assertEquals(events.find(({ type }) => type === "listening"), { type: "listening", errno: 0 });
    assertEquals([types[0], types.includes("changed"), types.at(-1)], ["fork", true, "exit"]);
  } finally {
    source.close();
  }
});

Deno.test("processIdentity() reads name and command line of ourselves", () => {
  assertEquals(processIds().includes(Deno.pid), true);
  const found = processIdentity(Deno.pid);
  assertEquals(found?.name, Deno.readTextFileSync("/proc/self/comm").trim());
  assertEquals(found?.commandLine.includes("test"), true);
});

Deno.test("processIdentity() finds no command line in a thread of the kernel, and nothing where nothing runs", () => {
  assertEquals(processIdentity(2 ** 22 + 1), undefined);
  const kernel = processIds().map((pid) => processIdentity(pid)).find((found) => found?.name === "kthreadd");
  if (kernel !== undefined) assertEquals(kernel.commandLine, []);
});
