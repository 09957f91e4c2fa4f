import { assertEquals } from "../../test/assert.ts";
import { AttributeTable } from "./attribute_table.ts";

function viewOf(hex: string): DataView {
  return new DataView(Uint8Array.from(hex.match(/../g) ?? [], (byte) => parseInt(byte, 16)).buffer);
}

Deno.test("AttributeTable finds numbers, nests and the last of two, and forgets them with the next message", () => {
  const view = viewOf(
    "05000100" + "07000000" + "06000280" + "1f900000" + "0c000300" + "08000400" + "01020304" + "05000100" + "08000000",
  );
  const table = new AttributeTable().read(view, 0, view.byteLength);
  assertEquals([table.u8(1), table.u16Be(2), table.u16(2), table.u32(2), table.bytesOf(3)], [
    8,
    8080,
    0x901f,
    undefined,
    8,
  ]);
  const inner = new AttributeTable().readNest(table, 3);
  assertEquals([inner.u32(4), inner.u32Be(4), inner.counter(4), inner.has(1)], [
    0x04030201,
    0x01020304,
    0x04030201,
    false,
  ]);
  assertEquals(new AttributeTable().readNest(inner, 9).has(4), false);
  table.read(viewOf("0c000500" + "0000000001000000"), 0, 12);
  assertEquals([table.has(1), table.counter(5), table.value(5)?.byteLength], [false, 2 ** 32, 8]);
});

Deno.test("AttributeTable stops at what is malformed, and passes over types that it does not know", () => {
  const read = (hex: string): number[] => {
    const view = viewOf(hex);
    const table = new AttributeTable().read(view, 0, view.byteLength);
    return Array.from({ length: 32 }, (_, type) => type).filter((type) => table.has(type));
  };
  assertEquals(read("08000100" + "00000000" + "ff000200" + "00000000"), [1]);
  assertEquals(read("08000100" + "00000000" + "03000200" + "00000000"), [1]);
  assertEquals(read("0400ff3f" + "04000600"), [6]);
  assertEquals(read("0400"), []);
});
