// Takes virtual addresses off this host when no vrrp role is there to do it.
import type { VrrpInstance } from "../config/config.ts";
import { AddressEditor } from "../linux/address_editor.ts";
import { InterfaceTable } from "../linux/interface_table.ts";

/** Removes every virtual address of the instances; what cannot be removed is logged. */
export function removeVirtualAddresses(instances: readonly VrrpInstance[], log: (line: string) => void): void {
  const table = new InterfaceTable();
  const editor = new AddressEditor(table);
  for (const instance of instances) {
    for (const entry of [...instance.virtualAddresses, ...instance.excludedAddresses]) {
      try {
        editor.remove(entry);
      } catch (error) {
        log(`(${instance.name}) ${error instanceof Error ? error.message : error}`);
      }
    }
  }
  editor.close();
  table.close();
}
