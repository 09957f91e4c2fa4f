// What GRUB and we ourselves have noted of the slots: grubenv, as GRUB reads it, and beside it on the state partition what was
// written to a slot, when, and who had signed it. The note is for people: nothing is decided by it.
import type { ApplianceSnapshot, SlotProvenance, SlotSnapshot } from "../ports/appliance.ts";
import { runningSlot, type Slot } from "./slots.ts";

/** What was written to a slot. */
export interface SlotNote extends SlotProvenance {
  readonly version: string;
}

const GRUB_FOLDER = "/boot/grub";
const NOTES = "/state/slots.json";
/** GRUB's block has 1024 bytes, the notes of two slots less than that. */
const MAX_BYTES = 4096;
const SLOTS = ["a", "b"] as const;

/** The slots of this machine; undefined when it is not the appliance. */
export function slotAccount(version: string): ApplianceSnapshot | undefined {
  const slot = runningSlot();
  if (slot === undefined) return undefined;
  const folder = Deno.env.get("HOLDFAST_GRUB") ?? GRUB_FOLDER;
  const block = [`${folder}/grubenv`, `${folder}/grubenv2`].map(textOf).find((text) => /^valid=1$/m.test(text)) ?? "";
  return accountOf(slot, version, block, textOf(NOTES));
}

/** The same from what was read. */
export function accountOf(slot: Slot, version: string, block: string, notes: string): ApplianceSnapshot {
  const value = (name: string): string | undefined => block.match(new RegExp(`^${name}=(.*)$`, "m"))?.[1];
  const noted = notesOf(notes);
  const slots = SLOTS.map((one): SlotSnapshot => {
    const note = noted[one];
    const running = one === slot;
    const isOurs = note !== undefined && (!running || note.version === version);
    const { version: written, ...provenance } = note ?? { version: undefined };
    return {
      slot: one,
      running,
      good: value(`${one}_ok`) === "1",
      triesLeft: Number(value(`${one}_left`) ?? 0) || 0,
      ...(running ? { version } : written === undefined ? {} : { version: written }),
      ...(isOurs ? { provenance: provenance as SlotProvenance } : {}),
    };
  });
  return { version, slot, nextSlot: nextOf(value("order") ?? "", slots, slot), slots };
}

/** Notes what was written to a slot. @throws Deno's errors, as when the partition is full */
export function noteSlot(slot: Slot, note: SlotNote): void {
  const notes = { ...notesOf(textOf(NOTES)), [slot]: note };
  const beside = `${NOTES}.new`;
  Deno.writeTextFileSync(beside, `${JSON.stringify(notes)}\n`, { mode: 0o600 });
  Deno.renameSync(beside, NOTES);
}

/** As grub.cfg chooses. */
function nextOf(order: string, slots: readonly SlotSnapshot[], running: Slot): Slot {
  const inOrder = order.split(" ").flatMap((name) => slots.filter(({ slot }) => slot === name));
  return (inOrder.find(({ triesLeft }) => triesLeft > 0) ?? inOrder.find(({ good }) => good))?.slot ?? running;
}

function notesOf(text: string): Partial<Record<Slot, SlotNote>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return {};
  }
  const notes = (typeof value === "object" && value !== null ? value : {}) as Record<string, unknown>;
  return Object.fromEntries(SLOTS.flatMap((slot) => isNote(notes[slot]) ? [[slot, notes[slot]]] : []));
}

function isNote(value: unknown): value is SlotNote {
  if (typeof value !== "object" || value === null) return false;
  const { version, madeAtMs, key, installedAtMs, from, by } = value as Record<string, unknown>;
  return [version, key, from, by].every((text) => typeof text === "string") &&
    [madeAtMs, installedAtMs].every((number) => Number.isSafeInteger(number));
}

/** Empty when there is none, or it is too long to be ours. */
function textOf(path: string): string {
  try {
    return Deno.statSync(path).size > MAX_BYTES ? "" : Deno.readTextFileSync(path);
  } catch {
    return "";
  }
}
