// Dry runs: calls that take their whole way up to the kernel and change nothing there. For rehearsals of what must be
// fast the first time.

let isDry = false;

/** Until `work` returns, or throws, packets are not sent and the kernel is asked for nothing. */
export function dryRun(work: () => void): void {
  isDry = true;
  try {
    work();
  } finally {
    isDry = false;
  }
}

/** Whether the caller is part of a dry run. */
export function isDryRun(): boolean {
  return isDry;
}
