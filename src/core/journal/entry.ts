// What the journal keeps: facts, each with the one that led to it. Plain data that survives JSON.

/** A thing that instances track, or somebody who decides. */
export interface Thing {
  readonly kind: "interface" | "script" | "file" | "process" | "bfd" | "virtual_server";
  readonly name: string;
}

type StateName = "init" | "backup" | "master" | "fault";

/** What the vrrp role sees and does. */
export type RouterFact =
  | { readonly type: "link"; readonly name: string; readonly state: "up" | "down" | "missing" }
  /** Something without which the instance cannot serve, or its end. */
  | { readonly type: "fault"; readonly name: string; readonly cause: string; readonly present: boolean }
  /** It would have become master, but witnesses forbade it. */
  | { readonly type: "forbidden"; readonly name: string; readonly reason: string }
  /** The effective priority. Nothing tracked: an operator or a reload changed it. */
  | {
    readonly type: "priority";
    readonly name: string;
    readonly from: number;
    readonly to: number;
    readonly because: readonly Thing[];
  }
  | {
    readonly type: "transition";
    readonly kind: "instance" | "group";
    readonly name: string;
    readonly from: StateName;
    readonly to: StateName;
    /** As the state machine says it. */
    readonly reason: string;
    /** The effective one; 0 for a group. */
    readonly priority: number;
    /** Who was heard last, how long ago, and whether it was master until now, as far as that is known. */
    readonly heard?: {
      readonly address: string;
      readonly priority: number;
      readonly agoMs: number;
      readonly lately: boolean;
    };
    /** What came or went with it, and of that what the kernel refused. */
    readonly addresses?: readonly string[];
    readonly refused?: readonly string[];
    /** Gratuitous ARP and neighbor advertisements sent at once. */
    readonly announced?: number;
  };

/** All that is kept. */
export type Fact =
  | RouterFact
  | {
    readonly type: "track";
    readonly kind: "script" | "file" | "process" | "bfd" | "virtual_server";
    readonly name: string;
    readonly value: string;
  }
  | {
    readonly type: "operator";
    readonly names: readonly string[];
    readonly text: string;
    /** It changes nothing that holds later, such as announcing again. */
    readonly passing?: true;
  }
  /** A real server went up or down, by its check. */
  | {
    readonly type: "server";
    readonly name: string;
    /** The virtual server. */
    readonly service: string;
    readonly up: boolean;
    readonly text: string;
  }
  /** Something about a real server that is no change of its health: its agent wants it drained, its certificate ends. */
  | { readonly type: "remark"; readonly name: string; readonly service: string; readonly text: string }
  /** A virtual server has its quorum, or no more; or the sorry server came or went. */
  | { readonly type: "service"; readonly name: string; readonly up: boolean; readonly text: string }
  | { readonly type: "daemon"; readonly text: string }
  | { readonly type: "role"; readonly name: string; readonly text: string }
  | { readonly type: "reload"; readonly accepted: boolean; readonly text: string }
  | {
    readonly type: "addresses";
    readonly name: string;
    readonly verb: "added" | "removed";
    readonly addresses: readonly string[];
    readonly refused: readonly string[];
  }
  | { readonly type: "announced"; readonly name: string; readonly count: number }
  /** Facts that could not be written. */
  | { readonly type: "lost"; readonly count: number };

/** One fact in the journal. */
export interface Entry {
  /** Grows by one, across restarts. */
  readonly id: number;
  /** Wall clock. */
  readonly atMs: number;
  /** The entry that led to it. */
  readonly cause?: number;
  readonly fact: Fact;
}
