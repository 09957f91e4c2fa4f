// What `holdfast doctor` looks at on a machine: plain facts, as they were at one moment. Judges nothing.

/** Whether a module of the kernel can be used. */
export type ModuleState =
  /** Loaded, or part of the kernel. */
  | "present"
  /** On disk, loaded when it is asked for. */
  | "loadable"
  /** Neither. */
  | "missing";

/** A machine, in one network namespace. */
export interface MachineFacts {
  /** Settings by their path below /proc/sys/net; one that is not there is missing. */
  readonly settings: Readonly<Record<string, string>>;
  readonly interfaces: readonly MachineInterface[];
  /** Devices of the default routes of the main table. */
  readonly defaultRoutes: readonly { readonly family: 4 | 6; readonly device: string }[];
  /** Those that were asked for. */
  readonly modules: Readonly<Record<string, ModuleState>>;
  /** The kernel says so, by whatever program; undefined: it does not tell. */
  readonly clockIsSynchronised?: boolean;
  /** systemd-networkd; undefined: it manages nothing here. */
  readonly networkd?: NetworkdFacts;
}

/** An interface with its addresses. */
export interface MachineInterface {
  readonly name: string;
  /** Bytes; undefined: not known. */
  readonly mtu?: number;
  readonly addresses: readonly { readonly address: string; readonly prefixLength: number }[];
}

/** What systemd-networkd does to things that it did not make itself. */
export interface NetworkdFacts {
  /** Interfaces that it manages, with the file that says so and `KeepConfiguration=` (default: `no`). */
  readonly links: readonly { readonly interface: string; readonly file: string; readonly keepConfiguration: string }[];
  /** `ManageForeignRoutes=` and `ManageForeignRoutingPolicyRules=` of networkd.conf; default: yes. */
  readonly managesForeignRoutes: boolean;
  readonly managesForeignRules: boolean;
}
