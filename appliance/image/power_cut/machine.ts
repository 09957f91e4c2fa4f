// The appliance as far as its slots go, on a disk that may lose its power: the real grub.cfg, run by a shell, chooses; the real
// script `slot` keeps the account; the real code of `holdfast update` writes.
import { ByteStream } from "../../../src/appliance/byte_stream.ts";
import { installUpdate } from "../../../src/appliance/install.ts";
import type { Slot } from "../../../src/appliance/slots.ts";
import type { UpdateImage } from "../../../src/appliance/update_file.ts";
import type { Disk } from "./disk.ts";

/** Sectors of the partitions: small, but in the same order of size. */
export const PARTITIONS = { "boot-a": 3, "root-a": 12, "boot-b": 3, "root-b": 12, grubenv: 2, grubenv2: 2 };

/** A version, and how it behaves when it is started. */
export interface Release {
  readonly version: number;
  readonly healthy: boolean;
}

const IMAGE = new URL("../", import.meta.url).pathname;
const COPIES = ["grubenv", "grubenv2"] as const;
const BOOT_BYTES = 3 * 512;
const ROOT_BYTES = 12 * 512 - 100;

/** One appliance. */
export class Machine {
  readonly #disk: Disk;
  readonly #folder: string;
  readonly #select: string;

  constructor(disk: Disk, folder: string) {
    this.#disk = disk;
    this.#folder = folder;
    this.#select = selection();
    Deno.mkdirSync(`${folder}/bin`, { recursive: true });
    // The boot partition needs no mounting here; which copy is written first, is written down.
    for (const name of ["mount", "sync"]) {
      Deno.writeTextFileSync(`${folder}/bin/${name}`, "#!/bin/sh\n", { mode: 0o755 });
    }
    const dd = `#!/bin/sh\nfor word; do case $word in of=*) echo "\${word##*/}" >>"${folder}/order" ;; esac; done\n` +
      `exec ${program("dd")} "$@"\n`;
    Deno.writeTextFileSync(`${folder}/bin/dd`, dd, { mode: 0o755 });
  }

  /** As the image comes from the factory. */
  flash(release: Release): void {
    const disk = this.#disk;
    const text = "# GRUB Environment Block\norder=a b\na_left=3\na_ok=0\nb_left=0\nb_ok=0\nvalid=1\n".padEnd(1024, "#");
    for (const copy of COPIES) disk.write(copy, 0, new TextEncoder().encode(text));
    disk.write("boot-a", 0, contentOf(release, BOOT_BYTES));
    disk.write("root-a", 0, contentOf(release, ROOT_BYTES));
    for (const label of Object.keys(PARTITIONS)) disk.sync(label);
  }

  /** Power on: the slot that GRUB takes, after it has counted the try. */
  boot(): Slot {
    const slot = this.#withCopies(() => run("sh", ["-c", this.#select, "sh", this.#folder], {}).trim());
    if (slot !== "a" && slot !== "b") throw new Error(`GRUB chose \`${slot}\``);
    return slot;
  }

  /** What is in a slot; undefined when it is not one whole release: then it does not start. */
  release(slot: Slot): Release | undefined {
    const parts = [this.#disk.read(`boot-${slot}`), this.#disk.read(`root-${slot}`)] as const;
    const release = { version: parts[0][0] ?? 0, healthy: parts[0][1] === 1 };
    const isWhole = same(parts[0], contentOf(release, BOOT_BYTES)) &&
      same(parts[1].subarray(0, ROOT_BYTES), contentOf(release, ROOT_BYTES));
    return isWhole && release.version > 0 ? release : undefined;
  }

  /** Whether GRUB could start a slot now, or after some more tries of the other one. */
  mayStart(slot: Slot): boolean {
    const blocks = COPIES.map((copy) => new TextDecoder().decode(this.#disk.read(copy)));
    const block = blocks.find((text) => text.includes("\nvalid=1\n")) ?? "a_left=3\n";
    return new RegExp(`^${slot}_left=[123]$`, "m").test(block);
  }

  /** Runs the script `slot` in the slot that runs. */
  tell(running: Slot, ...args: readonly string[]): void {
    Deno.writeTextFileSync(`${this.#folder}/slot`, running);
    const env = { HOLDFAST_GRUB: this.#folder, HOLDFAST_RUN: this.#folder, PATH: `${this.#folder}/bin:/usr/bin:/bin` };
    this.#withCopies(() => run("sh", [`${IMAGE}root/usr/lib/holdfast/slot`, ...args], env));
  }

  /** `holdfast update` in the slot that runs. */
  async update(running: Slot, release: Release): Promise<void> {
    const images = [contentOf(release, BOOT_BYTES), contentOf(release, ROOT_BYTES)] as const;
    const [boot, root] = [await imageOf(images[0]), await imageOf(images[1])];
    await installUpdate(streamOf(images), { boot, root }, running === "a" ? "b" : "a", {
      open: (label) => Promise.resolve(this.#disk.open(label)),
      tell: (order, slot) => this.tell(running, order, slot),
    });
  }

  /** Lets a program work on the environment blocks as files, and takes over what it wrote, in its order. */
  #withCopies(work: () => string): string {
    Deno.writeTextFileSync(`${this.#folder}/order`, "");
    for (const copy of COPIES) Deno.writeFileSync(`${this.#folder}/${copy}`, this.#disk.read(copy));
    const output = work();
    const order = Deno.readTextFileSync(`${this.#folder}/order`).split("\n");
    for (const copy of order) {
      if (copy === "") continue;
      this.#disk.write(copy, 0, Deno.readFileSync(`${this.#folder}/${copy}`));
      this.#disk.sync(copy);
    }
    return output;
  }
}

/** The part of grub.cfg that chooses, in the shell's words: `set a=b` is `a=b`. */
function selection(): string {
  const text = Deno.readTextFileSync(`${IMAGE}grub.cfg`);
  const part = text.slice(text.indexOf('set order="a b"'), text.indexOf("function boot_slot"));
  return `
prefix=$1
load_env() {
  file=$prefix/grubenv
  if [ "$1" = --file ]; then file=$2; fi
  [ "$(head -n 1 "$file" | tr -d '\\0')" = "# GRUB Environment Block" ] || return
  while IFS= read -r line; do
    case $line in [a-z]*=*) eval "\${line%%=*}=\\\${line#*=}" ;; esac
  done <"$file"
}
save_env() {
  file=$prefix/grubenv
  if [ "$1" = --file ]; then file=$2; shift 2; fi
  [ "$(head -n 1 "$file" | tr -d '\\0')" = "# GRUB Environment Block" ] || return
  for name; do eval "sed -i 's/^$name=.*/$name='\\$$name'/' '$file'"; done
  echo "\${file##*/}" >>"$prefix/order"
}
{
${part.replace(/\bset (\w+)=/g, "$1=")}
} >&2
echo "$slot"
`;
}

/** Bytes that only this release has. */
function contentOf({ version, healthy }: Release, length: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(length).map((_, index) => {
    if (index < 2) return index === 0 ? version : Number(healthy);
    return (version * 31 + index * 7 + (index >> 8) * 13) & 255;
  });
}

function streamOf(parts: readonly Uint8Array[]): ByteStream {
  const bytes = parts.flatMap((part) => [...part]);
  let at = 0;
  return new ByteStream({
    read: (buffer) => {
      const part = bytes.slice(at, at + Math.min(buffer.length, 1000));
      buffer.set(part);
      at += part.length;
      return Promise.resolve(part.length === 0 ? null : part.length);
    },
  });
}

async function imageOf(bytes: Uint8Array<ArrayBuffer>): Promise<UpdateImage> {
  return { bytes: bytes.length, sha256: new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex() };
}

function same(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
}

function program(name: string): string {
  return ["/usr/bin", "/bin"].map((folder) => `${folder}/${name}`).find((path) => {
    try {
      return Deno.statSync(path).isFile;
    } catch {
      return false;
    }
  }) ?? name;
}

function run(command: string, args: readonly string[], env: Record<string, string>): string {
  const { success, stdout, stderr } = new Deno.Command(command, { args: [...args], env, stdin: "null" }).outputSync();
  const decoder = new TextDecoder();
  if (!success) throw new Error(decoder.decode(stderr).trim());
  return decoder.decode(stdout);
}
