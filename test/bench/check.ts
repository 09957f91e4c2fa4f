// Reading and checking a large configuration: 10 000 virtual servers with 10 real servers each, beside `keepalived -t`.
import { holdfastCommand } from "../support/holdfast.ts";

const VIRTUAL_SERVERS = 10_000;
const ROUNDS = 5;

const file = await Deno.makeTempFile({ prefix: "holdfast-bench-", suffix: ".conf" });
try {
  Deno.writeTextFileSync(file, largeConfig());
  const bytes = (await Deno.stat(file)).size;
  const ours = [...holdfastCommand(), "check", "--no-interfaces", "-f", file];
  const theirs = ["keepalived", "-t", "-f", file];
  const rounds: { ms: number; peakMb: number }[][] = [];
  for (let round = 0; round < ROUNDS; round++) rounds.push([await measure(ours), await measure(theirs)]);
  const median = (index: number, name: "ms" | "peakMb"): number =>
    rounds.map((round) => round[index]?.[name] ?? 0).toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? 0;
  const ratio = (name: "ms" | "peakMb"): string => (median(0, name) / median(1, name)).toFixed(2);
  console.log(`check of a file of ${(bytes / 1e6).toFixed(1)} MB, median of ${ROUNDS}:`);
  console.log(
    `  time   Holdfast ${median(0, "ms").toFixed(0)} ms, keepalived ${median(1, "ms").toFixed(0)} ms, ratio ${
      ratio("ms")
    }`,
  );
  console.log(
    `  memory Holdfast ${median(0, "peakMb").toFixed(0)} MB (${
      (median(0, "peakMb") * 1e6 / bytes).toFixed(1)
    } times the file), ` +
      `keepalived ${median(1, "peakMb").toFixed(0)} MB, ratio ${ratio("peakMb")}`,
  );
} finally {
  await Deno.remove(file);
}

/** Wall time, and the greatest resident memory, as the kernel counts it while the process runs. */
async function measure([program = "", ...args]: string[]): Promise<{ ms: number; peakMb: number }> {
  const start = performance.now();
  const child = new Deno.Command(program, { args, stdout: "null", stderr: "null" }).spawn();
  let peakKb = 0;
  const watch = setInterval(() => {
    try {
      const match = Deno.readTextFileSync(`/proc/${child.pid}/status`).match(/VmHWM:\s+(\d+)/);
      peakKb = Math.max(peakKb, Number(match?.[1] ?? 0));
    } catch {
      // it has ended
    }
  }, 5);
  const { success } = await child.status;
  clearInterval(watch);
  if (!success) throw new Error(`${program} ${args.join(" ")} failed`);
  return { ms: performance.now() - start, peakMb: peakKb / 1000 };
}

function largeConfig(): string {
  const lines = ["global_defs {", "    router_id large", "}"];
  for (let index = 0; index < VIRTUAL_SERVERS; index++) {
    lines.push(`virtual_server 10.${index >> 8}.${index & 255}.1 80 {`);
    lines.push("    delay_loop 6", "    lb_algo wrr", "    lb_kind NAT", "    protocol TCP");
    for (let at = 1; at <= 10; at++) {
      lines.push(`    real_server 172.${16 + (index % 16)}.${(index >> 4) & 255}.${at} 80 {`, `        weight ${at}`);
      lines.push("        TCP_CHECK {", "            connect_timeout 3", "            retry 2", "        }", "    }");
    }
    lines.push("}");
  }
  return `${lines.join("\n")}\n`;
}
