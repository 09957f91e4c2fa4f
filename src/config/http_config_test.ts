import { assert, assertEquals, assertMatch, assertStringIncludes } from "../../test/assert.ts";
import type { HttpConfig } from "./http_config.ts";
import { loadConfig } from "./load.ts";
import { asksForCertificates } from "./runtime.ts";

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
    certificates: [],
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
  assertStringIncludes(far(tls).join(), "there are no `users`, `tokens` nor `certificates`");
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

Deno.test("client certificates need TLS, an authority, names that are there once, and a runtime that asks for them", () => {
  const tls = "certificate: /c, key: /k";
  const demanding = (listen: string, certificates: string): string[] =>
    load(`api:\n  listen: [{ address: 192.0.2.1, port: 1, ${listen} }]\n  certificates: ${certificates}\n`).problems;
  const alice = "[{ name: alice, role: admin }]";
  assertEquals(demanding(`${tls}, client_ca: /a`, alice), []);
  assertMatch(demanding("client_ca: /a, allow_insecure: true", alice).join(), /`client_ca` and no TLS/);
  assertMatch(demanding(tls, alice).join(), /no address of `listen` asks for any/);
  assertMatch(demanding(`${tls}, client_ca: /a`, "[]").join(), /no `users`, `tokens` nor `certificates`/);
  assertMatch(
    demanding(`${tls}, client_ca: /a`, "[{ name: a, role: admin }, { name: a, role: reader }]").join(),
    /`?a`? is there twice/,
  );
  for (const wrong of ["[{ name: alice }]", "[{ role: admin }]", "[{ name: alice, role: root }]", "[alice]", "alice"]) {
    assert(demanding(`${tls}, client_ca: /a`, wrong).length > 0, wrong);
  }
  const asking = ["2.4.2", "2.8.3", "2.9.0", "2.10.1", "3.0.0", ""].map((version) => asksForCertificates(version));
  assertEquals(asking, [false, false, true, true, true, false]);
});
