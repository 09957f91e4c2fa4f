// The journal on disk: two files of bounded size. The newer one grows; when it is full it becomes the older one, and what
// was the older one is gone. Lines with checksums: a torn one at the end is left as it is, and writing goes on behind it.
import { decodeRecords } from "../../core/journal/record.ts";
import { lockFile } from "../../linux/file_lock.ts";
import { libc } from "../../linux/libc.ts";
import type { Entry } from "../../core/journal/entry.ts";

/** Size at which the files change places. */
const MAX_BYTES = 1 << 20;
const NEWLINE = 10;

/** The file that the newer one becomes. */
export function olderPath(path: string): string {
  return `${path}.old`;
}

/** A ring to write to. One writer at a time: a second one is refused. */
export class RingFile {
  readonly #path: string;
  readonly #maxBytes: number;
  readonly #lock: number;
  #file: Deno.FsFile;
  #size: number;
  #syncing = false;
  #dirty = false;

  /** Opens or makes it. @throws Error when it cannot be written, or another process writes to it */
  constructor(path: string, maxBytes = MAX_BYTES) {
    this.#path = path;
    this.#maxBytes = maxBytes;
    Deno.mkdirSync(folderOf(path), { recursive: true });
    const lock = lockFile(`${path}.lock`);
    if (lock === undefined) throw new Error("another process writes to it");
    this.#lock = lock;
    try {
      this.#file = openForAppending(path);
    } catch (error) {
      libc().close(lock);
      throw error;
    }
    this.#size = this.#file.statSync().size;
    if (this.#size > 0 && !endsWithNewline(path, this.#size)) this.#write(Uint8Array.of(NEWLINE));
  }

  /** Writes a line; it is on the disk soon after, whatever happens to the power then. @throws Error when it cannot */
  append(line: Uint8Array): void {
    if (this.#size > 0 && this.#size + line.length > this.#maxBytes) this.#turn();
    this.#write(line);
    this.#sync();
  }

  /** Ends; what was written stays. */
  close(): void {
    try {
      this.#file.syncDataSync();
    } catch {
      // the disk is full or gone: what it has, it has
    }
    this.#file.close();
    libc().close(this.#lock);
  }

  #write(bytes: Uint8Array): void {
    // A line that was cut short by a full disk ends here, so that the next one begins at the start of a line.
    const written = this.#file.writeSync(bytes);
    this.#size += written;
    if (written === bytes.length) return;
    this.#file.truncateSync(this.#size -= written);
    throw new Error("there is no room left");
  }

  #turn(): void {
    Deno.renameSync(this.#path, olderPath(this.#path));
    const full = this.#file;
    this.#file = openForAppending(this.#path);
    this.#size = 0;
    full.close();
  }

  /** One at a time, and once more for what came meanwhile. */
  #sync(): void {
    this.#dirty = true;
    if (this.#syncing) return;
    this.#syncing = true;
    this.#dirty = false;
    this.#file.syncData().catch(() => {}).finally(() => {
      this.#syncing = false;
      if (this.#dirty) this.#sync();
    });
  }
}

/** Reads a ring from its beginning, and then what is new. Reading needs no daemon, and does not disturb one. */
export class RingReader {
  readonly #path: string;
  #lastId = -1;
  #readAs = "";

  constructor(path: string) {
    this.#path = path;
  }

  /** Entries since the last call, in order. @throws Error when the file is there but cannot be read */
  read(): Entry[] {
    const seen = signature(this.#path);
    if (seen === this.#readAs) return [];
    this.#readAs = seen;
    const entries = [olderPath(this.#path), this.#path].flatMap((path) => decodeRecords(textOf(path)));
    const fresh = entries.filter(({ id }) => id > this.#lastId);
    // While the files change places one may be read twice, and out of order.
    const byId = new Map(fresh.map((entry) => [entry.id, entry]));
    const ordered = [...byId.values()].sort((left, right) => left.id - right.id);
    this.#lastId = ordered.at(-1)?.id ?? this.#lastId;
    return ordered;
  }
}

function openForAppending(path: string): Deno.FsFile {
  return Deno.openSync(path, { append: true, create: true, mode: 0o640 });
}

function endsWithNewline(path: string, size: number): boolean {
  using file = Deno.openSync(path);
  file.seekSync(size - 1, Deno.SeekMode.Start);
  const last = new Uint8Array(1);
  return file.readSync(last) === 1 && last[0] === NEWLINE;
}

function textOf(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}

/** Another one whenever something was written. */
function signature(path: string): string {
  try {
    const { ino, size } = Deno.statSync(path);
    return `${ino} ${size}`;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/")) || (path.startsWith("/") ? "/" : ".");
}
