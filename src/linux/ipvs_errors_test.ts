import { assertEquals } from "../../test/assert.ts";
import type { IpvsCommand, RealServerEntry, VirtualServerEntry, VirtualServerKey } from "../core/ipvs/table.ts";
import { describeFailure, remedy } from "./ipvs_errors.ts";

const key: VirtualServerKey = { kind: "address", protocol: "tcp", address: "10.0.0.1", port: 80 };
const virtualServer: VirtualServerEntry = {
  key,
  scheduler: "xyz",
  flags: 0,
  persistenceTimeoutSeconds: 0,
  persistencePrefixLength: 32,
};
const realServer: RealServerEntry = {
  address: "2001:db8::2",
  port: 80,
  forwardingMethod: "nat",
  weight: 1,
  upperThreshold: 0,
  lowerThreshold: 0,
};
const addVirtual: IpvsCommand = { type: "add-virtual-server", entry: virtualServer };
const setVirtual: IpvsCommand = { type: "set-virtual-server", entry: virtualServer };
const deleteVirtual: IpvsCommand = { type: "delete-virtual-server", key };
const addReal: IpvsCommand = { type: "add-real-server", key, entry: realServer };
const setReal: IpvsCommand = { type: "set-real-server", key, entry: realServer };
const deleteReal: IpvsCommand = { type: "delete-real-server", key, address: "2001:db8::2", port: 80 };

Deno.test("remedy() changes what exists already instead of adding it (EEXIST)", () => {
  assertEquals(remedy(addVirtual, 17), setVirtual);
  assertEquals(remedy(addReal, 17), setReal);
  assertEquals(remedy(setVirtual, 17), undefined);
});

Deno.test("remedy() takes the deletion of what is missing for done (ESRCH, ENOENT)", () => {
  assertEquals(remedy(deleteVirtual, 3), "done");
  assertEquals(remedy(deleteReal, 3), "done");
  assertEquals(remedy(deleteReal, 2), "done");
  assertEquals(remedy(deleteVirtual, 2), undefined);
  assertEquals(remedy(deleteReal, 22), undefined);
});

Deno.test("remedy() adds a real server that was to be changed but is missing, not a virtual server", () => {
  assertEquals(remedy(setReal, 2), addReal);
  assertEquals(remedy(setReal, 3), undefined);
  assertEquals(remedy(setVirtual, 3), undefined);
  assertEquals(remedy(addVirtual, 2), undefined); // the scheduler
});

Deno.test("describeFailure() says the action, then the state in this command's terms", () => {
  assertEquals(
    describeFailure(addVirtual, 2),
    "Cannot add virtual server tcp 10.0.0.1:80: scheduler `xyz` is not available in this kernel (ENOENT)",
  );
  assertEquals(
    describeFailure(setVirtual, 3),
    "Cannot change virtual server tcp 10.0.0.1:80: the kernel has no such virtual server (ESRCH)",
  );
  assertEquals(
    describeFailure(deleteVirtual, 12),
    "Cannot delete virtual server tcp 10.0.0.1:80: Cannot allocate memory (ENOMEM)",
  );
  assertEquals(
    describeFailure(addReal, 22),
    "Cannot add real server [2001:db8::2]:80 to tcp 10.0.0.1:80: the address must be unicast or the director's own, " +
      "and of the virtual server's family unless tunneled (EINVAL)",
  );
  assertEquals(
    describeFailure(setReal, 34),
    "Cannot change real server [2001:db8::2]:80 of tcp 10.0.0.1:80: the weight is negative, or the lower connection " +
      "threshold is above the upper one (ERANGE)",
  );
  assertEquals(
    describeFailure(deleteReal, 105),
    "Cannot delete real server [2001:db8::2]:80 from tcp 10.0.0.1:80: the kernel's answer was lost, the table must " +
      "be read again (ENOBUFS)",
  );
});
