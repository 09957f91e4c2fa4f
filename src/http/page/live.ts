// The stream that keeps an open page up to date (server-sent events): what changed in which row, made once for all viewers.
// A viewer that does not read is let go; its page connects again.
import { same } from "../../base/same.ts";
import type { Leash } from "../leashes.ts";
import type { Cell, Row, Table } from "./model.ts";
import type { PageModel } from "./page_model.ts";

/** What the stream needs. */
export interface LivePageOptions {
  /** The page as it is now, unfiltered. */
  readonly model: () => PageModel;
  /** The newest point of each small line. */
  readonly points: () => Record<string, number>;
  /** Viewers came or went. */
  readonly counted: (viewers: number) => void;
}

/** Viewers at a time. */
const MAX_VIEWERS = 512;
/** Changes are told at most this often. */
const INTERVAL_MS = 250;
/** A line that says nothing, so that a connection that is gone is noticed. */
const HEARTBEAT_MS = 15_000;
/** Bytes that wait for one viewer at most. */
const MAX_WAITING_BYTES = 4 << 20;

/** A long event goes in pieces: each viewer's connection copies what it takes, and all read from one copy otherwise. */
const PIECE_BYTES = 64 << 10;

/** A cell as it travels: a text, or text, title, moment, and lines with what they are about. */
type TravellingCell = string | {
  readonly x: string;
  readonly h?: string;
  readonly s?: number;
  readonly l?: readonly string[];
  readonly k?: string;
};

/** A row as it travels: only the cells that changed, by their place. */
interface RowChange {
  readonly i: string;
  readonly c?: string;
  readonly t?: Readonly<Record<number, TravellingCell>>;
}

type Viewer = ReadableStreamDefaultController<Uint8Array>;

const encoder = new TextEncoder();

/** The viewers of the page, and what they were told. */
export class LivePage {
  readonly #options: LivePageOptions;
  /** Each with how to let go of its leash. */
  readonly #viewers = new Map<Viewer, (() => void) | undefined>();
  #told = new Map<string, Row>();
  #layout = "";
  #model: PageModel | undefined;
  /** There may be a newer model. */
  #isStale = true;
  /** What a new viewer is told: made once for all that come before the next change. */
  #whole: Uint8Array | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #heartbeat: ReturnType<typeof setInterval> | undefined;

  constructor(options: LivePageOptions) {
    this.#options = options;
  }

  /** A new viewer's stream; undefined when there are too many. @param leash of one who may not stay for ever */
  connect(leash?: Leash): ReadableStream<Uint8Array> | undefined {
    if (this.#viewers.size >= MAX_VIEWERS) return undefined;
    let own: Viewer | undefined;
    return new ReadableStream<Uint8Array>({
      start: (viewer) => {
        own = viewer;
        if (this.#viewers.size === 0) this.#begin();
        // The others are told, too, so that all know the same.
        const model = this.#isStale || this.#model === undefined ? this.#tell(this.#options.model()) : this.#model;
        this.#viewers.set(viewer, leash?.(() => this.#close(viewer)));
        this.#options.counted(this.#viewers.size);
        const { layout, title } = model;
        this.#whole ??= chunk("rows", { layout, title, rows: [...rowsOf(model)].map(whole) });
        this.#send(viewer, this.#whole);
      },
      cancel: () => {
        if (own !== undefined) this.#drop(own);
      },
    }, new ByteLengthQueuingStrategy({ highWaterMark: MAX_WAITING_BYTES }));
  }

  /** There is a new picture. */
  changed(): void {
    this.#isStale = true;
    if (this.#viewers.size === 0 || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#tell(this.#options.model());
    }, INTERVAL_MS);
  }

  /** The small lines have a new point. */
  sampled(): void {
    if (this.#viewers.size > 0) this.#broadcast(chunk("points", this.#options.points()));
  }

  #begin(): void {
    this.#told = new Map();
    this.#layout = "";
    this.#isStale = true;
    this.#heartbeat = setInterval(() => this.#broadcast(encoder.encode(": still here\n\n")), HEARTBEAT_MS);
  }

  #tell(model: PageModel): PageModel {
    this.#model = model;
    this.#isStale = false;
    this.#whole = undefined;
    const rows = [...rowsOf(model)];
    const changes = rows.flatMap((row) => changeOf(this.#told.get(row.id), row) ?? []);
    const isSame = this.#layout === model.layout && changes.length === 0;
    this.#told = new Map(rows.map((row) => [row.id, row]));
    this.#layout = model.layout;
    if (!isSame) this.#broadcast(chunk("rows", { layout: model.layout, title: model.title, rows: changes }));
    return model;
  }

  #broadcast(bytes: Uint8Array): void {
    for (const viewer of [...this.#viewers.keys()]) this.#send(viewer, bytes);
  }

  #send(viewer: Viewer, bytes: Uint8Array): void {
    try {
      if ((viewer.desiredSize ?? 0) > 0) {
        for (let at = 0; at < bytes.length; at += PIECE_BYTES) viewer.enqueue(bytes.subarray(at, at + PIECE_BYTES));
        return;
      }
    } catch {
      // it has gone
    }
    this.#close(viewer);
  }

  #close(viewer: Viewer): void {
    try {
      viewer.close();
    } catch {
      // it has gone
    }
    this.#drop(viewer);
  }

  #drop(viewer: Viewer): void {
    const letGo = this.#viewers.get(viewer);
    if (!this.#viewers.delete(viewer)) return;
    letGo?.();
    this.#options.counted(this.#viewers.size);
    if (this.#viewers.size > 0) return;
    clearInterval(this.#heartbeat);
    clearTimeout(this.#timer);
    this.#model = this.#whole = undefined;
    this.#timer = undefined;
  }
}

/** One event: its name and one line of JSON. */
function chunk(event: string, data: unknown): Uint8Array {
  return encoder.encode(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
}

/** All rows; the tab of a table is one without cells. */
function* rowsOf({ vrrp, timeline, virtualServers }: PageModel): Generator<Row> {
  for (const table of [vrrp, timeline, ...virtualServers]) {
    yield tabOf(table);
    yield* table.rows;
  }
}

function tabOf({ id, tab }: Table): Row {
  return { id: `${id}:tab`, className: `tab ${tab.className}`, name: tab.text, cells: [] };
}

function whole(row: Row): RowChange {
  return {
    i: row.id,
    c: row.className,
    t: Object.fromEntries([row.name, ...row.cells].map((cell, at) => [at, travelling(cell)])),
  };
}

function changeOf(before: Row | undefined, row: Row): RowChange | undefined {
  if (before === undefined) return whole(row);
  const cells: Record<number, TravellingCell> = {};
  let isChanged = false;
  const compare = (old: Cell | undefined, cell: Cell, at: number): void => {
    if (isSameCell(old, cell)) return;
    cells[at] = travelling(cell);
    isChanged = true;
  };
  compare(before.name, row.name, 0);
  for (const [at, cell] of row.cells.entries()) compare(before.cells[at], cell, at + 1);
  const isOther = before.className !== row.className;
  if (!isChanged && !isOther) return undefined;
  return { i: row.id, ...(isOther ? { c: row.className } : {}), ...(isChanged ? { t: cells } : {}) };
}

function isSameCell(a: Cell | undefined, b: Cell): boolean {
  if (a === undefined || typeof a === "string" || typeof b === "string") return a === b;
  const isSame = a.text === b.text && a.title === b.title && a.sinceMs === b.sinceMs && a.line === b.line;
  return isSame && a.key === b.key && same(a.steps, b.steps);
}

function travelling(cell: Cell): TravellingCell {
  if (typeof cell === "string") return cell;
  const { text: x, title, sinceMs, steps, key } = cell;
  return {
    x,
    ...(title === undefined ? {} : { h: title }),
    ...(sinceMs === undefined ? {} : { s: sinceMs }),
    ...(steps === undefined ? {} : { l: steps, k: key ?? "" }),
  };
}
