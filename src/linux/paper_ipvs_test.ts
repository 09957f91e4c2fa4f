import { assertEquals } from "../../test/assert.ts";
import { paperIpvs } from "./paper_ipvs.ts";

Deno.test("paperIpvs() is empty, and takes what it is told", () => {
  const ipvs = paperIpvs();
  assertEquals([ipvs.read(), ipvs.read()], [[], []]);
  const key = { kind: "address", protocol: "tcp", address: "0.0.0.1", port: 1 } as const;
  assertEquals(ipvs.apply([{ type: "delete-real-server", key, address: "10.0.0.1", port: 80 }]), []);
  assertEquals(ipvs.apply([{ type: "delete-virtual-server", key }]), []);
  ipvs.close();
});
