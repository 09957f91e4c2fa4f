import { assert, assertEquals, assertThrows } from "../../test/assert.ts";
import { testWith } from "../../test/support/requirements.ts";
import { dryRun, isDryRun } from "./dry_run.ts";
import { LinuxNetwork } from "./linux_network.ts";

const ENTRY = { address: "198.51.100.77", prefixLength: 32, device: "lo", scope: 0 };

testWith(["root"], "dryRun() lets everything go its way to the kernel, which does nothing", () => {
  const [network, witness] = [new LinuxNetwork(), new LinuxNetwork()];
  try {
    dryRun(() => {
      network.addAddress(ENTRY);
      assertEquals(network.sendFrame("lo", new Uint8Array(60)), undefined);
      assert(network.hasAddress("lo", ENTRY.address), "those in the play believe it");
      network.removeAddress(ENTRY);
    });
    witness.table.update();
    assertEquals([network, witness].map((each) => each.hasAddress("lo", ENTRY.address)), [false, false]);
    network.addAddress(ENTRY);
    witness.table.update();
    assert(witness.hasAddress("lo", ENTRY.address), "afterwards it is done");
  } finally {
    network.removeAddress(ENTRY);
    network.close();
    witness.close();
  }
  return Promise.resolve();
});

Deno.test("dryRun() ends when what is tried throws", () => {
  assertThrows(() =>
    dryRun(() => {
      assert(isDryRun());
      throw new RangeError("tried");
    }), RangeError);
  assertEquals(isDryRun(), false);
});
