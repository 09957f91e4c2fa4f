// A refusing system as raw-socket's users expect it: a plain Error with strerror's text, without the action.
import { errno, libc } from "../libc.ts";

/** Passes the result of a libc call on. @throws Error when it is -1 */
export function checkResult(result: number): number {
  if (result < 0) throw systemError(errno());
  return result;
}

/** The Error for a positive errno. */
export function systemError(errnoValue: number): Error {
  const text = libc().strerror(errnoValue);
  return new Error(text === null ? `errno ${errnoValue}` : Deno.UnsafePointerView.getCString(text));
}
