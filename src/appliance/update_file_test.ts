// Updates: only what a trusted key has signed is looked at, and only what it promises is written.
import { assert, assertEquals, assertRejects } from "../../test/assert.ts";
import { ByteStream } from "./byte_stream.ts";
import { openManifest, trustedKeys } from "./update_file.ts";
import { writeImage } from "./write_image.ts";

const SHA256_OF_ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
const MANIFEST = {
  "holdfast-update": 1,
  version: "0.2.0",
  architecture: "amd64",
  created: 1_700_000_000,
  boot: { bytes: 3, sha256: SHA256_OF_ABC },
  root: { bytes: 3, sha256: SHA256_OF_ABC },
};

async function signer(): Promise<{ line: string; sign: (text: string) => Promise<string> }> {
  const pair = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]) as CryptoKeyPair;
  const raw = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
  return {
    line: `${raw.toBase64()} the key of a test`,
    sign: async (text) =>
      new Uint8Array(await crypto.subtle.sign("Ed25519", pair.privateKey, new TextEncoder().encode(text))).toBase64(),
  };
}

Deno.test("openManifest() opens what a trusted key has signed", async () => {
  const ours = await signer();
  const other = await signer();
  const keys = trustedKeys(`# keys\n${other.line}\r\n${ours.line}\n`);
  const line = JSON.stringify(MANIFEST);
  const opened = await openManifest(line, await ours.sign(line), keys);
  assert(opened.ok);
  assertEquals([opened.manifest.version, opened.key.name], ["0.2.0", "the key of a test"]);
});

Deno.test("openManifest() refuses a changed line, another key, no key, no signature, and sizes that are none", async () => {
  const { line: keyLine, sign } = await signer();
  const stranger = await signer();
  const keys = trustedKeys(keyLine);
  const line = JSON.stringify(MANIFEST);
  const problemOf = async (text: string, signature: string, trusted = keys): Promise<string> => {
    const opened = await openManifest(text, signature, trusted);
    return opened.ok ? "none" : opened.problem;
  };
  const notTrusted = "the update is not signed by a key that this appliance trusts";
  assertEquals(await problemOf(line.replace("0.2.0", "0.2.1"), await sign(line)), notTrusted);
  assertEquals(await problemOf(line, await stranger.sign(line)), notTrusted);
  assertEquals(await problemOf(line, "AAAA"), notTrusted);
  assertEquals(await problemOf(line, "not base64"), "this is not an update of the appliance");
  assertEquals(
    await problemOf(line, await sign(line), []),
    "this appliance trusts no key, so no update can be checked",
  );
  for (
    const wrong of [
      { ...MANIFEST, boot: { bytes: -1, sha256: SHA256_OF_ABC } },
      { ...MANIFEST, version: "$(reboot)" },
      [],
      null,
    ]
  ) {
    const text = JSON.stringify(wrong);
    assertEquals(
      await problemOf(text, await sign(text)),
      "the update is signed, but not for this version of the appliance",
    );
  }
});

Deno.test("trustedKeys() passes over what is not a key", () => {
  assertEquals(trustedKeys("# a comment\nAAAA short\n\nssh-ed25519 AAAA x\n"), []);
});

/** Gives so many bytes at a time. */
function streamOf(text: string, step: number): ByteStream {
  const bytes = new TextEncoder().encode(text);
  let at = 0;
  return new ByteStream({
    read: (buffer) => {
      const part = bytes.subarray(at, at + Math.min(step, buffer.length));
      at += part.length;
      buffer.set(part);
      return Promise.resolve(part.length === 0 ? null : part.length);
    },
  });
}

Deno.test("ByteStream: lines, then bytes, in parts of any size; no line longer than the limit", async () => {
  for (const step of [1, 2, 5, 100]) {
    const stream = streamOf("first\nsecond\nabcdef", step);
    assertEquals([await stream.line(10), await stream.line(6)], ["first", "second"]);
    let text = "";
    while (text.length < 4) text += new TextDecoder().decode(await stream.chunk(4 - text.length));
    assertEquals(text, "abcd");
  }
  assertEquals(await streamOf("too long\n", 3).line(7), undefined);
  assertEquals(await streamOf("no end", 3).line(10), undefined);
});

Deno.test("writeImage() writes the bytes, and refuses a stream that ends and a checksum that is another", async () => {
  const path = await Deno.makeTempFile();
  using file = await Deno.open(path, { read: true, write: true });
  const image = { bytes: 3, sha256: SHA256_OF_ABC };
  await writeImage(streamOf("abcdef", 2), image, file);
  assertEquals(await Deno.readTextFile(path), "abc");
  await assertRejects(() => writeImage(streamOf("ab", 2), image, file), Error, "ends too early");
  await assertRejects(() => writeImage(streamOf("abd", 2), image, file), Error, "damaged");
  await Deno.remove(path);
});
