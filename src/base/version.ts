// The version of this program.

/** Semantic version; the same as in deno.json, which a test makes sure of. */
export const VERSION = "0.1.0";
