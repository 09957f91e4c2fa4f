// `umask` as keepalived.conf writes it: a number as in C, or names of bits joined with `|` (sys/stat.h, without the S_).

const WHO: Readonly<Record<string, number>> = { USR: 6, GRP: 3, OTH: 0 };
const WHAT: Readonly<Record<string, number>> = { R: 4, W: 2, X: 1 };

/** Bits of the mask; those of names that are unknown are left out. */
export function maskOf(umask: string): number {
  if (/^0[0-7]*$/.test(umask)) return parseInt(umask, 8) & 0o777;
  if (/^(\d+|0x[\da-f]+)$/i.test(umask)) return Number(umask) & 0o777;
  return umask.split("|").reduce((mask, name) => mask | bitsOf(name), 0);
}

function bitsOf(name: string): number {
  const all: Readonly<Record<string, number>> = { IRWXU: 0o700, IRWXG: 0o070, IRWXO: 0o007 };
  const [, what = "", who = ""] = name.match(/^I([RWX])(USR|GRP|OTH)$/) ?? [];
  return all[name] ?? (WHAT[what] ?? 0) << (WHO[who] ?? 0);
}
