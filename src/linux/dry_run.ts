// Dry runs: calls that take their whole way up to the kernel and change nothing there. For rehearsals of what must be
// fast the first time.

const NO_DESCRIPTOR = -1;

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

/** The descriptor to send on: in a dry run one that the kernel refuses. */
export function sendingOn(fd: number): number {
  return isDry ? NO_DESCRIPTOR : fd;
}
