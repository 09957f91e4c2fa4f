// The assertions of our tests, under the names of @std/assert, carried out by Node's assert (JSR is out of reach).
import nodeAssert from "node:assert/strict";

/** Fails unless `condition` is true. */
export function assert(condition: unknown, message?: string): asserts condition {
  nodeAssert.ok(condition, message);
}

/** Fails unless both values are deeply and strictly equal. */
export function assertEquals<T>(actual: T, expected: T, message?: string): void {
  nodeAssert.deepStrictEqual(actual, expected, message);
}

/** Fails when both values are deeply and strictly equal. */
export function assertNotEquals<T>(actual: T, expected: T, message?: string): void {
  nodeAssert.notDeepStrictEqual(actual, expected, message);
}

/** Fails unless `text` contains `part`. */
export function assertStringIncludes(text: string, part: string): void {
  nodeAssert.ok(text.includes(part), `expected to find ${JSON.stringify(part)} in:\n${text}`);
}

/** Fails unless `text` matches `pattern`. */
export function assertMatch(text: string, pattern: RegExp): void {
  nodeAssert.match(text, pattern);
}

/** An error class, for `assertThrows` and `assertRejects`. */
// deno-lint-ignore no-explicit-any -- a constructor of any arguments is what std's signature takes too
type ErrorClass<E extends Error> = new (...args: any[]) => E;

/** Fails unless `body` throws an `errorClass` whose message contains `messagePart`; returns the error. */
export function assertThrows<E extends Error>(body: () => unknown, errorClass: ErrorClass<E>, messagePart = ""): E {
  try {
    body();
  } catch (error) {
    return checkError(error, errorClass, messagePart);
  }
  throw new nodeAssert.AssertionError({ message: `expected ${errorClass.name} to be thrown` });
}

/** Fails unless the promise of `body` rejects with an `errorClass` whose message contains `messagePart`. */
export async function assertRejects<E extends Error>(
  body: () => Promise<unknown>,
  errorClass: ErrorClass<E>,
  messagePart = "",
): Promise<E> {
  try {
    await body();
  } catch (error) {
    return checkError(error, errorClass, messagePart);
  }
  throw new nodeAssert.AssertionError({ message: `expected a rejection with ${errorClass.name}` });
}

function checkError<E extends Error>(error: unknown, errorClass: ErrorClass<E>, messagePart: string): E {
  if (!(error instanceof errorClass)) throw error;
  assertStringIncludes(error.message, messagePart);
  return error;
}
