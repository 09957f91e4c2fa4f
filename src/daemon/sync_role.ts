// Which half of connection synchronisation runs here: that of the VRRP instance that `lvs_sync_daemon` names.
import type { Config } from "../config/config.ts";
import { ipvsSettingsOf } from "../config/sync_daemon.ts";
import type { SyncRole } from "../engine/health/settings_keeper.ts";
import type { StateTransition } from "../engine/vrrp/surroundings.ts";

/** Remembers who is master. */
export class SyncRoles {
  readonly #masters = new Set<string>();

  /** An instance changed its state. */
  hear({ kind, name, to }: StateTransition): void {
    if (kind !== "instance") return;
    if (to === "master") this.#masters.add(name);
    else this.#masters.delete(name);
  }

  /** The vrrp role ended: nobody is master here. */
  forget(): void {
    this.#masters.clear();
  }

  /** The role that a configuration asks for now. */
  of(config: Config): SyncRole {
    const { instance } = ipvsSettingsOf(config).sync ?? {};
    if (instance === undefined) return "both";
    return this.#masters.has(instance) ? "master" : "backup";
  }
}
