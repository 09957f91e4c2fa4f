// What updating the appliance is: for `holdfast update`, and for the updater that the daemon asks. Whoever wants it is told
// what happens, and hears of failures by an Error with one sentence.
import { type ByteSource, ByteStream } from "../appliance/byte_stream.ts";
import { installUpdate } from "../appliance/install.ts";
import { noteSlot, type SlotNote } from "../appliance/slot_account.ts";
import { otherSlot, partitionDevice, runningSlot, type Slot, tellSlots } from "../appliance/slots.ts";
import { type Director, masters, stepDown, takeBack } from "../appliance/step_down.ts";
import { type Manifest, MAX_LINE_BYTES, openManifest, type TrustedKey, trustedKeys } from "../appliance/update_file.ts";
import type { UpdateTerms } from "../appliance/updater_words.ts";
import { VERSION } from "../base/version.ts";
import { askDaemon } from "../daemon/control_client.ts";
import { lockFile } from "../linux/file_lock.ts";
import { libc } from "../linux/libc.ts";
import type { Snapshot } from "../ports/snapshot.ts";

/** An update that somebody wants. */
export interface UpdateWork {
  readonly source: ByteSource;
  readonly terms: UpdateTerms;
  /** Where it comes from and who wants it: for those who look at the slots later. */
  readonly from: string;
  readonly author: string;
  readonly report: UpdateReport;
  /** Aborted with the Error that says so: the update is given up, unless its slot is the next one by then. */
  readonly signal: AbortSignal;
}

/** Who is told what happens. */
export interface UpdateReport {
  readonly say: (text: string) => void;
  /** The signature is good. */
  readonly opened?: (manifest: Manifest, key: string, slot: Slot) => void;
  readonly progress?: (bytes: number, totalBytes: number) => void;
}

/** Keys that came with the image, and those of the partition that its owner writes. */
const KEY_FILES = ["/usr/lib/holdfast/update_keys", "/config/update_keys"];
const LOCK = "/run/holdfast/update.lock";
/** How the next slot is started. */
export const WHEN = "It is started by `systemctl reboot`, which hands the addresses to a peer first";

/** The slot that runs. @throws Error where there is none */
export function slotHere(): Slot {
  const slot = runningSlot();
  if (slot === undefined) throw new Error("this is not the appliance: packages are updated by apt");
  return slot;
}

/** Writes an update to the slot that does not run, and starts it if that is wanted. @throws Error */
export async function performUpdate(work: UpdateWork): Promise<void> {
  const slot = slotHere();
  await whileLocked(work.terms, () => writeUpdate(work, slot));
}

async function writeUpdate({ source, terms, from, author, report, signal }: UpdateWork, slot: Slot): Promise<void> {
  const director = runningDirector(author, signal);
  let held: string[] = [];
  try {
    const counted = new CountedSource(source, report, signal);
    const stream = new ByteStream(counted);
    const line = await stream.line(MAX_LINE_BYTES);
    const signature = await stream.line(MAX_LINE_BYTES);
    if (line === undefined || signature === undefined) throw new Error("this is not an update of the appliance");
    const opened = await openManifest(line, signature, keys());
    if (!opened.ok) throw new Error(opened.problem);
    const { manifest, key } = opened;
    const target = otherSlot(slot);
    report.opened?.(manifest, key.name, target);
    counted.totalBytes = line.length + signature.length + 2 + manifest.boot.bytes + manifest.root.bytes;
    const made = new Date(manifest.created * 1000).toISOString();
    report.say(`version ${manifest.version} of ${made}, signed with the key ${key.name}`);
    report.say(`this is version ${VERSION} in slot ${slot}`);

    if (terms.failoverFirst) {
      held = await stepDown(director, terms.force);
      if (held.length > 0) report.say(`handed over to the peer: ${held.join(", ")}`);
    } else if (!terms.whileMaster) await refuseAsMaster(director);

    await installUpdate(stream, manifest, target, {
      open: (label) => Deno.open(partitionDevice(label), { read: true, write: true }),
      tell: (order, slot) => {
        signal.throwIfAborted();
        tellSlots(order, slot);
      },
    });
    note(target, report, {
      version: manifest.version,
      madeAtMs: manifest.created * 1000,
      key: key.name,
      installedAtMs: Date.now(),
      from,
      by: author,
    });
    report.say(`version ${manifest.version} is in slot ${target}${terms.reboot ? "" : `. ${WHEN}`}.`);
    report.say(`If it does not become healthy, slot ${slot} is started again by itself.`);
    if (terms.reboot && signal.aborted) throw new Error(`slot ${target} is the next one; it was not restarted`);
    // Hours may have gone by: the peer that took over may have died.
    if (terms.reboot && !terms.whileMaster) await refuseAsMaster(director, "it was not restarted: ");
  } catch (error) {
    await takeBack(director, held);
    throw error;
  }
}

/** Makes the other slot the one that is started next. @returns it @throws Error */
export async function performRollback(terms: UpdateTerms, author: string, report: UpdateReport): Promise<Slot> {
  const target = otherSlot(slotHere());
  return await whileLocked(terms, () => rollBack(target, terms, author, report));
}

async function rollBack(target: Slot, terms: UpdateTerms, author: string, report: UpdateReport): Promise<Slot> {
  const director = runningDirector(author);
  let held: string[] = [];
  try {
    if (terms.reboot && terms.failoverFirst) held = await stepDown(director, terms.force);
    else if (terms.reboot && !terms.whileMaster) await refuseAsMaster(director);
    if (held.length > 0) report.say(`handed over to the peer: ${held.join(", ")}`);
    tellSlots("prefer", target);
  } catch (error) {
    await takeBack(director, held);
    throw error;
  }
  return target;
}

/** Starts the machine again. @throws Error */
export function restart(): void {
  const { success } = new Deno.Command("systemctl", { args: ["reboot"], stdin: "null", stdout: "null" }).outputSync();
  if (!success) throw new Error("systemctl reboot failed");
}

/** One at a time, whoever wants it: the slot would have a part of each. Whoever restarts the machine then keeps the lock. */
async function whileLocked<Result>({ reboot }: UpdateTerms, work: () => Promise<Result>): Promise<Result> {
  const lock = lockFile(LOCK);
  if (lock === undefined) throw new Error("another update is under way");
  let isKept = false;
  try {
    const result = await work();
    isKept = reboot;
    return result;
  } finally {
    // Before its end is told: whoever hears of it may begin the next one at once.
    if (!isKept) libc().close(lock);
  }
}

function note(slot: Slot, { say }: UpdateReport, words: SlotNote): void {
  try {
    noteSlot(slot, words);
  } catch (error) {
    say(`where it comes from could not be noted: ${error instanceof Error ? error.message : error}`);
  }
}

async function refuseAsMaster(director: Director, what = ""): Promise<void> {
  const snapshot = await director.status();
  const names = snapshot === undefined ? [] : masters(snapshot);
  if (names.length === 0) return;
  throw new Error(
    `${what}this machine is master of ${names.join(", ")}; --failover-first hands that over to a peer before, ` +
      "--while-master goes on all the same",
  );
}

function runningDirector(author: string, signal?: AbortSignal): Director {
  const request = async (what: Parameters<Director["order"]>[0]): Promise<unknown> => {
    const answer = await askDaemon(what);
    if (answer === undefined) return undefined;
    if (!answer.ok) throw new Error(answer.message);
    return answer.result;
  };
  return {
    status: async () => await request({ command: "status" }) as Snapshot | undefined,
    order: (what) => request({ author, reason: "update of the appliance", ...what }),
    wait: async (ms) => {
      await new Promise((resolve) => setTimeout(resolve, ms));
      signal?.throwIfAborted();
    },
  };
}

/** A source that says how far it is, and that ends with an Error when nobody wants it any more. */
class CountedSource implements ByteSource {
  /** As soon as it is known. */
  totalBytes: number | undefined;
  readonly #source: ByteSource;
  readonly #report: UpdateReport;
  readonly #signal: AbortSignal;
  /** Rejects when nobody wants it any more. */
  readonly #unwanted: Promise<never>;
  #bytes = 0;

  constructor(source: ByteSource, report: UpdateReport, signal: AbortSignal) {
    this.#source = source;
    this.#report = report;
    this.#signal = signal;
    this.#unwanted = new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    this.#unwanted.catch(() => {}); // who reads hears of it
  }

  async read(buffer: Uint8Array): Promise<number | null> {
    this.#signal.throwIfAborted();
    // A server that has fallen silent is not waited for.
    const reading = this.#source.read(buffer);
    reading.catch(() => {}); // unless it was given up before
    const length = await Promise.race([reading, this.#unwanted]);
    this.#bytes += length ?? 0;
    if (this.totalBytes !== undefined) this.#report.progress?.(Math.min(this.#bytes, this.totalBytes), this.totalBytes);
    return length;
  }
}

function keys(): TrustedKey[] {
  return KEY_FILES.flatMap((file) => {
    try {
      return trustedKeys(Deno.readTextFileSync(file));
    } catch {
      return []; // there is no such file
    }
  });
}
