import { assert, assertEquals } from "../../test/assert.ts";
import { Prng } from "../base/prng.ts";
import { loadConfig, type LoadInput } from "./load.ts";
import { partOf, ReadingMemory } from "./reading_memory.ts";
import { same } from "../base/same.ts";

const input = (text: string, path = "/etc/keepalived/keepalived.conf"): LoadInput => ({ path, text, hostName: "lab" });

function block(at: number, weight = 1, more = ""): string {
  return `virtual_server 10.0.${at >> 8}.${at & 255} 80 {
  delay_loop 2
  lb_algo wrr
  lb_kind NAT
  protocol TCP
${more}  real_server 10.1.0.1 80 {
    weight ${weight}
    TCP_CHECK {
      connect_timeout 3
    }
  }
}
`;
}

const HEAD = `global_defs {
  router_id lab
}
# a line
`;
const BLOCKS = Array.from({ length: 12 }, (_, at) => block(at));
const TEXT = HEAD + BLOCKS.join("");

/** Both ways say the same. @returns how much of the text was read */
function check(memory: ReadingMemory, text: string): void {
  const [quick, whole] = [memory.load(input(text)), loadConfig(input(text))];
  assertEquals(quick.diagnostics, whole.diagnostics, text);
  assert(same(quick.config, whole.config, "location"), text);
  assertEquals([...quick.sources], [...whole.sources]);
  assertEquals(quick.servers.map(({ from, to }) => [from, to]), whole.servers.map(({ from, to }) => [from, to]), text);
}

Deno.test("what stands in the same lines as before is not read again, and is the same object", () => {
  const memory = new ReadingMemory();
  const before = memory.load(input(TEXT)).config?.virtualServers ?? [];
  const text = HEAD + BLOCKS.with(7, block(7, 5)).join("");
  const after = memory.load(input(text)).config?.virtualServers ?? [];
  assertEquals(after.map((server, at) => server === before[at]), before.map((_, at) => at !== 7));
  assertEquals(after[7]?.realServers[0]?.weight, 5);
  assertEquals(after[7]?.location.line, 5 + 7 * 12);
});

Deno.test("only what is new is left to be read", () => {
  const { servers, diagnostics } = loadConfig(input(TEXT));
  const read = { path: "x", text: TEXT, servers, diagnostics };
  const text = HEAD + BLOCKS.toSpliced(3, 2, block(99, 5)).join("");
  assertEquals(partOf(read, text)?.text, HEAD + block(99, 5));
  assertEquals(partOf(read, "global_defs {\n}\n"), undefined);
  assertEquals(partOf(read, TEXT)?.text, HEAD);
});

Deno.test("places in what is said are those of the text, whatever moved", () => {
  const memory = new ReadingMemory();
  check(memory, TEXT);
  check(memory, `# a new line\n${HEAD}${BLOCKS.join("")}`);
  check(memory, `# a new line\n${HEAD}${BLOCKS.with(2, block(2, 1, "  quorum 9\n")).join("")}`);
  check(memory, `${HEAD}${BLOCKS.with(2, block(2, 1, "  quorum 9\n")).join("")}${block(3)}`);
  check(memory, TEXT);
});

Deno.test("what may depend on other lines or on this machine is read again", () => {
  for (const line of ["$A=1", "@lab router_id x", "  ~LST", "include /none.conf"]) {
    const memory = new ReadingMemory();
    check(memory, TEXT);
    check(memory, `${TEXT}${line}\n`);
    check(memory, TEXT);
  }
  const memory = new ReadingMemory();
  let asked = 0;
  const host = { interfaceNames: () => [], hasUser: () => true, script: (): undefined => void asked++ };
  const text = HEAD + BLOCKS.with(4, block(4, 1, '  quorum_up "/bin/true"\n')).join("");
  for (let round = 1; round < 4; round++) {
    memory.load({ ...input(text), host: host as unknown as NonNullable<LoadInput["host"]> });
    assertEquals(asked, round);
  }
});

Deno.test("edits at random, and braces that are missing, read as if nothing had been known", () => {
  const random = new Prng(20_261_121);
  const pick = (count: number): number => Math.floor(random.next() * count);
  for (let life = 0; life < 40; life++) {
    const memory = new ReadingMemory();
    let lines = TEXT.split("\n");
    for (let edit = 0; edit < 12; edit++) {
      const at = pick(lines.length);
      const line = lines[at] ?? "";
      const ways = [
        () => lines.toSpliced(at, 1),
        () => lines.toSpliced(at, 0, line),
        () => lines.with(at, line.replace(/\d+/, String(pick(300)))),
        () => lines.toSpliced(at, 0, ...block(100 + pick(50)).split("\n")),
        () => lines.toSpliced(at, 12),
        () => lines.with(at, `${line} }`),
        () => lines.with(at, `${line} {`),
        () => lines.toSpliced(at, 0, "", "! said"),
        () => lines.with(at, `  ${line}`),
        () => lines.with(at, line.replace("}", "")),
        () => lines.toSpliced(at, 0, 'vrrp_instance "A'),
        () => TEXT.split("\n"),
      ];
      lines = ways[pick(ways.length)]?.() ?? lines;
      check(memory, lines.join("\n"));
    }
  }
});
