// Links that are made for an instance: its addresses are on them, with a hardware address that moves along.

/** A link that is wanted. */
export interface OwnLink {
  readonly name: string;
  /** The link that it stands on. */
  readonly parent: string;
  readonly kind: "macvlan" | "ipvlan";
  /** Of a macvlan: 6 bytes. */
  readonly hardwareAddress: Uint8Array;
  /** Of an ipvlan: how the links of one parent may talk to one another. */
  readonly mode: "bridge" | "private" | "vepa";
  /** IP versions of the addresses that will be on it. */
  readonly families: readonly (4 | 6)[];
  /** Number of a group of links (ip-link(8)). */
  readonly group?: number;
}

/** Makes and removes such links. */
export interface LinkPort {
  /** Makes it unless it is there; does nothing while its parent is missing. @throws Error with the kernel's reason */
  ensureLink(link: OwnLink): void;
  /** Removes one that `ensureLink` made or found, and puts back what it changed elsewhere. @throws Error */
  removeLink(name: string): void;
}
