// What many checks a second cost, and how late they are.
import { recordArrivals } from "./arrivals.ts";
import type { Scale } from "./configs.ts";
import { type Director, elapsed, pause, type Usage } from "./director.ts";
import type { Table } from "./result_table.ts";

/** Where all real servers answer: nginx. */
export const CHECK_PORT = 8000;

/** So many servers, ten behind each virtual server, each checked once a second. */
export function checkedScale(count: number): Scale {
  return { virtualServers: count / 10, realServers: 10, checkPort: CHECK_PORT };
}

/** Watches a director that checks so many servers, which all answer. */
export async function measureLoad(
  director: Director,
  { count, seconds, folder }: { readonly count: number; readonly seconds: number; readonly folder: string },
  results: Table,
): Promise<void> {
  const { kind } = director;
  const title = `${count} checks`;
  const isChecked = (): boolean => director.log.match(/ success\./g)?.length === count;
  const firstMs = await elapsed("the first check of each server", director.startedMs, () => isChecked(), 500);
  results.set(`${title}: from start until each was made once, ms`, kind, firstMs);
  await pause(5000);
  const before = director.usage();
  const lateness = await recordArrivals(CHECK_PORT, seconds, folder);
  const after = director.usage();
  results.set(`${title}: made per second`, kind, lateness.checks / seconds);
  results.set(`${title}: late by, ms, p50`, kind, lateness.p50);
  results.set(`${title}: late by, ms, p99`, kind, lateness.p99);
  results.set(`${title}: late by, ms, at most`, kind, lateness.greatest);
  results.set(`${title}: processor, % of a core`, kind, percent(before, after, seconds));
  results.set(
    `${title}: processor, µs for each`,
    kind,
    percent(before, after, seconds) * 10_000 * seconds / lateness.checks,
  );
  results.set(`${title}: resident memory, MB`, kind, after.residentMb);
  const shares = Object.entries(after.shareMb);
  results.set(`${title}: what is shared counted once, MB`, kind, shares.reduce((sum, [, mb]) => sum + mb, 0));
  console.log(`${kind} with ${title}: ${cpuText(before, after, seconds)}`);
  console.log(`${kind} with ${title}, MB: ${shares.map(([role, mb]) => `${role} ${mb.toFixed(0)}`).join(", ")}`);
}

/** Processor time of all roles. */
function percent(before: Usage, after: Usage, seconds: number): number {
  const total = ({ cpuMs }: Usage): number => Object.values(cpuMs).reduce((sum, ms) => sum + ms, 0);
  return (total(after) - total(before)) / (seconds * 10);
}

/** The same role by role. */
export function cpuText(before: Usage, after: Usage, seconds: number): string {
  return Object.keys(after.cpuMs).map((role) => {
    return `${role} ${(((after.cpuMs[role] ?? 0) - (before.cpuMs[role] ?? 0)) / (seconds * 10)).toFixed(1)} %`;
  }).join(", ");
}
