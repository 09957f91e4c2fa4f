// The checks that keepalived does not have against the servers themselves, as Debian has them.
import { assert, assertEquals } from "../../assert.ts";
import { until } from "../../support/command.ts";
import { EXPIRED_CERTIFICATE, EXPIRED_KEY } from "../../support/expired_certificate.ts";
import { testWith } from "../../support/requirements.ts";
import { ask } from "./ask.ts";
import { Servers } from "./servers.ts";

async function beside(body: (servers: Servers) => Promise<void>): Promise<void> {
  const servers = new Servers();
  try {
    await body(servers);
  } finally {
    await servers.close();
  }
}

testWith(
  ["program:redis-server"],
  "REDIS_CHECK: PING, a password, the role of master and replica",
  () =>
    beside(async (servers) => {
      const port = await servers.redis();
      assertEquals(await ask(port, { type: "redis" }), { ok: true, status: "L7OK", text: "PONG" });
      assertEquals(await ask(port, { type: "redis", role: "master" }), { ok: true, status: "L7OK", text: "master" });
      const replica = await servers.redis("--replicaof", "127.0.0.1", String(port));
      assertEquals((await ask(replica, { type: "redis", role: "replica" })).text, "slave");
      const wrong = await ask(replica, { type: "redis", role: "master" });
      assertEquals(wrong, { ok: false, status: "L7STS", text: "answer to ROLE: slave" });

      const guarded = await servers.redis("--requirepass", "open sesame");
      const passwordFile = `${servers.folder}/password`;
      await Deno.writeTextFile(passwordFile, "open sesame\n");
      assertEquals(await ask(guarded, { type: "redis", passwordFile }), { ok: true, status: "L7OK", text: "PONG" });
      const { status, text } = await ask(guarded, { type: "redis" });
      assertEquals([status, text.startsWith("answer to PING: NOAUTH")], ["L7STS", true], text);
      await Deno.writeTextFile(passwordFile, "shut sesame\n");
      const refused = await ask(guarded, { type: "redis", passwordFile });
      assertEquals(refused, { ok: false, status: "L7STS", text: "answer to AUTH: WRONGPASS" });
      const named = await ask(guarded, { type: "redis", passwordFile, userName: "nobody" });
      assertEquals(named.text, "answer to AUTH: WRONGPASS");
    }),
);

testWith(
  ["program:redis-server", "program:openssl"],
  "REDIS_CHECK and TLS_CHECK over TLS",
  () =>
    beside(async (servers) => {
      const [certificate, key] = [`${servers.folder}/cert.pem`, `${servers.folder}/key.pem`];
      await Deno.writeTextFile(certificate, EXPIRED_CERTIFICATE);
      await Deno.writeTextFile(key, EXPIRED_KEY);
      const port = servers.freePort();
      const options = ["--port", "0", "--tls-port", String(port), "--tls-auth-clients", "no", "--save", ""];
      const files = ["--tls-cert-file", certificate, "--tls-key-file", key, "--tls-ca-cert-file", certificate];
      await servers.startAt(port, "redis-server", ...options, ...files, "--dir", servers.folder);
      assertEquals(await ask(port, { type: "redis", tls: {} }), { ok: true, status: "L7OK", text: "PONG" });
      assertEquals((await ask(port, { type: "redis" })).ok, false);
      const seen = await ask(port, { type: "tls", tls: {}, warnDays: 14 });
      assertEquals([seen.ok, seen.certificate?.ending], [true, true]);
      assertEquals((await ask(port, { type: "tls", tls: {}, warnDays: 14, failDays: 1 })).status, "L7RSP");
    }),
);

testWith(
  ["root", "program:mariadbd"],
  "MYSQL_CHECK: the greeting, and logins that are good and bad",
  () =>
    beside(async (servers) => {
      const port = await servers.mariadb();
      await until("it has started", async () => (await ask(port, { type: "mysql" })).ok, 60_000);
      const good = await ask(port, { type: "mysql", userName: "probe" });
      assertEquals([good.ok, good.status], [true, "L7OK"], good.text);
      assert(/^version \S*MariaDB/.test(good.text), good.text);
      assertEquals(await ask(port, { type: "mysql" }), good);
      for (const userName of ["secret", "nobody"]) {
        const { status, code, text } = await ask(port, { type: "mysql", userName });
        assertEquals([status, code], ["L7STS", 1045], text);
        assert(text.startsWith("error 1045: Access denied for user"), text);
      }
    }),
);

testWith(
  ["root", "program:pg_lsclusters"],
  "POSTGRESQL_CHECK: the question for TLS, and the beginning of a session",
  () =>
    beside(async (servers) => {
      const port = await servers.postgresql();
      const session = { type: "postgresql", userName: "postgres" } as const;
      await until("it has started", async () => (await ask(port, session)).ok, 60_000);
      assertEquals(await ask(port, { type: "postgresql" }), { ok: true, status: "L7OK", text: "speaks no TLS" });
      assertEquals(await ask(port, session), { ok: true, status: "L7OK", text: "wants a password (SASL)" });
    }),
);

const GRPC_SERVER = `
import grpc, sys
from concurrent import futures
names = {b"": b"\\x08\\x01", b"\\x0a\\x03bad": b"\\x08\\x02"}
def check(request, context):
    if request not in names: context.abort(grpc.StatusCode.NOT_FOUND, "unknown service")
    return names[request]
server = grpc.server(futures.ThreadPoolExecutor(2))
if len(sys.argv) > 3:
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(
        "grpc.health.v1.Health", {"Check": grpc.unary_unary_rpc_method_handler(check)}),))
if sys.argv[2] == "plain": server.add_insecure_port("127.0.0.1:" + sys.argv[1])
else:
    key, certificate = [open(sys.argv[2] + name, "rb").read() for name in ("key.pem", "cert.pem")]
    server.add_secure_port("127.0.0.1:" + sys.argv[1], grpc.ssl_server_credentials([(key, certificate)]))
server.start()
server.wait_for_termination()
`;

testWith(
  ["file:/usr/lib/python3/dist-packages/grpc/__init__.py"],
  "GRPC_CHECK against gRPC's own server, with TLS and without",
  () =>
    beside(async (servers) => {
      const start = async (...words: string[]): Promise<number> => {
        const port = servers.freePort();
        await servers.startAt(port, "/usr/bin/python3", "-c", GRPC_SERVER, String(port), ...words);
        return port;
      };
      const serving = { ok: true, status: "L7OK", text: "SERVING" } as const;
      const plain = await start("plain", "health");
      assertEquals(await ask(plain, { type: "grpc", service: "" }), serving);
      const bad = await ask(plain, { type: "grpc", service: "bad" });
      assertEquals(bad, { ok: false, status: "L7STS", code: 2, text: "bad is NOT_SERVING" });
      const unknown = await ask(plain, { type: "grpc", service: "some.Other" });
      assertEquals(unknown, { ok: false, status: "L7STS", code: 5, text: "NOT_FOUND: unknown service" });
      const without = await ask(await start("plain"), { type: "grpc", service: "" });
      assertEquals([without.status, without.code, without.text], ["L7STS", 12, "UNIMPLEMENTED: Method not found!"]);

      await Deno.writeTextFile(`${servers.folder}/cert.pem`, EXPIRED_CERTIFICATE);
      await Deno.writeTextFile(`${servers.folder}/key.pem`, EXPIRED_KEY);
      const secure = await start(`${servers.folder}/`, "health");
      assertEquals(await ask(secure, { type: "grpc", service: "", tls: { application: "h2" } }), serving);
      assertEquals((await ask(secure, { type: "grpc", service: "" })).ok, false);
    }),
);
