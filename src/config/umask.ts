// The number that `umask` says: in C's notation, or by the names of bits as in <sys/stat.h>, joined with `|`.

/** How far each letter's bits are to be shifted. */
const CLASSES: Readonly<Record<string, number>> = { U: 6, G: 3, O: 0 };
const BITS: Readonly<Record<string, number>> = { R: 4, W: 2, X: 1 };

/** @returns undefined when it is no mask of permissions */
export function umaskOf(text: string): number | undefined {
  if (/^\d/.test(text)) {
    const value = /^0[0-7]+$/.test(text) ? parseInt(text, 8) : Number(text);
    return Number.isInteger(value) && value <= 0o777 ? value : undefined;
  }
  let mask = 0;
  for (const name of text.toUpperCase().split("|")) {
    const match = /^I(RWX|R|W|X)(USR|GRP|OTH|U|G|O)$/.exec(name);
    if (match === null) return undefined;
    const [, letters = "", who = ""] = match;
    for (const letter of letters) mask |= (BITS[letter] ?? 0) << (CLASSES[who[0] ?? ""] ?? 0);
  }
  return mask;
}
