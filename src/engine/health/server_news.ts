// What virtual and real servers tell the rest of the program for scripts, FIFOs and mails. Data only.

/** A server went up or down. */
export interface ServerNews {
  /** A checker: of a real server that stays as it is, for another of its checkers says otherwise. */
  readonly kind: "virtual-server" | "real-server" | "checker";
  /** The name of the virtual server in the configuration. */
  readonly virtualServer: string;
  /** Of a real server or a checker. */
  readonly realServer?: { readonly address: string; readonly port: number };
  readonly to: "up" | "down";
  /** Why, for people: the result of a check, `it was removed` ... */
  readonly reason: string;
}
