// How V8 collects garbage in a role that must be on time. By default a pause waits until helper threads have done their share,
// and on a busy machine such a thread may not get a CPU for a third of a second: the role's small heap is collected alone.
import { builtinModule } from "../linux/builtin_module.ts";

/** Helpers of pauses, as V8 calls them; marking and sweeping between pauses may go on beside. */
const FLAGS = [
  "--no-parallel-scavenge",
  "--no-parallel-compaction",
  "--no-parallel-marking",
  "--no-parallel-pointer-update",
];

/** Makes it so for this process. */
export function collectAlone(): void {
  const v8 = builtinModule<{ setFlagsFromString(flags: string): void }>("node:v8");
  for (const flag of FLAGS) v8.setFlagsFromString(flag);
}
