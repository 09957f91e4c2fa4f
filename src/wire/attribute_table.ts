// Where the attributes of a netlink message lie, without an object for each: for dumps of tens of thousands of rows.
import { ATTRIBUTE_HEADER_BYTES, NLA_TYPE_MASK } from "./netlink.ts";

/** Types from 0 that it knows of; those beyond are passed over. */
const TYPES = 32;

/** The attributes of one message or nest; one object serves for many, one after the other. */
export class AttributeTable {
  readonly #at = new Int32Array(TYPES);
  readonly #bytes = new Int32Array(TYPES);
  #view: DataView = new DataView(new ArrayBuffer(0));

  /**
   * Finds the attributes from `start` up to `end`; of a type that comes twice, the last. Stops at the first that is
   * malformed. What was found before is forgotten.
   */
  read(view: DataView, start: number, end: number): this {
    this.#view = view;
    this.#bytes.fill(-1);
    for (let at = start; at + ATTRIBUTE_HEADER_BYTES <= end;) {
      const length = view.getUint16(at, true);
      if (length < ATTRIBUTE_HEADER_BYTES || at + length > end) break;
      const type = view.getUint16(at + 2, true) & NLA_TYPE_MASK;
      if (type < TYPES) {
        this.#at[type] = at + ATTRIBUTE_HEADER_BYTES;
        this.#bytes[type] = length - ATTRIBUTE_HEADER_BYTES;
      }
      at += (length + 3) & ~3;
    }
    return this;
  }

  /** Finds those inside one of another table; none, if that has none of that type. */
  readNest(outer: AttributeTable, type: number): this {
    const at = outer.#at[type] as number;
    return this.read(outer.#view, at, at + Math.max(0, outer.#bytes[type] as number));
  }

  /** Bytes of the value; -1 when there is none of that type. */
  bytesOf(type: number): number {
    return this.#bytes[type] as number;
  }

  has(type: number): boolean {
    return this.bytesOf(type) >= 0;
  }

  u8(type: number): number | undefined {
    return this.bytesOf(type) < 1 ? undefined : this.#view.getUint8(this.#at[type] as number);
  }

  u16(type: number): number | undefined {
    return this.bytesOf(type) < 2 ? undefined : this.#view.getUint16(this.#at[type] as number, true);
  }

  u16Be(type: number): number | undefined {
    return this.bytesOf(type) < 2 ? undefined : this.#view.getUint16(this.#at[type] as number, false);
  }

  u32(type: number): number | undefined {
    return this.bytesOf(type) < 4 ? undefined : this.#view.getUint32(this.#at[type] as number, true);
  }

  u32Be(type: number): number | undefined {
    return this.bytesOf(type) < 4 ? undefined : this.#view.getUint32(this.#at[type] as number, false);
  }

  /** A number of 4 or 8 bytes, exact up to 2^53; 0 when there is none. */
  counter(type: number): number {
    const bytes = this.bytesOf(type);
    if (bytes < 4) return 0;
    const at = this.#at[type] as number;
    const low = this.#view.getUint32(at, true);
    return bytes < 8 ? low : this.#view.getUint32(at + 4, true) * 0x1_0000_0000 + low;
  }

  /** The value itself, valid until the buffer is read into again. */
  value(type: number): DataView | undefined {
    const bytes = this.bytesOf(type);
    if (bytes < 0) return undefined;
    return new DataView(this.#view.buffer, this.#view.byteOffset + (this.#at[type] as number), bytes);
  }
}
