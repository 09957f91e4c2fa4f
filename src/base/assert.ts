// Assertions about our own code, on in production. Nothing that comes from outside (a packet, a file) may reach one.

/** A bug in Holdfast: a condition that our own code guarantees did not hold. */
export class AssertionError extends Error {
  override readonly name = "AssertionError";
}

/**
 * States what must be true here.
 *
 * @throws AssertionError when `condition` is false
 */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}

/** Marks a place that the types say cannot be reached; given the impossible value for the message. */
export function unreachable(value: never): never {
  throw new AssertionError(`unreachable: ${JSON.stringify(value)}`);
}
