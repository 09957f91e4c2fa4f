// A value or a named reason: how input from outside is judged without exceptions.

/** A decoded value, or why the input was refused. `Reason` is a short stable word that counters are labelled with. */
export type Result<Value, Reason extends string> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly reason: Reason };
