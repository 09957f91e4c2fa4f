// A disk as power cuts see it: what was written and not yet synced may have arrived or not, sector by sector and in any
// order, and the sector in the middle of being written may be half new. Counts the moments at which power can be cut.
import type { ImageTarget } from "../../../src/appliance/write_image.ts";

/** The power was cut. */
export class PowerCut extends Error {}

const SECTOR_BYTES = 512;

/** Partitions by label, each of its own size. */
export class Disk {
  /** Moments until the power is cut; it is not when infinite. */
  cutAfter = Infinity;
  /** Moments that went by. */
  moments = 0;
  readonly #random: () => number;
  readonly #partitions: Map<string, Uint8Array<ArrayBuffer>>;
  /** Sectors that were written since the last sync: partition and number. */
  readonly #cache = new Map<string, Uint8Array<ArrayBuffer>>();

  constructor(sectors: Readonly<Record<string, number>>, random: () => number) {
    this.#random = random;
    this.#partitions = new Map(
      Object.entries(sectors).map(([label, count]) => [label, new Uint8Array(count * SECTOR_BYTES)]),
    );
  }

  /** What a program reads: written and perhaps not synced. */
  read(label: string): Uint8Array<ArrayBuffer> {
    const bytes = this.#partition(label).slice();
    for (const [key, sector] of this.#cache) {
      const [of, number] = key.split(" ");
      if (of === label) bytes.set(sector, Number(number) * SECTOR_BYTES);
    }
    return bytes;
  }

  /** Writes bytes, in the cache only. */
  write(label: string, offset: number, bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      const number = Math.floor((offset + at) / SECTOR_BYTES);
      const within = (offset + at) % SECTOR_BYTES;
      const part = bytes.subarray(at, at + SECTOR_BYTES - within);
      const start = number * SECTOR_BYTES;
      const sector = this.#cache.get(`${label} ${number}`)?.slice() ??
        this.#partition(label).slice(start, start + SECTOR_BYTES);
      sector.set(part, within);
      this.#cache.set(`${label} ${number}`, sector);
      at += part.length;
      this.#pass();
    }
  }

  /** Brings what was written to a partition to the disk. */
  sync(label: string): void {
    this.#pass();
    for (const key of [...this.#cache.keys()]) {
      if (key.startsWith(`${label} `)) this.#arrive(key);
    }
    this.#pass();
  }

  /** The moment after a cut: of what was not synced, chance decides. */
  loseCache(): void {
    for (const key of [...this.#cache.keys()]) {
      const chance = this.#random();
      if (chance < 0.4) this.#arrive(key);
      else if (chance < 0.6) this.#arrive(key, Math.floor(this.#random() * SECTOR_BYTES));
    }
    this.#cache.clear();
  }

  /** An open partition, as an update writes to it. */
  open(label: string): ImageTarget {
    let position = 0;
    return {
      seek: (offset, whence) => {
        position = Number(offset) + (whence === Deno.SeekMode.End ? this.#partition(label).length : 0);
        return Promise.resolve(position);
      },
      write: async (bytes) => {
        // Promises fail, as those of files do.
        await Promise.resolve();
        this.write(label, position, bytes);
        position += bytes.length;
        return bytes.length;
      },
      read: (buffer) => {
        const part = this.read(label).subarray(position, position + buffer.length);
        buffer.set(part);
        position += part.length;
        return Promise.resolve(part.length === 0 ? null : part.length);
      },
      sync: async () => {
        await Promise.resolve();
        this.sync(label);
      },
      [Symbol.dispose]: () => {},
    };
  }

  #partition(label: string): Uint8Array<ArrayBuffer> {
    const bytes = this.#partitions.get(label);
    if (bytes === undefined) throw new Error(`no partition ${label}`);
    return bytes;
  }

  /** A sector, or its first bytes, becomes lasting. */
  #arrive(key: string, length = SECTOR_BYTES): void {
    const [label = "", number] = key.split(" ");
    const sector = this.#cache.get(key);
    if (sector !== undefined) this.#partition(label).set(sector.subarray(0, length), Number(number) * SECTOR_BYTES);
    if (length === SECTOR_BYTES) this.#cache.delete(key);
  }

  #pass(): void {
    this.moments += 1;
    if (this.moments > this.cutAfter) throw new PowerCut();
  }
}
