// The configuration in use, as the api role may have it: its text without secrets, and a tag that changes with everything.
import { createHash } from "node:crypto";
import type { Config } from "../config/config.ts";
import type { RunningConfig } from "../ports/snapshot.ts";

/** The configuration in use, and since when. */
export interface ConfigInUse {
  readonly config: Config;
  readonly generation: number;
  readonly appliedAtMs: number;
}

/**
 * What writes it down is loaded at the first call, when everything runs.
 *
 * @param used what is in use then
 * @param source the file that it was read from
 */
export async function runningConfig(used: () => ConfigInUse, source: string): Promise<RunningConfig> {
  const { redactedText } = await import("../config/running_text.ts");
  const { config, generation, appliedAtMs } = used();
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
