// How long an ELF file is by its own header, and for which processor. Knows nothing of what may be appended after it.

/** Size of an ELF64 file header in bytes (elf.h, Elf64_Ehdr). */
export const ELF64_HEADER_LENGTH_BYTES = 64;

/**
 * The offset of the first byte after the section header table, which linkers put last: where a program that
 * `deno compile` made stops being denort and its appended data begins (before Deno 2.7).
 *
 * @param header the first 64 bytes of a little-endian ELF64 file
 * @throws {TypeError} if it is not one
 */
export function elfLengthBytes(header: Uint8Array): number {
  if (header.byteLength < ELF64_HEADER_LENGTH_BYTES || !isLittleEndianElf64(header)) {
    throw new TypeError("Cannot measure the ELF file: not a little-endian ELF64 header");
  }
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  const sectionHeaderOffset = Number(view.getBigUint64(0x28, true)); // e_shoff
  const sectionHeaderLengthBytes = view.getUint16(0x3a, true); // e_shentsize
  const sectionHeaderCount = view.getUint16(0x3c, true); // e_shnum
  return sectionHeaderOffset + sectionHeaderLengthBytes * sectionHeaderCount;
}

/** e_machine of elf.h, by the names of Deno.build.arch. */
const MACHINES = new Map([[62, "x86_64"], [183, "aarch64"]]);

/** The processor that an ELF file is for; its number if it is another one. @throws {TypeError} if it is not an ELF file */
export function elfMachine(header: Uint8Array): string {
  if (header.byteLength < ELF64_HEADER_LENGTH_BYTES || !isLittleEndianElf64(header)) {
    throw new TypeError("Cannot tell the machine of the ELF file: not a little-endian ELF64 header");
  }
  const machine = new DataView(header.buffer, header.byteOffset, header.byteLength).getUint16(0x12, true);
  return MACHINES.get(machine) ?? `machine ${machine}`;
}

function isLittleEndianElf64(header: Uint8Array): boolean {
  const ident = [0x7f, 0x45, 0x4c, 0x46, 2, 1]; // magic, ELFCLASS64, ELFDATA2LSB
  return ident.every((byte, index) => header[index] === byte);
}
