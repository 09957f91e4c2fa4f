// The checks that keepalived does not have, by the daemon: an agent, a certificate, Redis. Real servers: test/interop/checks.
import { assert, assertEquals, assertStringIncludes } from "../assert.ts";
import { BackgroundProcess, tryRun } from "../support/command.ts";
import { EXPIRED_CERTIFICATE, EXPIRED_KEY } from "../support/expired_certificate.ts";
import { pairTest } from "../support/pair.ts";
import { inside } from "../support/two_hosts.ts";

/** Says the line of a file to everyone who comes: 9000. Speaks TLS: 9443. Answers as Redis with a password: 9379. */
const SERVERS = `
import socket, ssl, sys, threading
folder = sys.argv[1]
def serve(port, treat, wrap=lambda connection: connection):
    listener = socket.create_server(("10.9.0.1", port))
    def loop():
        while True:
            connection = listener.accept()[0]
            try:
                treat(wrap(connection))
            except (OSError, AssertionError): pass
            connection.close()
    threading.Thread(target=loop).start()
def agent(connection):
    assert connection.recv(100) == b"web 1\\n"
    connection.sendall(open(folder + "/line", "rb").read())
def redis(connection):
    assert b"hunter2" in connection.recv(100)
    connection.sendall(b"+OK\\r\\n")
    connection.recv(100)
    connection.sendall(b"+PONG\\r\\n")
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(folder + "/both.pem")
serve(9000, agent)
serve(9443, lambda connection: connection.recv(1), lambda connection: context.wrap_socket(connection, server_side=True))
serve(9379, redis)
print("ready", flush=True)
`;

function config(folder: string, delay: number): string {
  return `virtual_server:
  - address: 10.9.0.100
    port: 80
    delay_loop: 0.3
    lvs_sched: wrr
    lvs_method: NAT
    protocol: TCP
    real_server:
      - address: 10.9.0.1
        port: 80
        weight: 20
        AGENT_CHECK: {connect_port: 9000, send: web 1, delay_loop: ${delay}}
        TLS_CHECK: {connect_port: 9443, warn_days: 30}
        REDIS_CHECK: {connect_port: 9379, password_file: ${folder}/password, retry: 0}
`;
}

pairTest("an agent, a certificate and Redis are checked, shown, logged and counted", "hfowncheck", async (pair) => {
  const { hosts: { a }, folder, start, holdfast, comes } = pair;
  const file = `${folder}/holdfast.yaml`;
  const say = (line: string): void => Deno.writeTextFileSync(`${folder}/line`, `${line}\n`);
  say("up ready 100%");
  Deno.writeTextFileSync(`${folder}/both.pem`, `${EXPIRED_CERTIFICATE}\n${EXPIRED_KEY}`);
  Deno.writeTextFileSync(`${folder}/password`, "hunter2\n");
  Deno.writeTextFileSync(file, config(folder, 0.3));
  const background = new BackgroundProcess(inside(a, ["python3", "-c", SERVERS, folder]));
  try {
    await comes("the servers listen", () => background.output.includes("ready"));
    const daemon = start(a, "", "-f", file, "--api", "127.0.0.1:8404", "--journal", `${folder}/journal`);
    const servers = async (): Promise<string> => (await holdfast(a, "servers", "10.9.0.100")).output;
    const shows = (text: string): Promise<void> => comes(text, async () => (await servers()).includes(text));

    await shows("TLS_CHECK: its certificate has expired");
    await shows("live weight 20");
    say("50%");
    await shows("its agent wants 50% of its weight: 10; the configuration says 20");
    say("maint");
    await shows("its agent put it into maintenance (maint)");
    // What the agent said holds while the configuration changes, and when the agent is not heard.
    say("no word");
    Deno.writeTextFileSync(file, config(folder, 0.4));
    assertEquals((await holdfast(a, "reload")).code, 0);
    assertStringIncludes(await servers(), "its agent put it into maintenance (maint)");
    await shows("its agent is not heard (no word of an agent: no word)");
    say("ready down # disk full");
    await shows("AGENT_CHECK fails: ready down # disk full");
    say("up 100%");
    await shows("live weight 20");
    Deno.writeTextFileSync(`${folder}/password`, "swordfish\n");
    await shows("REDIS_CHECK fails: connection closed before the answer to AUTH");

    const { output: metrics } = await tryRun(...inside(a, ["curl", "-s", "-m", "5", "http://127.0.0.1:8404/metrics"]));
    const labels = '{vs="tcp 10.9.0.100:80",rs="10.9.0.1:80"}';
    assertStringIncludes(metrics, `holdfast_rs_certificate_expiry_timestamp_seconds${labels} 1580515200`);
    const status = await holdfast(a, "status");
    assertStringIncludes(status.output, "certificates end soon: 10.9.0.1:80 of tcp 10.9.0.100:80 (expired)");
    const journal = (await holdfast(a, "events")).output;
    assertStringIncludes(journal, "its agent says maint");
    assertStringIncludes(journal, "its certificate has expired");
    assertStringIncludes(daemon.output, "Agent of [10.9.0.1]:tcp:80 says maint");
    const converted = (await holdfast(a, "convert", "--to", "keepalived", file)).output;
    assertStringIncludes(
      converted,
      "warning: keepalived has no `AGENT_CHECK`, `TLS_CHECK`, `REDIS_CHECK`: left as comments",
    );
    assertStringIncludes(converted, "# only in holdfast.yaml: TLS_CHECK {");
    assert(!/hunter2|swordfish/.test(daemon.output + metrics + status.output + journal), "no password is told");
  } finally {
    await background.killTree();
  }
});
