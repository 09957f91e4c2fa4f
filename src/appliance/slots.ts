// The two slots of the appliance: which one runs, what their partitions are called, what GRUB is told.

/** A slot. */
export type Slot = "a" | "b";

/** Where the appliance says what it is; elsewhere there is no such folder. */
const RUN = "/run/holdfast";
const TOOL = "/usr/lib/holdfast/slot";

/** The slot that runs; undefined when this machine is not the appliance. */
export function runningSlot(): Slot | undefined {
  try {
    const text = Deno.readTextFileSync(`${RUN}/slot`).trim();
    return text === "a" || text === "b" ? text : undefined;
  } catch {
    return undefined;
  }
}

/** The slot that does not run. */
export function otherSlot(slot: Slot): Slot {
  return slot === "a" ? "b" : "a";
}

/** Device of a partition on the disk that the system was started from. @throws Error when there is none of that label */
export function partitionDevice(label: string): string {
  const disk = Deno.readTextFileSync(`${RUN}/disk`).trim();
  for (const { name } of Deno.readDirSync(`/sys/class/block/${disk}`)) {
    if (!name.startsWith(disk)) continue;
    const uevent = Deno.readTextFileSync(`/sys/class/block/${disk}/${name}/uevent`);
    if (uevent.split("\n").includes(`PARTNAME=${label}`)) return `/dev/${name}`;
  }
  throw new Error(`there is no partition ${label} on the disk ${disk}`);
}

/** Tells GRUB something about slots: appliance/image/root/usr/lib/holdfast/slot. @throws Error with what it says */
export function tellSlots(...args: readonly string[]): void {
  const { success, stderr } = new Deno.Command(TOOL, { args: [...args], stdin: "null", stdout: "null" }).outputSync();
  if (!success) throw new Error(new TextDecoder().decode(stderr).trim() || `${TOOL} ${args.join(" ")} failed`);
}
