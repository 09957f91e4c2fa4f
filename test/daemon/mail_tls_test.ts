// Mails over TLS with a login, as only holdfast.yaml can ask for: STARTTLS and TLS from the start, a wrong password, and a
// certificate that nobody knows.
import { assert, assertEquals } from "../assert.ts";
import { makeCertificate } from "../support/certificate.ts";
import { BackgroundProcess, run, until } from "../support/command.ts";
import { daemonTest as test } from "../support/daemon_test.ts";
import { inside } from "../support/two_hosts.ts";
import { startYaml, writeYaml } from "../support/yaml_daemon.ts";

const [TLS, STARTTLS] = [2465, 2587];
const PASSWORD = "s3cret pass";

function config(folder: string, { port, tls, ca = true }: { port: number; tls?: string; ca?: boolean }): string {
  return `global_defs:
  router_id: LB1
  notification_email: [ops@example.com]
  notification_email_from: lb1@example.com
  smtp_server: localhost ${port}
  smtp_connect_timeout: 2
  smtp_user: ops
  smtp_password_file: ${folder}/password
${tls === undefined ? "" : `  smtp_tls: ${tls}\n`}${ca ? `  smtp_ca_file: ${folder}/cert.pem\n` : ""}  smtp_alert: true
vrrp_instance:
  VI_1:
    interface: eth0
    virtual_router_id: 51
    version: 3
    advert_int: 0.1
    virtual_ipaddress: [10.9.0.100/24]
`;
}

test("mails go over TLS with a login, and neither to a stranger nor in the clear", "hfmailtls", async (lab) => {
  const folder = await Deno.makeTempDir({ prefix: "holdfast-mail-" });
  await makeCertificate(folder, "DNS:localhost");
  const program = new URL("../support/tls_mail_server.py", import.meta.url).pathname;
  const files = [`${folder}/cert.pem`, `${folder}/key.pem`, `${folder}/mails`];
  const server = new BackgroundProcess(inside(lab.hosts.a, ["python3", "-u", program, ...files]));
  const mails = (): { tls: boolean; login: boolean; text: string }[] => {
    try {
      return Deno.readTextFileSync(`${folder}/mails`).trim().split("\n").map((line) => JSON.parse(line));
    } catch {
      return [];
    }
  };
  const write = (settings: Parameters<typeof config>[1], password = PASSWORD): string => {
    Deno.writeTextFileSync(`${folder}/password`, `${password}\n`);
    return config(folder, settings);
  };
  let daemon: BackgroundProcess | undefined;
  const comes = async (what: string, condition: () => boolean | Promise<boolean>): Promise<void> =>
    await until(what, condition, 30_000, () => `${daemon?.output}\n---\n${server.output}`);
  const flap = async (): Promise<void> => {
    const link = async (state: string): Promise<string> =>
      await run("ip", "-n", lab.hosts.a.namespace, "link", "set", "dev", "eth0", state);
    await link("down");
    await comes("the link is lost", async () => (await lab.instances())[0]?.state === "fault");
    await link("up");
    await comes("it is master again", () => lab.has("10.9.0.100"));
  };
  const change = async (text: string): Promise<void> => {
    writeYaml(lab.hosts.a, folder, text);
    assertEquals((await lab.reload()).code, 0);
    await flap();
  };
  try {
    await comes("the mail server listens", () => server.output.includes("ready"));
    daemon = startYaml(lab.hosts.a, folder, write({ port: STARTTLS }));
    await comes("mails arrive by STARTTLS", () => mails().some(({ text }) => text.includes("MASTER state")));
    assert(mails().every(({ tls, login }) => tls && login));

    const before = mails().length;
    await change(write({ port: TLS, tls: "tls" }));
    await comes("mails arrive over TLS from the start", () => mails().length > before);

    await change(write({ port: TLS, tls: "tls" }, "wrong"));
    await comes(
      "a wrong password is a warning",
      () => /was not sent: .*535 wrong name or password/.test(daemon?.output ?? ""),
    );
    const count = mails().length;
    await change(write({ port: TLS, tls: "tls", ca: false }));
    await comes(
      "a stranger's certificate is a warning",
      () => /was not sent: .*(certificate|UnknownIssuer|self.signed)/i.test(daemon?.output ?? ""),
    );
    assertEquals(mails().length, count);
    assert(!daemon.output.includes(PASSWORD), "the password is in no log");
  } finally {
    await daemon?.killTree();
    await server.killTree();
    await Deno.remove(folder, { recursive: true });
  }
});
