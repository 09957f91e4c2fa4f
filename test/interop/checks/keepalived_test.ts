// All cases under keepalived: what it says is what Holdfast says (`checks_test.ts`), but for what docs/interop_checks.md lists.
// The kernel here may have no IPVS: a stand-in takes keepalived's orders, and tells them.
import { BackgroundProcess, pause, run, until } from "../../support/command.ts";
import { testWith } from "../../support/requirements.ts";
import { inside } from "../../support/two_hosts.ts";
import { DIFFERENCES, isComparedOnHost, isReadForEver } from "./beside_keepalived.ts";
import { CASES } from "./cases.ts";
import type { CheckCase } from "./check_case.ts";
import { realPortOf, Ward } from "./ward.ts";

const DELAY_LOOP = 2;
/** A machine with other work misses time limits now and then. */
const LIMIT_MS = 60_000;
/** Verdicts hold for so long: every server has been asked again. Answers without an end have brought none in it. */
const HOLD_MS = 9_000;
/** Servers that talk without an end keep keepalived busy, so that others would be late for it: they are tried apart. */
const ENDLESS = /without an end|flood|endless/;

const NEEDS = ["ip", "keepalived", "gcc", "nft", "nginx", "smtpd", "dnsmasq"].map((name) => `program:${name}` as const);

testWith(
  ["root", ...NEEDS],
  "keepalived: every checker, every way to fail: the verdicts that are documented",
  () => compare(CASES.filter((one) => isComparedOnHost(one) && !ENDLESS.test(one.name))),
);

testWith(
  ["root", ...NEEDS],
  "keepalived: answers without an end: the verdicts that are documented",
  () => compare(CASES.filter((one) => isComparedOnHost(one) && ENDLESS.test(one.name) && !isReadForEver(one))),
);

for (const one of CASES.filter(isReadForEver)) {
  testWith(
    ["root", ...NEEDS],
    `keepalived: ${one.name}: the verdict that is documented`,
    () => compare([one]),
  );
}

async function compare(cases: readonly CheckCase[]): Promise<void> {
  const ward = await Ward.create("hfchkk", ["web", "mail", "name"], cases);
  const { folder } = ward;
  const file = `${folder}/keepalived.conf`;
  await Deno.writeTextFile(file, ward.configuration(DELAY_LOOP));
  const source = new URL("../../bench/ipvs/no_ipvs.c", import.meta.url).pathname;
  await run("gcc", "-shared", "-fPIC", "-O2", "-o", `${folder}/no_ipvs.so`, source, "-ldl");
  const environment = ["env", `LD_PRELOAD=${folder}/no_ipvs.so`, "NO_IPVS_TELLS=yes"];
  const pids = ["pid", "vrrp_pid", "checkers_pid"].map((name) => `--${name}=${folder}/${name}`);
  const command = ["keepalived", "--dont-fork", "--log-console", "--check", `--use-file=${file}`, ...pids];
  const keepalived = new BackgroundProcess(inside(ward.hosts.a, [...environment, ...command]));
  const become = async (what: string, wanted: (one: CheckCase) => "up" | "down", holdMs: number): Promise<void> => {
    let wrong: string[] = [];
    const right = (): boolean => {
      const up = upIn(keepalived.output);
      wrong = cases.flatMap((one) => {
        const state = up.has(realPortOf(one)) ? "up" : "down";
        return state === wanted(one) ? [] : [`${one.name} is ${state}`];
      });
      return wrong.length === 0;
    };
    const tell = (): string => `${wrong.join("\n")}\n${keepalived.output.slice(-3000)}`;
    await until(what, right, LIMIT_MS, tell);
    await pause(holdMs);
    await until(`still ${what}`, right, LIMIT_MS, tell);
  };
  try {
    await become("all are well", () => "up", 0);
    await ward.become("ill");
    await become("all are ill", ({ name, ill }) => DIFFERENCES[name]?.state ?? ill.state, HOLD_MS);
    await ward.become("well");
    await become("all are well again", () => "up", 0);
  } finally {
    await keepalived.killTree(); // it, and checkers that read for ever
    await ward.close();
  }
}

/** The ports of the real servers that are in the table after these orders: 7 adds, 8 removes. */
function upIn(output: string): Set<number> {
  const up = new Set<number>();
  for (const [, order, port] of output.matchAll(/^ipvs ([789]) \S+:(\d+) weight \d+$/gm)) {
    if (order === "8") up.delete(Number(port));
    else up.add(Number(port));
  }
  return up;
}
