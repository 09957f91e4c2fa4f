// The machine as `holdfast realserver` sees and changes it: addresses of lo, tunnel devices, settings of /proc/sys/net.
import type { RealServerFacts, RealServerStep, TunnelKind } from "../core/realserver/plan.ts";
import { writeAddTunnel, writeLinkDown, writeLinkUp, writeRemoveLink } from "../wire/rtnetlink_link.ts";
import { AddressEditor } from "./address_editor.ts";
import { InterfaceTable } from "./interface_table.ts";
import { requestOnce } from "./netlink_requests.ts";
import { readSysctl, writeSysctl } from "./sysctl.ts";

/** This network namespace. */
export class RealServerHost {
  readonly #table = new InterfaceTable();
  readonly #addresses = new AddressEditor(this.#table);

  /** What it is like now. */
  readonly facts: RealServerFacts = {
    setting: readSysctl,
    link: (name) => {
      const link = this.#table.find(name);
      return link === undefined ? "absent" : link.up ? "up" : "down";
    },
    devicesOf: (address) => this.#table.names().filter((name) => this.#table.hasAddress(name, address)),
  };

  /** Carries out one step. @throws Error with the kernel's reason */
  apply(step: RealServerStep): void {
    switch (step.type) {
      case "setting":
        return writeSysctl(step.path, step.value);
      case "address": {
        const { address, device } = step;
        const assignment = { address, prefixLength: address.includes(":") ? 128 : 32, device, scope: 0 };
        return step.action === "add" ? this.#addresses.add(assignment) : this.#addresses.remove(assignment);
      }
      case "link":
        return step.to === "up" ? this.#raise(step.name, step.kind) : this.#lower(step.name, step.to === "absent");
      default:
        return step satisfies never;
    }
  }

  close(): void {
    this.#addresses.close();
  }

  /** Asking for the device loads its module, which brings a device of just that name: then it is there already. */
  #raise(name: string, kind: TunnelKind): void {
    if (this.#table.indexOf(name) === undefined) {
      requestOnce(`make ${name}`, (writer, sequence) => writeAddTunnel(writer, { name, kind }, sequence), "EEXIST");
      this.#table.update();
    }
    const index = this.#table.indexOf(name);
    if (index === undefined) throw new Error(`Cannot make ${name}: the kernel does not report it`);
    requestOnce(`set ${name} up`, (writer, sequence) => writeLinkUp(writer, index, sequence));
  }

  /** The module's own device cannot be removed without the module; down, it does nothing. */
  #lower(name: string, remove: boolean): void {
    const index = this.#table.indexOf(name);
    if (index === undefined) return;
    requestOnce(`set ${name} down`, (writer, sequence) => writeLinkDown(writer, index, sequence), "ENODEV");
    if (!remove) return;
    try {
      requestOnce(`remove ${name}`, (writer, sequence) => writeRemoveLink(writer, index, sequence));
    } catch {
      // it is the module's own
    }
  }
}
