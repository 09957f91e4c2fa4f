// Numbers and times as HAProxy's page writes them.

const UNITS = [["d", 86_400], ["h", 3600], ["m", 60], ["s", 1]] as const;

/** A duration in its two biggest units: `1m34s`, `16d3h`, `0s`; `?` when it is negative. */
export function formatDuration(ms: number): string {
  if (!(ms >= 0)) return "?";
  let seconds = Math.floor(ms / 1000);
  const parts: string[] = [];
  for (const [unit, size] of UNITS) {
    const count = Math.floor(seconds / size);
    seconds -= count * size;
    if (count > 0) parts.push(`${count}${unit}`);
    else if (parts.length > 0) break;
    if (parts.length === 2) break;
  }
  return parts.join("") || "0s";
}

/** A whole number with its digits in groups of three, by a narrow no-break space. */
export function formatCount(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, "\u202f");
}

/** Bytes with a binary unit: `512 B`, `1.5 KiB`. */
export function formatBytes(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** A moment: `2026-01-02 03:04:05.678 UTC`. */
export function formatMoment(ms: number): string {
  return new Date(ms).toISOString().replace("T", " ").replace("Z", " UTC");
}
