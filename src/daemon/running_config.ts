// The configuration in use, as the api role may have it: its text without secrets, and a tag that changes with everything.
import { createHash } from "node:crypto";
import type { Config } from "../config/config.ts";
import { redactedText } from "../config/running_text.ts";
import type { RunningConfig } from "../ports/snapshot.ts";

/** @param source the file that it was read from */
export function runningConfig(
  config: Config,
  { generation, source, appliedAtMs }: { generation: number; source: string; appliedAtMs: number },
): RunningConfig {
  return {
    generation,
    etag: etagOf(config),
    source,
    appliedAt: new Date(appliedAtMs).toISOString(),
    ...redactedText(config),
  };
}

/** Changes with everything in a configuration, secrets included. */
export function etagOf(config: Config): string {
  return createHash("sha256").update(JSON.stringify(config)).digest("base64url").slice(0, 22);
}
