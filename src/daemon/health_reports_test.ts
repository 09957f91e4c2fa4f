import { assertEquals } from "../../test/assert.ts";
import type { VirtualServerSnapshot } from "../ports/snapshot.ts";
import { HealthReports } from "./health_reports.ts";
import type { HealthReport } from "./messages.ts";

function reportOf(names: string, part?: HealthReport["part"]): HealthReport {
  const virtualServers = [...names].map((name) => ({ name }) as VirtualServerSnapshot);
  return { type: "health", virtualServers, ...(part && { part }) };
}

/** @returns whether there is another whole report */
function take(reports: HealthReports, message: HealthReport): boolean {
  let isChanged = false;
  reports.take(message, () => isChanged = true);
  return isChanged;
}

function namesIn(reports: HealthReports): string {
  return reports.whole.virtualServers.map(({ name }) => name).join("");
}

function part(generation: number, from: number, isLast = false): HealthReport["part"] {
  return { generation, from, isLast };
}

Deno.test("HealthReports shows a report when its last part is there", () => {
  const reports = new HealthReports();
  assertEquals(take(reports, reportOf("ab", part(1, 0))), false);
  assertEquals([take(reports, reportOf("cd", part(1, 2))), namesIn(reports)], [false, ""]);
  assertEquals([take(reports, reportOf("e", part(1, 4, true))), namesIn(reports)], [true, "abcde"]);
  assertEquals([take(reports, reportOf("xy")), namesIn(reports)], [true, "xy"]);
  reports.clear();
  assertEquals(namesIn(reports), "");
});

Deno.test("HealthReports keeps what it knows in the place of a part that was lost", () => {
  const reports = new HealthReports();
  take(reports, reportOf("abcdef", part(1, 0, true)));
  take(reports, reportOf("AB", part(1, 0)));
  assertEquals([take(reports, reportOf("EF", part(1, 4, true))), namesIn(reports)], [true, "ABcdEF"]);
  // The first is lost, after half of a round.
  take(reports, reportOf("12", part(1, 0)));
  assertEquals([take(reports, reportOf("3456", part(1, 2, true))), namesIn(reports)], [true, "123456"]);
  assertEquals([take(reports, reportOf("gh", part(1, 4, true))), namesIn(reports)], [true, "1234gh"]);
});

Deno.test("HealthReports mixes no reports of two configurations", () => {
  const reports = new HealthReports();
  take(reports, reportOf("abcdef", part(1, 0, true)));
  assertEquals(take(reports, reportOf("EF", part(2, 4, true))), false);
  take(reports, reportOf("AB", part(2, 0)));
  assertEquals([take(reports, reportOf("EF", part(2, 4, true))), namesIn(reports)], [false, "abcdef"]);
  take(reports, reportOf("AB", part(2, 0)));
  take(reports, reportOf("CD", part(2, 2, true)));
  assertEquals(namesIn(reports), "ABCD");
});
