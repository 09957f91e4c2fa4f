// Keywords of holdfast.yaml that keepalived.conf does not have. There they are unknown words, as in keepalived.
import { field, type Fields } from "./fields.ts";
import type { SectionName } from "./section.ts";
import type { Statement } from "./statement.ts";
import { seconds } from "./values.ts";
import { isYaml } from "./yaml_shape.ts";

/** A day. */
const MAX_SECONDS = 86_400;

/** Of a virtual server, for all its real servers, and of a real server. */
export const OWN_SERVER_FIELDS = {
  drain_timeout: field("drainTimeoutMs", seconds({ min: 0, max: MAX_SECONDS, as: "ms" })),
  slow_start: field("slowStartMs", seconds({ min: 0, max: MAX_SECONDS, as: "ms" })),
} satisfies Fields;

/** Each with what it means; the blocks are `virtual_server` and `real_server`. */
const MEANINGS: Readonly<Record<string, string>> = {
  drain_timeout:
    "a real server that leaves the configuration, or is drained, stays at weight 0 until its connections " +
    "have ended, at most so many seconds; without it, it leaves at once (drained: without a limit)",
  slow_start: "the weight of a real server that comes back rises for so many seconds",
};
const SECTIONS: ReadonlySet<SectionName> = new Set(["virtual_server", "real_server"]);

/** What an own keyword of that kind of block means; undefined when there is none of that name. */
export function ownKeyword(section: SectionName, name: string): string | undefined {
  return SECTIONS.has(section) && Object.hasOwn(MEANINGS, name) ? MEANINGS[name] : undefined;
}

/** Their names in that kind of block. */
export function ownKeywordsOf(section: SectionName): string[] {
  return SECTIONS.has(section) ? Object.keys(MEANINGS) : [];
}

/** The own keywords count in a YAML file only. */
export function hasOwnKeywords({ keyword }: Statement): boolean {
  return isYaml(keyword.file);
}
