import { assertEquals } from "../../../test/assert.ts";
import { hearWord, isEnough, trackedName, wordText } from "./server_word.ts";

const word = { quorum: true, servers: 2, weight: 5 };

Deno.test("isEnough() asks for the quorum, or for the watermarks instead", () => {
  assertEquals([isEnough(word, {}), isEnough({ ...word, quorum: false }, {})], [true, false]);
  assertEquals(isEnough(word, { minServers: 3 }), false);
  assertEquals(isEnough({ ...word, quorum: false }, { minServers: 2 }), true);
  assertEquals([isEnough(word, { minWeight: 5 }), isEnough(word, { minWeight: 6 })], [true, false]);
  assertEquals([isEnough(word, { minServers: 2, minWeight: 6 }), isEnough(word, { minServers: 2, minWeight: 5 })], [
    false,
    true,
  ]);
});

Deno.test("hearWord() keeps the last word of a health role that died until its successor has checked all servers", () => {
  const lost = { quorum: false, servers: 0, weight: 0 };
  const inherited = { word: lost, inherited: true };
  assertEquals(hearWord(inherited, { ...word, judged: false }), inherited);
  assertEquals(hearWord(inherited, { ...word, judged: true }), { word, inherited: false });
  assertEquals(hearWord({ word: lost, inherited: false }, { ...word, judged: false }), { word, inherited: false });
  assertEquals(hearWord(undefined, { ...lost, judged: false }), { word: lost, inherited: false });
});

Deno.test("people are told of watermarks and of counts", () => {
  assertEquals(
    trackedName({ name: "tcp 10.0.0.1:80", minServers: 2, minWeight: 4 }),
    [
      "tcp 10.0.0.1:80 min_servers 2 min_weight 4",
    ][0],
  );
  assertEquals(wordText({ ...word, servers: 1 }), "has quorum: 1 server up, weight 5");
});
