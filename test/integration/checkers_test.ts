// Checkers under keepalived and under Holdfast, with the same configuration and the same servers that fall ill and get well: the
// same table in the VM's kernel, but for the differences that docs/interop_checks.md lists.
import { assertEquals } from "../assert.ts";
import { DIFFERENCES, SAME } from "../interop/checks/beside_keepalived.ts";
import { CASES } from "../interop/checks/cases.ts";
import type { CheckCase } from "../interop/checks/check_case.ts";
import { realPortOf, Ward } from "../interop/checks/ward.ts";
import { BackgroundProcess, pause, run, until } from "../support/command.ts";
import { holdfastCommand } from "../support/holdfast.ts";
import { testWith } from "../support/requirements.ts";
import { inside } from "../support/two_hosts.ts";

const DELAY_LOOP = 4;
/** An emulated and busy machine misses the checks' time limits of 2 s now and then. */
const LIMIT_MS = 180_000;
/** Every server has been asked again after this, ms. */
const ROUND_MS = (DELAY_LOOP + 3) * 1000;

const DIFFERENT = Object.entries(DIFFERENCES).flatMap(([name, { onHostOnly }]) => onHostOnly ? [] : [name]);
const cases = CASES.filter(({ name }) => SAME.includes(name) || DIFFERENT.includes(name));
const NEEDS = ["ip", "ipvsadm", "keepalived", "nft", "nginx"].map((name) => `program:${name}` as const);

testWith(
  ["root", ...NEEDS],
  "the same table as keepalived's when servers fail, but for what is documented",
  async () => {
    assertEquals(cases.length, SAME.length + DIFFERENT.length);
    await run("modprobe", "ip_vs");
    const ward = await Ward.create("hfvm", ["web"], cases);
    const file = `${ward.folder}/checks.conf`;
    await Deno.writeTextFile(file, ward.configuration(DELAY_LOOP));
    const pids = ["pid", "vrrp_pid", "checkers_pid"].map((name) => `--${name}=${ward.folder}/${name}`);
    const keepalived = ["keepalived", "--dont-fork", "--log-console", `--use-file=${file}`, ...pids];
    const holdfast = [...holdfastCommand(), "run", "--api", "off", "--journal", "off", "-f", file];
    try {
      const ofKeepalived = await illAndWell(ward, keepalived, ({ name, ill }) => DIFFERENCES[name]?.state ?? ill.state);
      const ofHoldfast = await illAndWell(ward, holdfast, ({ ill }) => ill.state);
      assertEquals(ofHoldfast, ofKeepalived);
    } finally {
      await ward.close();
    }
  },
);

/** Tables of the cases that are the same: all well, all ill, well again, after the end. */
async function illAndWell(
  ward: Ward,
  command: readonly string[],
  wanted: (one: CheckCase) => "up" | "down",
): Promise<string[][]> {
  const tables: string[][] = [];
  const program = new BackgroundProcess(inside(ward.hosts.a, command));
  const comes = async (what: string, states: (one: CheckCase) => "up" | "down"): Promise<void> => {
    const begun = Date.now();
    let [wrong, saved]: [string[], string] = [[], ""];
    const right = async (): Promise<boolean> => {
      await pause(300);
      saved = await table(ward);
      const there = realPorts(saved);
      wrong = cases.flatMap((one) => {
        const state = there.has(realPortOf(one)) ? "up" : "down";
        return state === states(one) ? [] : [`${one.name} is ${state}`];
      });
      return wrong.length === 0;
    };
    const tell = (): string => `${wrong.join("\n")}\n${program.output.slice(-3000)}`;
    await until(`${command[0]}: ${what}`, right, LIMIT_MS, tell);
    await pause(ROUND_MS);
    await until(`${command[0]}: still ${what}`, right, LIMIT_MS, tell);
    tables.push(ofTheSame(saved));
    console.log(`${command[0]}: ${what} after ${((Date.now() - begun) / 1000).toFixed()} s`);
  };
  try {
    await comes("all are well", () => "up");
    await ward.become("ill");
    await comes("all are ill", wanted);
    await ward.become("well");
    await comes("all are well again", () => "up");
  } finally {
    await program.stop(60_000);
  }
  tables.push(ofTheSame(await table(ward)));
  return tables;
}

async function table(ward: Ward): Promise<string> {
  return await run(...inside(ward.hosts.a, ["ipvsadm", "-Sn"]));
}

/** What `ipvsadm -Sn` says of the cases that are the same, sorted. A case has its port in its real server's line. */
function ofTheSame(saved: string): string[] {
  const different = new Set(cases.filter(({ name }) => DIFFERENT.includes(name)).map(realPortOf));
  return saved.split("\n").filter((line) => {
    const [port] = realPorts(line);
    return line.startsWith("-A") || (port !== undefined && !different.has(port));
  }).map((line) => line.trim()).sort();
}

function realPorts(saved: string): Set<number> {
  return new Set([...saved.matchAll(/^-a .* -r \S+:(\d+) /gm)].map(([, port]) => Number(port)));
}
