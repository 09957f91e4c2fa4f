import { assertEquals } from "../../test/assert.ts";
import { tellApi } from "./api_keeper.ts";

Deno.test("an api role that asks and does not listen is ended before its answers fill the memory", () => {
  const told: unknown[] = [];
  let killed = 0;
  const role = { backlog: 0, kill: () => void killed++, post: (message: unknown) => void told.push(message) };
  const answer = { type: "commanded", id: 1, answer: { ok: true, result: "" } } as const;
  for (role.backlog = 0; role.backlog < 1000; role.backlog++) tellApi(role, answer);
  assertEquals([told.length, killed], [513, 487]);
  tellApi(undefined, answer);
});
