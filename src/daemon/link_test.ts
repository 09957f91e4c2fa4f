import { assert, assertEquals } from "../../test/assert.ts";
import { libc } from "../linux/libc.ts";
import { seqpacketPair } from "../linux/seqpacket.ts";
import { Link } from "./link.ts";

libc(); // before the tests, so that none is held to close the library

type Message = { readonly text: string };

function pair(maxReceivedBytes?: number): [Link<Message>, Link<Message>] {
  const [a, b] = seqpacketPair();
  return [new Link(a), new Link(b, maxReceivedBytes)];
}

function received(link: Link<Message>): { open: boolean; texts: string[] } {
  const texts: string[] = [];
  const open = link.receive((message) => texts.push((message as Message).text));
  return { open, texts };
}

Deno.test("Link passes messages both ways and sees the other end go", () => {
  const [a, b] = pair();
  assert(a.send({ text: "one" }));
  a.post({ text: "two" });
  assert(b.send({ text: "back" }));
  assertEquals(received(b), { open: true, texts: ["one", "two"] });
  assertEquals(received(a), { open: true, texts: ["back"] });
  a.close();
  assertEquals(received(b), { open: false, texts: [] });
  b.close();
});

Deno.test("Link.post() keeps what the other end is too slow for, in order; send() drops it", () => {
  const [a, b] = pair();
  const long = "x".repeat(12 << 20);
  a.post({ text: long });
  assert(a.pending);
  a.post({ text: "after" });
  assertEquals(a.send({ text: "dropped" }), false);
  const texts: string[] = [];
  for (let round = 0; texts.length < 2 && round < 1000; round++) {
    texts.push(...received(b).texts);
    a.flush();
  }
  assertEquals(texts.map((text) => text.length), [12 << 20, 5]);
  assertEquals(a.pending, false);
  assert(a.send({ text: "again" }));
  assertEquals(received(b).texts, ["again"]);
  a.close();
  b.close();
});

Deno.test("Link drops what waits when the other end is gone", () => {
  const [a, b] = pair();
  a.post({ text: "x".repeat(12 << 20) });
  b.close();
  assertEquals(a.flush(), true);
  a.post({ text: "nobody" });
  assertEquals(a.pending, false);
  a.close();
});

Deno.test("Link closes on a longer message than it takes, and skips what is no JSON", () => {
  const [a, b] = pair(1000);
  assert(a.send({ text: "short" }));
  assertEquals(received(b).texts, ["short"]);
  libc().send(a.fd, new Uint8Array([1, 123]), 2, 0); // a last part that holds "{"
  assertEquals(received(b), { open: true, texts: [] });
  assert(a.send({ text: "x".repeat(2000) }));
  assertEquals(received(b), { open: false, texts: [] });
  a.close();
  b.close();
});
