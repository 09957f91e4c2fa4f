// Lines of a configuration that are spoilt one at a time, under Debian's keepalived and read by us: what it runs with, we do not
// refuse, and what it complains of, we do not pass over. And commands, which both must split into the same words.
import { commandWords } from "../../../src/base/command_words.ts";
import type { DiagnosticCode } from "../../../src/config/diagnostic.ts";
import { loadConfig } from "../../../src/config/load.ts";
import { assert, assertEquals } from "../../assert.ts";
import { BackgroundProcess, pause, run, tryRun } from "../../support/command.ts";
import { testWith } from "../../support/requirements.ts";

const NAMESPACE = "hfconf";
const NEEDS = ["root", "program:ip", "program:keepalived"] as const;
/** Exit statuses with which keepalived does not run: what is fatal to it, and its crashes. */
const FATAL = [1, 2, 134, 139];
/** What later releases know, and what ends `-t` of 2.2.7 early. */
const NOT_IN_THIS_ONE =
  /^\s*(net_namespace|vrrp_iptables|snmp_vs_stats|state_dump_file|sni_name|tls_compliant|timer_expired_backup)/;

/** Errors of ours about what keepalived complains of and leaves out: an address, a block, a whole instance that was meant. */
const REFUSED: ReadonlySet<DiagnosticCode> = new Set([
  "invalid-address",
  "missing-brace",
  "extra-brace",
  "missing-vrid",
  "missing-interface",
  "unterminated-quote",
]);
/** Words of lines in lists, without which keepalived leaves out what stands before them. */
const REFUSED_WORDS = /`(track_group|label|weight|max_ttl)` needs|a line of `interface_up_down_delays` needs/;
/** In a file of their own these end keepalived; in this one the process that reads them is not waited for. */
const FATAL_ELSEWHERE = /`((source|neighbou?r)_ip|m(in|ax)_\w+|multiplier)` needs/;

/** What keepalived complains of and we do not. */
const PASSED_OVER: readonly (readonly [why: string, message: RegExp])[] = [
  ["found when a mail is sent", /Invalid smtp server/],
  ["of this machine", /uid\/gid|default user|cpu_id|not found for rule|track script chk not found/],
  ["later releases take it", /vrrp script (interval|timeout) '[\d.]+'|invalid number '[\d.]+'/],
  ["later releases take it, too", /Invalid (metric|MTU|weight) 0x10|invalid number '0x10'/],
  [
    "said at another line",
    /global_tracking is deprecated|BFD both not configured|one packet scheduling|has port specified/,
  ],
  ["not missed by anybody", /extra characters|Table 0|has empty label|No or too many names/],
  ["twice, where either is meant", /nftables already|VMAC interface name already|SSL \w+file already|is a duplicate/],
  ["a network mask is guessed to be of IPv6", /Address family of virtual server/],
];

testWith(
  NEEDS,
  "each line of a configuration, spoilt: what keepalived runs with is not refused, its complaints are ours",
  async () => {
    const text = readEverything();
    await inNamespace(async () => {
      const usual = { theirs: new Set((await keepalived(text)).said), ours: new Set(read(text).said) };
      const wrong: string[] = [];
      let fatal = 0;
      const cases = spoilt(text);
      await Promise.all([0, 1].map(async (half) => {
        for (const [index, { line, what, text }] of cases.entries()) {
          if (index % 2 !== half) continue;
          const theirs = await keepalived(text);
          const ours = read(text);
          const about = `line ${line + 1}, ${what}: ${text.split("\n")[line]?.trim()}`;
          if (FATAL.includes(theirs.code)) fatal++;
          else if (ours.errors.length > 0) wrong.push(`${about}: refused: ${ours.errors.join("; ")}`);
          else if (ours.said.every((message) => usual.ours.has(message))) {
            const complaints = theirs.said.filter((message) => !usual.theirs.has(message) && !isPassedOver(message));
            if (complaints.length > 0) wrong.push(`${about}: passed over: ${complaints.join("; ")}`);
          }
        }
      }));
      console.log(`${cases.length} spoilt configurations, ${fatal} of which end keepalived`);
      assert(cases.length > 1000 && fatal > 50 && fatal < cases.length / 2);
      assertEquals(wrong, []);
    });
  },
);

testWith(NEEDS, "commands have the words that keepalived gives them", async () => {
  const program = "/usr/bin/true";
  const commands = [
    [`notify_master`, `'${program} n "x y"'`],
    [`notify_backup`, `${program}\\ bb`],
    [`notify_fault`, `"${program} 'f f' \\"a\\\\\\\\b\\"" root`],
    [`notify_stop`, `"${program} \\"a b\\" c\\#d"`],
    [`notify`, `"${program} a\\!b \\x41\\102" # c`],
  ];
  const lines = commands.map((words) => words.join(" ")).join("\n");
  const text = `global_defs {\nenable_script_security\nscript_user root\n}\nvrrp_instance VI_1 {\ninterface eth0\n` +
    `virtual_router_id 51\n${lines}\nvirtual_ipaddress {\n192.0.2.9/24\n}\n}\n`;
  await inNamespace(async () => {
    const folder = await Deno.makeTempDir({ prefix: "holdfast-conf-" });
    await Deno.writeTextFile(`${folder}/keepalived.conf`, text);
    const pids = ["-p", "-r", "-c"].flatMap((option) => [option, `${folder}/pid${option}`]);
    const process = new BackgroundProcess([
      ...["ip", "netns", "exec", NAMESPACE, "keepalived", "--vrrp", "-n", "-l", "-d"],
      ...pids,
      ...["-f", `${folder}/keepalived.conf`],
    ]);
    const logged = (): string[] =>
      process.output.split("\n").map((line) => /transition script = (.*), uid:gid/.exec(line)?.[1] ?? "").filter(
        Boolean,
      );
    for (let tries = 0; tries < 600 && logged().length < commands.length; tries++) await pause(100);
    await process.stop();
    await Deno.remove(folder, { recursive: true });
    const { config } = loadConfig({ path: "keepalived.conf", text, hostName: "director" });
    const ours = Object.values(config?.vrrpInstances[0]?.notifications ?? {}).flatMap((script: unknown) => {
      if (typeof script !== "object" || script === null || !("command" in script)) return [];
      const words = commandWords(String(script.command));
      return words.ok ? [words.value.map((word) => `'${word}'`).join(" ")] : [];
    });
    assertEquals(ours.toSorted(), logged().toSorted());
    assertEquals(ours.length, commands.length);
  });
});

/** The golden configuration with every keyword, as far as 2.2.7 knows them. */
function readEverything(): string {
  const text = Deno.readTextFileSync(new URL("../../golden/config/everything.conf", import.meta.url));
  return text.replace(/ *auth_hmac \{[^}]*\}\n/, "").split("\n").filter((line) => !NOT_IN_THIS_ONE.test(line)).join(
    "\n",
  );
}

/** Every line once in each of several wrong ways. */
function spoilt(text: string): { readonly line: number; readonly what: string; readonly text: string }[] {
  const lines = text.split("\n");
  return lines.flatMap((whole, line) => {
    const [, indent = "", keyword = "", rest = "", brace = ""] = /^(\s*)([^\s#!}]\S*)(.*?)(\s*\{?\s*)$/.exec(whole) ??
      [];
    if (keyword === "" || rest.includes('"')) return [];
    const words = rest.trim() === "" ? [] : rest.trim().split(/\s+/);
    const put = (what: string, ...others: readonly string[]): { line: number; what: string; text: string } => {
      const changed = `${indent}${[keyword, ...others].join(" ")}${brace}`;
      return { line, what, text: lines.with(line, changed).join("\n") };
    };
    return [
      put("with a word more", ...words, "extra"),
      ...(whole.includes("{") ? [] : [{ line, what: "twice", text: lines.toSpliced(line, 0, whole).join("\n") }]),
      ...(words.length === 0 ? [] : [put("without words", ...[])]),
      ...words.flatMap((_, at) =>
        ["zzz", "-1", "999999999999"].map((word) => put("with a wrong word", ...words.with(at, word)))
      ),
    ];
  });
}

async function keepalived(text: string): Promise<{ code: number; said: string[] }> {
  const path = await Deno.makeTempFile({ prefix: "holdfast-", suffix: ".conf" });
  await Deno.writeTextFile(path, text);
  const { code, output } = await tryRun("ip", "netns", "exec", NAMESPACE, "keepalived", "-t", "-f", path);
  await Deno.remove(path);
  const said = output.split("\n").map((line) => line.replace(/^\(.*?Line \d+\) /, "")).filter((line) => line !== "");
  return { code, said: [...new Set(said)] };
}

function read(text: string): { errors: string[]; said: string[] } {
  const { diagnostics } = loadConfig({ path: "F", text, hostName: "director" });
  return {
    errors: diagnostics.filter(({ severity, code, message }) =>
      severity === "error" && !REFUSED.has(code) && !REFUSED_WORDS.test(message) && !FATAL_ELSEWHERE.test(message)
    ).map(({ code, message }) => `${code}: ${message}`),
    said: diagnostics.map(({ message }) => message),
  };
}

function isPassedOver(message: string): boolean {
  return PASSED_OVER.some(([, pattern]) => pattern.test(message));
}

async function inNamespace(body: () => Promise<void>): Promise<void> {
  await tryRun("ip", "netns", "delete", NAMESPACE);
  await run("ip", "netns", "add", NAMESPACE);
  try {
    await run("ip", "-n", NAMESPACE, "link", "add", "eth0", "type", "veth", "peer", "name", "eth1");
    for (const name of ["lo", "eth0", "eth1"]) await run("ip", "-n", NAMESPACE, "link", "set", name, "up");
    await run("ip", "-n", NAMESPACE, "address", "add", "192.0.2.1/24", "dev", "eth0");
    await body();
  } finally {
    await run("ip", "netns", "delete", NAMESPACE);
  }
}
