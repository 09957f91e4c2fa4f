import { assertEquals } from "../../test/assert.ts";
import { mayHoldSecret } from "./secret_lines.ts";

Deno.test("mayHoldSecret() finds the lines of secrets in both syntaxes, wherever they stand", () => {
  const text = `vrrp_instance VI_1 {
    interface eth0
    authentication {
        auth_type PASS
        auth_passs s3cret
    }
    priority 100
}
auth_hmac {
key 1 s3cret
}
virtual_server 10.0.0.1 80 {
    delay_loop x
}
api:
  users:
  - { name: alice,
      password: s3cret }
  hosts: [a]
stats:
  auth:
  - "viewer:s3cret"
vrrp_instance:
  VI_1:
    auth_hmac:
      key:

        1: s3cret
    priority: many
  VI_2: { interface: eth0 }`;
  const lines = text.split("\n");
  const shown = lines.filter((line, at) => line.trim() !== "" && !mayHoldSecret(lines, at)).map((line) => line.trim());
  assertEquals(shown, [
    "vrrp_instance VI_1 {",
    "interface eth0",
    "}",
    "priority 100",
    "}",
    "}",
    "virtual_server 10.0.0.1 80 {",
    "delay_loop x",
    "}",
    "api:",
    "hosts: [a]",
    "stats:",
    "vrrp_instance:",
    "VI_1:",
    "priority: many",
    "VI_2: { interface: eth0 }",
  ]);
});
