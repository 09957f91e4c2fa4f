// Takes virtual addresses, routes and rules off this host when no vrrp role is there to do it.
import type { VrrpInstance } from "../config/config.ts";
import { AddressEditor } from "../linux/address_editor.ts";
import { InterfaceTable } from "../linux/interface_table.ts";
import { LinuxRouting } from "../linux/routing.ts";

/** Removes everything that moves with the instances; what cannot be removed is logged. */
export function removeVirtualAddresses(instances: readonly VrrpInstance[], log: (line: string) => void): void {
  const table = new InterfaceTable();
  const editor = new AddressEditor(table);
  const routing = new LinuxRouting(table);
  for (const { name, rules, routes, virtualAddresses, excludedAddresses } of instances) {
    const attempt = (call: () => void): void => {
      try {
        call();
      } catch (error) {
        log(`(${name}) ${error instanceof Error ? error.message : error}`);
      }
    };
    for (const { request } of rules) if (request !== undefined) attempt(() => routing.removeRule(request));
    for (const { request } of routes) if (request !== undefined) attempt(() => routing.removeRoute(request));
    for (const entry of [...virtualAddresses, ...excludedAddresses]) attempt(() => editor.remove(entry));
  }
  routing.close();
  editor.close();
  table.close();
}
