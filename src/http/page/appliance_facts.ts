// What the head of the page says of an appliance: its slots, and the update that was asked for last.
import type { OperationsSnapshot, TaskEntry } from "../../ports/commands.ts";

/** Steps in which progress is shown: each is a page that is read again. */
const PERCENT_STEP = 10;

/** Names and values; none for a machine that is not the appliance. */
export function applianceFacts(
  { appliance, tasks }: Pick<OperationsSnapshot, "appliance" | "tasks">,
): readonly { readonly name: string; readonly value: string }[] {
  if (appliance === undefined) return [];
  const { slot, nextSlot, slots } = appliance;
  const next = slots.find((one) => one.slot === nextSlot)?.version;
  const isKept = nextSlot === slot;
  const facts = [{
    name: "slot",
    value: isKept ? slot : `${slot}, next ${nextSlot}${next === undefined ? "" : ` (${next})`}`,
  }];
  const last = tasks.find(({ kind }) => kind === "update" || kind === "update_rollback");
  return last === undefined ? facts : [...facts, { name: "update", value: updateFact(last) }];
}

function updateFact({ state, text, progress }: TaskEntry): string {
  if (state !== "running") return `${state === "rolled_back" ? "rolled back" : state}: ${text}`;
  if (progress === undefined || progress.totalBytes === 0) return text;
  const percent = Math.floor(100 / PERCENT_STEP * progress.bytes / progress.totalBytes) * PERCENT_STEP;
  return `${text}, ${percent} %`;
}
