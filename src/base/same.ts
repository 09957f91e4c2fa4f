// Whether two plain values (what JSON can say) are the same, whatever the order of their keys. Knows no classes.

/**
 * Deep equality of plain data. A key whose value is undefined counts as absent.
 *
 * @param ignoredKey a key that is looked at in neither value, at any depth: where something stands in a file, say
 */
export function same(a: unknown, b: unknown, ignoredKey?: string): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
    return a.every((value, index) => same(value, b[index], ignoredKey));
  }
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  // No set of both's keys: reloads compare tens of thousands of objects.
  for (const key of Object.keys(left)) {
    if (key !== ignoredKey && !same(left[key], right[key], ignoredKey)) return false;
  }
  for (const key of Object.keys(right)) {
    if (key !== ignoredKey && left[key] === undefined && right[key] !== undefined) return false;
  }
  return true;
}
