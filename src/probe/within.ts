// Waits for something a limited time. Does not end the work itself: the caller closes what it holds.

/** How the waiting ended. A rejection of the work is a value here. */
export type Waited<Value> =
  | { readonly end: "done"; readonly value: Value }
  | { readonly end: "failed"; readonly error: unknown }
  | { readonly end: "timeout" }
  | { readonly end: "aborted" };

/** Waits for `work` at most `timeoutMs`, and no longer than until `signal` aborts. Never rejects, leaves no timer. */
export function within<Value>(work: Promise<Value>, timeoutMs: number, signal: AbortSignal): Promise<Waited<Value>> {
  return new Promise((resolve) => {
    const finish = (waited: Waited<Value>): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
      resolve(waited);
    };
    const onAbort = (): void => finish({ end: "aborted" });
    const timer = setTimeout(() => finish({ end: "timeout" }), timeoutMs);
    signal.addEventListener("abort", onAbort);
    if (signal.aborted) onAbort();
    work.then((value) => finish({ end: "done", value }), (error: unknown) => finish({ end: "failed", error }));
  });
}
