// What came of a rehearsal: events in their order, and who was master of which virtual router when. Does not render.
import type { VrrpInstance } from "../../config/config.ts";
import type { VrrpStateName } from "../../ports/snapshot.ts";

/** Something that happened. Microseconds since the beginning. */
export type TimelineEvent =
  & { readonly atUs: number }
  & (
    | { readonly type: "step"; readonly text: string }
    | {
      readonly type: "state";
      readonly node: string;
      readonly instance: string;
      readonly from: VrrpStateName;
      readonly to: VrrpStateName;
      readonly reason: string;
      readonly effectivePriority: number;
      /** The addresses that it has now. */
      readonly addresses: readonly string[];
    }
    | {
      readonly type: "priority";
      readonly node: string;
      readonly instance: string;
      readonly from: number;
      readonly to: number;
      /** `base 100`, `script chk fails: -20` ... */
      readonly terms: readonly string[];
    }
    | { readonly type: "script"; readonly node: string; readonly script: string; readonly verdict: "up" | "down" }
    /** A line of a node's log that says more. */
    | { readonly type: "note"; readonly node: string; readonly text: string }
  );

/** A virtual router over the whole time. */
export interface VirtualRouterSummary {
  /** Its name where it stands first. */
  readonly instance: string;
  readonly vrid: number;
  readonly family: 4 | 6;
  readonly masters: readonly { readonly node: string; readonly fromUs: number; readonly toUs: number }[];
  /** Times without a master, after the first one. */
  readonly nobody: readonly { readonly fromUs: number; readonly toUs: number }[];
  /** Times with more than one. */
  readonly several: readonly { readonly fromUs: number; readonly toUs: number; readonly nodes: readonly string[] }[];
}

/** Who is master of one virtual router. */
export class MasterBook {
  readonly #spans: { node: string; fromUs: number; toUs: number | undefined }[] = [];

  constructor(readonly instance: VrrpInstance) {}

  set(node: string, isMaster: boolean, atUs: number): void {
    const open = this.#spans.find((span) => span.node === node && span.toUs === undefined);
    if (isMaster && open === undefined) this.#spans.push({ node, fromUs: atUs, toUs: undefined });
    if (!isMaster && open !== undefined) open.toUs = atUs;
  }

  close(endUs: number): VirtualRouterSummary {
    const masters = this.#spans.map(({ node, fromUs, toUs = endUs }) => ({ node, fromUs, toUs }));
    const marks = [...new Set(masters.flatMap(({ fromUs, toUs }) => [fromUs, toUs]).concat(endUs))].sort((a, b) =>
      a - b
    );
    const nobody: { fromUs: number; toUs: number }[] = [];
    const several: { fromUs: number; toUs: number; nodes: string[] }[] = [];
    for (const [index, fromUs] of marks.entries()) {
      const toUs = marks[index + 1];
      if (toUs === undefined) break;
      const nodes = masters.filter((span) => span.fromUs <= fromUs && span.toUs >= toUs).map(({ node }) => node);
      if (nodes.length === 0) nobody.push({ fromUs, toUs });
      if (nodes.length > 1) several.push({ fromUs, toUs, nodes });
    }
    const { name: instance, vrid, family } = this.instance;
    return { instance, vrid, family, masters, nobody, several };
  }
}
