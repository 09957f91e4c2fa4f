// What of the tracked things is other than before.
import type { TrackedItem } from "./effective_priority.ts";

/** Things whose state, value or weight changed, which came or went. */
export function changedItems(before: readonly TrackedItem[], after: readonly TrackedItem[]): TrackedItem[] {
  const differs = (from: readonly TrackedItem[]) => (item: TrackedItem): boolean => {
    const other = from.find(({ kind, name }) => kind === item.kind && name === item.name);
    return other === undefined || wordOf(other) !== wordOf(item);
  };
  const isNew = differs(before);
  const isGone = (item: TrackedItem): boolean =>
    !after.some(({ kind, name }) => kind === item.kind && name === item.name);
  return [...after.filter(isNew), ...before.filter(isGone)];
}

function wordOf(item: TrackedItem): string {
  const state = item.kind === "file" ? item.value : item.kind === "script" ? item.verdict : item.up;
  return `${state} ${item.weight} ${item.reverse}`;
}
