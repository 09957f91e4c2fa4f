import { assertEquals } from "../../../test/assert.ts";
import { hearAgent, missAgent, parseAgentLine, shareOf, SILENT_AGENT } from "./agent.ts";

Deno.test("parseAgentLine() reads HAProxy's words, in any case and order", () => {
  assertEquals(parseAgentLine("75%"), { percent: 75 });
  assertEquals(parseAgentLine("Up, READY\t100%"), { up: true, mode: "ready", percent: 100 });
  assertEquals(parseAgentLine("up ready 50% maxconn:30"), { up: true, mode: "ready", percent: 50 });
  for (const word of ["down", "fail", "stopped"]) assertEquals(parseAgentLine(word), { up: false });
  assertEquals(parseAgentLine("drain"), { mode: "drain" });
  assertEquals(parseAgentLine("maint"), { mode: "maint" });
  assertEquals(parseAgentLine("maxconn:30"), {});
  assertEquals(parseAgentLine("down # disk # full"), { up: false, reason: "disk # full" });
  assertEquals(parseAgentLine("down#full"), { up: false, reason: "full" });
});

Deno.test("parseAgentLine(): the later word counts, limits hold, others mean nothing", () => {
  assertEquals(parseAgentLine("up down 10% 20%"), { up: false, percent: 20 });
  assertEquals(parseAgentLine("999999999%"), { percent: 25_600 });
  assertEquals(parseAgentLine("SSH-2.0-OpenSSH_9.2"), undefined);
  for (const line of ["", "   ", "#down", "75", "-1%", "1.5%", "9999999999%", "maxconn:x", "\x00\xff", "updown"]) {
    assertEquals(parseAgentLine(line), undefined, line);
  }
  assertEquals(parseAgentLine("hello up"), { up: true });
});

Deno.test("what an agent does not say stays as it was, also when it is not heard", () => {
  let state = hearAgent(SILENT_AGENT, { percent: 50 }, "50%");
  state = hearAgent(state, { mode: "drain" }, "drain");
  assertEquals(state, { up: true, mode: "drain", percent: 50, said: "drain" });
  state = missAgent(state, "connection refused");
  assertEquals(state, { up: true, mode: "drain", percent: 50, said: "drain", silence: "connection refused" });
  assertEquals(hearAgent(state, { up: false }, "down"), { up: false, mode: "drain", percent: 50, said: "down" });
});

Deno.test("shareOf(): only 0 % of a weight is 0", () => {
  assertEquals([shareOf(100, 75), shareOf(1, 75), shareOf(3, 1), shareOf(100, 0), shareOf(10, 250)], [75, 1, 1, 0, 25]);
  assertEquals([shareOf(0, 200), shareOf(7, 100)], [0, 7]);
});
