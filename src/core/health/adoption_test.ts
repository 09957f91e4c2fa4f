import { assertEquals } from "../../../test/assert.ts";
import { assumeAtStart } from "./adoption.ts";

type Server = Parameters<typeof assumeAtStart>[0][number];

const server = (weight = 1, inhibitOnFailure = false): Server => {
  const entry = { address: "a", port: 80, forwardingMethod: "nat", upperThreshold: 0, lowerThreshold: 0 } as const;
  return { entry: { ...entry, weight }, inhibitOnFailure };
};

const options = { sorryServerInKernel: false };

Deno.test("assumeAtStart() follows the configuration when the table is not in use", () => {
  assertEquals(assumeAtStart([server(), server()], [undefined, undefined], options), ["configured", "configured"]);
});

Deno.test("assumeAtStart() keeps what the kernel sends traffic to", () => {
  assertEquals(assumeAtStart([server(), server(5)], [1, 2], options), ["up", "up"]);
});

Deno.test("assumeAtStart() leaves out what an earlier process took out", () => {
  assertEquals(assumeAtStart([server(), server()], [1, undefined], options), ["up", "down"]);
  assertEquals(assumeAtStart([server(), server()], [undefined, undefined], { sorryServerInKernel: true }), [
    "down",
    "down",
  ]);
  assertEquals(assumeAtStart([server(1, true), server()], [0, 1], options), ["down", "up"]);
});

Deno.test("assumeAtStart() does not take a configured weight of 0 for a failure", () => {
  assertEquals(assumeAtStart([server(0, true), server(0)], [0, 0], options), ["up", "up"]);
});

Deno.test("assumeAtStart() follows the configuration for a weight of 0 that no inhibit explains", () => {
  assertEquals(assumeAtStart([server(), server()], [0, 1], options), ["configured", "up"]);
});
