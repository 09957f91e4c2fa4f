// The moment that a `reload_time_file` names: `HH:MM:SS`, `YY-MM-DD HH:MM:SS` or `YYYY-MM-DD HH:MM:SS` in its first line, with
// `Z` for UTC, else in the host's time zone (keepalived.conf(5)).

const FORM = /^(?:(\d{2}|\d{4})-(\d\d)-(\d\d) )?(\d\d):(\d\d):(\d\d)(Z?)$/;

/** A moment, milliseconds since 1970. */
export interface ReloadTime {
  readonly atMs: number;
  /** Without a date: the next time that the clock shows it. */
  readonly daily: boolean;
}

/** @returns undefined when it is no time; one with a date may be in the past */
export function reloadTimeOf(text: string, nowMs: number): ReloadTime | undefined {
  const match = FORM.exec(text.split("\n", 1)[0] ?? "");
  if (match === null) return undefined;
  const [, yearText, ...others] = match;
  const zone = others.pop();
  const [month = 0, day = 0, hour = 0, minute = 0, second = 0] = others.map(Number);
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const at = (year: number, monthIndex: number, dayOfMonth: number): Date =>
    zone === "Z"
      ? new Date(Date.UTC(year, monthIndex, dayOfMonth, hour, minute, second))
      : new Date(year, monthIndex, dayOfMonth, hour, minute, second);
  const partsOf = (date: Date): readonly [number, number, number] =>
    zone === "Z"
      ? [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()]
      : [date.getFullYear(), date.getMonth(), date.getDate()];
  if (yearText === undefined) {
    const [year, monthIndex, today] = partsOf(new Date(nowMs));
    const [first, second] = [today, today + 1].map((dayOfMonth) => at(year, monthIndex, dayOfMonth).getTime());
    return { atMs: (first ?? 0) > nowMs ? first ?? 0 : second ?? 0, daily: true };
  }
  const year = Number(yearText) + (yearText.length === 2 ? 2000 : 0);
  const moment = at(year, month - 1, day);
  if (partsOf(moment).join() !== [year, month - 1, day].join()) return undefined; // the 31st of April
  return { atMs: moment.getTime(), daily: false };
}
