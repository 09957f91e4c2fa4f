import { assert, assertEquals, assertStringIncludes } from "../../test/assert.ts";
import type { HttpConfig } from "./http_config.ts";
import { loadConfig } from "./load.ts";

const HASH = "a".repeat(64);

Deno.test("api and stats say where to listen and whom to let in", () => {
  const { http, problems } = load(`
api:
  listen:
    - { address: 192.0.2.1, port: 8405, certificate: /etc/c.pem, key: /etc/k.pem }
    - { address: "::1", port: 8406 }
  socket: /run/holdfast/api.sock
  hosts: [lb1.example]
  anonymous: false
  users:
    - { name: alice, password: "scrypt:a:b", role: operator }
  tokens:
    - { name: prometheus, sha256: "${HASH.toUpperCase()}", role: reader, expires: "2027-01-31" }
stats:
  auth: ["admin:pass:word"]
  realm: Lab
`);
  assertEquals(problems, []);
  assertEquals(http, {
    listen: [
      { address: "192.0.2.1", port: 8405, tls: { certificate: "/etc/c.pem", key: "/etc/k.pem" } },
      { address: "::1", port: 8406 },
    ],
    socket: "/run/holdfast/api.sock",
    hosts: ["lb1.example"],
    users: [
      { name: "alice", password: "scrypt:a:b", role: "operator" },
      { name: "admin", password: "pass:word", role: "reader" },
    ],
    tokens: [{ name: "prometheus", sha256: HASH, role: "reader", expiresAtMs: Date.UTC(2027, 0, 31) }],
    anonymous: false,
    realm: "Lab",
  });
});

Deno.test("an address that others reach needs TLS, and somebody who may come in", () => {
  const far = (more: string, rest = ""): string[] =>
    load(`api:\n  listen: [{ address: 0.0.0.0, port: 1${more} }]\n${rest}`).problems;
  const tls = ", certificate: /c, key: /k";
  const users = `  users: [{ name: a, password: b, role: admin }]\n`;
  assertEquals(far(tls, users), []);
  assertEquals(far(", allow_insecure: true", users), []);
  assertStringIncludes(far("", users).join(), "is not loopback and has no TLS");
  assertStringIncludes(far(tls).join(), "there are no `users` nor `tokens`");
  assertStringIncludes(far(", certificate: /c", users).join(), "needs both");
  for (const address of ["10.127.0.1", "127.0.0.1.example", "::", "::ffff:192.0.2.1"]) {
    const { problems } = load(`api:\n  listen: [{ address: "${address}", port: 1 }]\n${users}`);
    assert(problems.length > 0, address);
  }
  assertEquals(load(`api:\n  listen: [{ address: 127.1.2.3, port: 1 }]\n`).problems, []);
});

Deno.test("what is not as it should be is refused, each with a sentence", () => {
  for (
    const [text, part] of [
      ["api: 3", "must be a mapping"],
      ["api: { listn: [] }", "has no `listn`"],
      ["api: { users: [{ name: a, role: admin }] }", "needs `password`"],
      ["api: { users: [{ name: a, password: b, role: root }] }", "must be reader, operator, admin"],
      [
        "api: { users: [{ name: a, password: b, role: admin }, { name: a, password: c, role: reader }] }",
        "there twice",
      ],
      ["api: { tokens: [{ name: a, sha256: short, role: admin }] }", "does not have its form"],
      [`api: { tokens: [{ name: a, sha256: "${HASH}", role: admin, expires: soon }] }`, "is not a date"],
      ["api: { listen: [{ address: 127.0.0.1, port: 70000 }] }", "from 1 to 65535"],
      ["stats: { auth: [alice] }", "does not have its form"],
    ] as const
  ) assertStringIncludes(load(text).problems.join(), part);
});

function load(text: string): { http: HttpConfig | undefined; problems: string[] } {
  const { config, diagnostics } = loadConfig({ path: "test.yaml", text, hostName: "director" });
  return { http: config?.http, problems: diagnostics.map(({ message }) => message) };
}
