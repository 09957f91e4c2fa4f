import { assert, assertEquals, assertStringIncludes } from "../../test/assert.ts";
import { configOf } from "../../test/support/config_values.ts";
import { hasRedactedSecrets, whyNotOverApi } from "./config_guard.ts";

interface Changes {
  readonly global?: string;
  readonly instance?: string;
  readonly server?: string;
  readonly more?: string;
}

/** A configuration with further lines in it. */
function text({ global = "script_user nobody", instance = "", server = "", more = "" }: Changes = {}): string {
  return `global_defs {
    ${global}
}
vrrp_script chk {
    script "/usr/bin/check one"
}
vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    virtual_ipaddress {
        192.0.2.1/24
    }
    ${instance}
}
virtual_server 192.0.2.1 80 {
    lvs_sched rr
    lvs_method NAT
    protocol TCP
    real_server 198.51.100.1 80 {
        ${server}
    }
}
${more}
`;
}

function why(changes: Changes): string {
  return whyNotOverApi(configOf(text()), configOf(text(changes))) ?? "";
}

Deno.test("priorities, addresses, servers, and checks without commands come over the API", () => {
  assertEquals(why({}), "");
  assertEquals(why({ instance: "priority 90" }), "");
  assertEquals(why({ server: "HTTP_GET {\n url {\n path /health\n status_code 200\n }\n }" }), "");
  assertEquals(why({ instance: `notify_master "/usr/bin/check one"` }), "", "a command that is there already");
});

Deno.test("commands, files and who scripts run as do not", () => {
  for (
    const [changes, named] of [
      [{ instance: `notify_master "/bin/rm -rf /"` }, "`/bin/rm -rf /`"],
      [{ instance: `notify_master "killall -9 sshd"` }, "`killall -9 sshd`"],
      [{ instance: `notify_master "/usr/bin/check one" root` }, "`/usr/bin/check one as root`"],
      [{ server: `notify_up "/bin/sh evil"` }, "`/bin/sh evil`"],
      [{ server: `MISC_CHECK {\n misc_path "/tmp/x"\n }` }, "`/tmp/x`"],
      [{ more: "track_file t {\n file /etc/cron.d/x\n init_file 1 overwrite\n}" }, "`/etc/cron.d/x`"],
      [{ global: "script_user nobody\n notify_fifo /etc/passwd" }, "`/etc/passwd`"],
      [{ global: "script_user nobody\n config_save_dir /etc/cron.daily" }, "`/etc/cron.daily`"],
    ] as const
  ) {
    const problem = why(changes);
    assertStringIncludes(problem, "brings no commands and files");
    assertStringIncludes(problem, named);
  }
  assertStringIncludes(why({ global: "script_user root" }), "as whom scripts run");
});

Deno.test("nor does whom to trust", () => {
  const yaml = (role: string): ReturnType<typeof configOf> =>
    configOf(
      `api:
  users: [{ name: olivia, password: works, role: ${role} }]
vrrp_instance:
  VI_1: { interface: eth0, virtual_router_id: 51, virtual_ipaddress: [192.0.2.1/24] }
`,
      "holdfast.yaml",
    );
  assertEquals(whyNotOverApi(yaml("operator"), yaml("operator")), undefined);
  assertStringIncludes(whyNotOverApi(yaml("operator"), yaml("admin")) ?? "", "whom to trust");
});

Deno.test("the password for mails is not sent to another server", () => {
  const yaml = (server: string, login: string): ReturnType<typeof configOf> =>
    configOf(
      `global_defs:
  smtp_server: ${server}
  ${login}
vrrp_instance:
  VI_1: { interface: eth0, virtual_router_id: 51, virtual_ipaddress: [192.0.2.1/24] }
`,
      "holdfast.yaml",
    );
  const login = "smtp_password_file: /etc/mail.secret\n  smtp_user: lb";
  const whyNot = (server: string, more: string): string =>
    whyNotOverApi(yaml("192.0.2.25", more), yaml(server, more)) ?? "";
  assertEquals(whyNot("192.0.2.25", login), "");
  assertStringIncludes(whyNot("203.0.113.1", login), "the password for mails");
  assertEquals(whyNot("203.0.113.1", "router_id: lb1"), "", "without one it may be another");
});

Deno.test("a text with REDACTED in place of a secret is known", () => {
  const authentication = (secret: string): ReturnType<typeof configOf> =>
    configOf(text({ instance: `version 2\n authentication {\n auth_type PASS\n auth_pass ${secret}\n }` }));
  assert(hasRedactedSecrets(authentication("REDACTED")));
  assert(!hasRedactedSecrets(authentication("secret")));
});
