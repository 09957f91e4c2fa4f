// Entity tags of what operators have said, the same in the api role, which shows them, and in the supervisor, which compares.
import { createHash } from "node:crypto";

/** Entity tags of a condition as they come in a header, without quotes; `*` stands for whatever there is. */
export function tagsOf(header: string): string[] {
  return header.split(",").map((entry) => entry.trim().replace(/^W\//, "").replace(/^"(.*)"$/, "$1"));
}

/** The tag of what operators have said of one thing: another one as soon as anything is said again. `undefined`: nothing. */
export function tagOf(said: object | undefined): string {
  const text = said === undefined ? "" : JSON.stringify(said, (key, value) => VOLATILE.has(key) ? undefined : value);
  return text === "" || text === "{}" ? "none" : createHash("sha256").update(text).digest("base64url").slice(0, 22);
}

/** Times of the end are reckoned from a running clock, and differ by a millisecond now and then. */
const VOLATILE = new Set(["untilMs", "untilUs"]);
