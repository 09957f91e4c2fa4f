import { assertEquals } from "../../../test/assert.ts";
import { EMPTY_STATES, ordersIn, parseInfo, parseProcesses, statesToKeep } from "./runtime_answers.ts";

Deno.test("a worker describes itself", () => {
  const text = "Name: HAProxy\nVersion: 2.6.12-1+deb12u4\nPid: 5220\nUptime_sec: 10\nCurrConns: 3\n";
  assertEquals(parseInfo(text), { pid: 5220, version: "2.6.12-1+deb12u4", uptimeSeconds: 10, currentConnections: 3 });
  for (const other of ["", "Pid: x\n", "Pid: 0\n", "pid: 1", "Pid: 99999999999999999999\n"]) {
    assertEquals(parseInfo(other), undefined);
  }
  assertEquals(parseInfo("Pid: 1\nVersion: \x1b[1m<b>\n")?.version, "1mb");
});

Deno.test("a master lists its workers, old ones apart", () => {
  const text = `#<PID>          <type>          <reloads>       <uptime>        <version>
5217            master          3 [failed: 1]   0d00h00m10s     2.6.12-1+deb12u4
# workers
5230            worker          0               0d00h00m01s     2.6.12-1+deb12u4
# old workers
5220            worker          1               0d00h00m10s     2.6.12-1+deb12u4
# programs

`;
  assertEquals(parseProcesses(text), { master: 5217, failedReloads: 1, workers: [5230], oldWorkers: [5220] });
  assertEquals(parseProcesses("nothing"), undefined);
  assertEquals(parseProcesses(`1 master 0\n${"2 worker 0\n".repeat(100_000)}`)?.workers.length, 2047);
});

const row = (name: string, admin: number, weight = 1, fqdn = "-"): string =>
  `2 b 1 ${name} 127.0.0.1 2 ${admin} ${weight} 1 10 15 3 3 6 0 0 0 ${fqdn} 80 - 0 0 - - 0`;

Deno.test("what a worker hands over: everything to a successor, orders only to a stranger", () => {
  const rows = [row("s1", 0), row("s2", 8), row("s3", 1), row("s4", 0, 5), row("s5", 5), row("s6", 8, 1, "a.example")];
  // `disabled` in haproxy.cfg, and given back by an operator.
  rows.push(row("s7", 4));
  const text = `${EMPTY_STATES}${rows.join("\n")}\n\n`;
  const named = rows[5]?.replace("127.0.0.1", "-");
  assertEquals(statesToKeep(text, "all")?.split("\n").slice(2), [...rows.slice(0, 5), named, rows[6], ""]);
  assertEquals(statesToKeep(text, "ordered")?.split("\n").slice(2), [rows[1], rows[2], rows[3], named, rows[6], ""]);
  assertEquals(statesToKeep(EMPTY_STATES, "all"), EMPTY_STATES);
  for (const other of ["", "2\n# be_id be_name srv_id srv_name\n", "1\nx\n", "Can't find backend."]) {
    assertEquals(statesToKeep(other, "all"), undefined);
  }
  assertEquals(statesToKeep(`${EMPTY_STATES}1 2 3\n`, "all"), EMPTY_STATES);
});

Deno.test("orders are the same whatever the checks say", () => {
  const orders = (line: string): string => ordersIn(`${EMPTY_STATES}${line}\n`);
  assertEquals(orders(row("s1", 8)), orders(row("s1", 8).replace(" 10 15 3 3 ", " 99 8 2 0 ")));
  assertEquals(orders(row("s1", 8)) === orders(row("s1", 1)), false);
});
