// What HTTP_GET demands of an answer: the MD5 of its body, and a pattern in it. Sees it in pieces and keeps none of it.
//
// keepalived looks for the pattern in what it has read: in status line and headers, too, when the body comes in the same packet
// with them. Patterns of either kind are in use, and neither may depend on packets here: a pattern is found in the answer from
// its first byte on, or in the body alone, where `^` and offsets begin at the body.
import { createHash, type Hash } from "node:crypto";
import { compileRegex, type Regex, type RegexSearch } from "../base/regex.ts";
import type { BodyPattern, HttpUrl } from "../ports/probes.ts";

/** Compiled patterns; a configuration has few, and each is used every few seconds. */
const COMPILED = new Map<string, Regex>();
const MAX_COMPILED = 1000;

/** Follows one body. */
export class BodyCheck {
  readonly #digest: string | undefined;
  readonly #hash: Hash | undefined;
  readonly #negated: boolean;
  /** Of the body alone, and of the whole answer. */
  readonly #search: RegexSearch | undefined;
  readonly #wholeSearch: RegexSearch | undefined;

  /** Starts with an empty body. @throws Error with a plain sentence when the pattern cannot be carried out */
  constructor({ digest, regex }: Pick<HttpUrl, "digest" | "regex">) {
    this.#digest = digest?.toLowerCase();
    this.#hash = digest === undefined ? undefined : createHash("md5");
    this.#negated = regex?.negated ?? false;
    if (regex === undefined) return;
    const { minOffset, maxOffset } = regex;
    const window = {
      ...(minOffset === undefined ? {} : { minOffset }),
      ...(maxOffset === undefined ? {} : { maxOffset }),
    };
    this.#search = compiled(regex).search(window);
    this.#wholeSearch = compiled(regex).search(window);
  }

  /** Whether anything is demanded: if not, a body need not be read to its end. */
  get wanted(): boolean {
    return this.#hash !== undefined || this.#search !== undefined;
  }

  /** Takes status line and headers, with the empty line that ends them. */
  pushHead(bytes: Uint8Array): void {
    this.#wholeSearch?.push(bytes);
  }

  /** Takes the next bytes of the body, as they came: chunked framing is part of it, as in keepalived. */
  push(bytes: Uint8Array): void {
    this.#hash?.update(bytes);
    this.#search?.push(bytes);
    this.#wholeSearch?.push(bytes);
  }

  /**
   * Judges the whole body, once.
   *
   * @param cut the body goes on, we have not read it to its end
   * @returns undefined when all is as demanded, else what is wrong
   */
  fault(cut: boolean): string | undefined {
    return this.#digestFault(cut) ?? this.#patternFault(cut);
  }

  #digestFault(cut: boolean): string | undefined {
    if (this.#hash === undefined) return undefined;
    if (cut) return "the body is too long for its digest";
    const digest = this.#hash.digest("hex");
    return digest === this.#digest ? undefined : `digest is ${digest}, wanted ${this.#digest}`;
  }

  #patternFault(cut: boolean): string | undefined {
    if (this.#search === undefined || this.#wholeSearch === undefined) return undefined;
    const [body, whole] = [this.#search, this.#wholeSearch].map((search) => cut ? search.state : search.end());
    const state = whole === "matched" ? whole : body ?? "open";
    switch (state) {
      case "matched":
        return this.#negated ? "the pattern is in the answer" : undefined;
      case "unmatched":
        return this.#negated ? undefined : "the pattern is not in the answer";
      case "open":
        return "the pattern is not in the part of the answer that was read";
      case "invalid":
        return "the body is not UTF-8";
      case "too-much-work":
        return "the search for the pattern takes too long";
      default:
        return state satisfies never;
    }
  }
}

function compiled({ pattern, options = [] }: BodyPattern): Regex {
  const key = JSON.stringify([pattern, options]);
  const known = COMPILED.get(key);
  if (known !== undefined) return known;
  const result = compileRegex(pattern, options);
  if (!result.ok) throw new Error(`the pattern ${result.reason}`);
  if (COMPILED.size >= MAX_COMPILED) COMPILED.clear();
  COMPILED.set(key, result.value);
  return result.value;
}
