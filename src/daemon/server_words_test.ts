import { assertEquals } from "../../test/assert.ts";
import { configOf, VIRTUAL_SERVER } from "../../test/support/config_values.ts";
import { acceptFromChild } from "./messages.ts";
import { ServerWords } from "./server_words.ts";

const UP = { quorum: true, servers: 2, weight: 2 };
const DOWN = { quorum: false, servers: 0, weight: 0 };
const NAME = VIRTUAL_SERVER.name;

Deno.test("ServerWords outlive the health role, and the successor's guesses change nothing", () => {
  const words = new ServerWords();
  words.healthStarts();
  assertEquals(words.hear({ [NAME]: { ...UP, judged: false } }), true, "the first word counts");
  assertEquals(words.hear({ [NAME]: { ...DOWN, judged: true } }), true);
  words.healthStarts();
  assertEquals(words.hear({ [NAME]: { ...UP, judged: false } }), false);
  assertEquals(words.status, { [NAME]: DOWN });
  assertEquals(words.hear({ [NAME]: { ...DOWN, judged: true } }), false, "it is the same as before");
  assertEquals(words.hear({ [NAME]: { ...UP, judged: false } }), true, "from now on it is believed");
});

Deno.test("ServerWords forget what is tracked no more", () => {
  const words = new ServerWords();
  words.hear({ [NAME]: { ...UP, judged: true } });
  const config = configOf("");
  words.use({ ...config, virtualServers: [{ ...VIRTUAL_SERVER, tracked: true }] });
  assertEquals(words.status, { [NAME]: UP });
  words.use({ ...config, virtualServers: [VIRTUAL_SERVER] });
  assertEquals(words.status, {});
});

Deno.test("only the health role may say such words, and only whole ones", () => {
  const message = { type: "quorums", words: { [NAME]: { ...UP, judged: true } } };
  assertEquals(acceptFromChild("health", message), message as ReturnType<typeof acceptFromChild>);
  assertEquals(acceptFromChild("api", message), undefined);
  for (const word of [null, {}, { ...UP, judged: 1 }, { ...UP, servers: "2", judged: true }]) {
    assertEquals(acceptFromChild("health", { type: "quorums", words: { [NAME]: word } }), undefined);
  }
});
