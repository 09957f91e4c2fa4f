import { assertEquals } from "../../test/assert.ts";
import { startable } from "./carried_out.ts";
import { loadConfig } from "./load.ts";
import { secretBytes, withSecretsOfFiles } from "./secrets.ts";

const HEX_32 = "ab".repeat(32);
const files = new Map([
  ["/key", `${"k".repeat(32)}\n`],
  ["/hex", `hex:${HEX_32}\n`],
  ["/short", "short"],
]);

/** What the instance of a configuration has as its secret, or why it is left out. */
function secretOf(file: string): string | undefined {
  const instance = `interface eth0
    version 3
    virtual_router_id 1
    virtual_ipaddress { 192.0.2.1 }`;
  const text = `vrrp_instance A {\n${instance}\nauth_hmac {\nkey 1 file:${file}\nactive_key 1\n}\n}`;
  const { config } = loadConfig({ path: "/f.conf", text, hostName: "h" });
  if (config === undefined) return undefined;
  const read = (path: string): Uint8Array => {
    const content = files.get(path);
    if (content === undefined) throw new Deno.errors.NotFound(path);
    return new TextEncoder().encode(content);
  };
  const { config: { vrrpInstances: [found] }, leftOut: [left] } = withSecretsOfFiles(startable(config), read);
  return found?.hmac?.keys[0]?.secret ?? left?.why;
}

Deno.test("secretBytes() takes text and hexadecimal digits", () => {
  assertEquals(secretBytes("hex:00ff"), Uint8Array.of(0, 255));
  assertEquals(secretBytes("hex:0"), undefined);
  assertEquals(secretBytes("ä"), new TextEncoder().encode("ä"));
  assertEquals(secretBytes("file:/key"), undefined);
});

Deno.test("a secret in a file is read without its last line feed, and may be hexadecimal", () => {
  assertEquals(secretOf("/key"), `hex:${"6b".repeat(32)}`);
  assertEquals(secretOf("/hex"), `hex:${HEX_32}`);
});

Deno.test("an instance whose secret is missing or too short is left out with the reason", () => {
  assertEquals(secretOf("/none"), "the file /none of its key cannot be read");
  assertEquals(secretOf("/short"), "the file /short of its key does not have 32 to 64 bytes");
});
