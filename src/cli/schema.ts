// `holdfast schema`: the JSON Schema of holdfast.yaml, which editors complete and check by.
import { jsonSchema } from "../config/json_schema.ts";
import { isOwnBlock, meaningInBlock } from "../config/own_blocks.ts";
import { manualEntry } from "../config/manual/manual.ts";

/** The schema as text, the same every time. */
export function schemaText(): string {
  const schema = jsonSchema({
    describe: (section, keyword) => {
      const own = isOwnBlock(section) ? meaningInBlock(section, keyword) : undefined;
      if (own !== undefined) return own;
      const entry = manualEntry(isOwnBlock(section) ? "TCP_CHECK" : section, keyword);
      if (entry === undefined) return undefined;
      return entry.fallback === undefined ? entry.meaning : `${entry.meaning}\nDefault: ${entry.fallback}`;
    },
  });
  return `${JSON.stringify(schema, undefined, 2)}\n`;
}
