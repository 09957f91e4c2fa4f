// What the health role has to know of VRRP: which half of connection synchronisation runs here (that of the instance which
// `lvs_sync_daemon` names), and which instances are master, for `follow_instance`.
import type { Config } from "../config/config.ts";
import { ipvsSettingsOf } from "../config/sync_daemon.ts";
import type { SyncRole } from "../engine/health/settings_keeper.ts";
import type { StateTransition } from "../engine/vrrp/surroundings.ts";
import type { ToHealth } from "./messages.ts";

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

  /** Tells the health role, if there is one, what a configuration asks for now. */
  tell(health: { post(message: ToHealth): void } | undefined, config: Config): void {
    health?.post({ type: "sync-role", role: this.of(config) });
    health?.post({ type: "masters", instances: [...this.#masters] });
  }

  /** The role that a configuration asks for now. */
  of(config: Config): SyncRole {
    const { instance } = ipvsSettingsOf(config).sync ?? {};
    if (instance === undefined) return "both";
    return this.#masters.has(instance) ? "master" : "backup";
  }
}
