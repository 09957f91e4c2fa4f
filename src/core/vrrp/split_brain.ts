// Two masters at a time: which signs of another one there are, and when they are more than the moment of a change. Pure.

/** Something that only another master does. */
export interface SplitBrainSign {
  /** It advertises while we do, or answers for one of our addresses. */
  readonly kind: "advertisement" | "address";
  /** Sender's address, or hardware address. */
  readonly who: string;
  /** For `address`: the one that it claims. */
  readonly address?: string;
  /** Why its advertisements are not believed, as the end of a sentence; undefined: they are, but it does not give way. */
  readonly unbelieved?: string;
}

/** A sign that was seen, and how often. Monotonic microseconds. */
export interface SplitBrainEvidence extends SplitBrainSign {
  readonly sinceUs: number;
  readonly lastUs: number;
  readonly count: number;
}

/** Strangers on a network may be many: those heard last are remembered. */
const MAX_REMEMBERED = 8;

/**
 * Adds a sign to what is known.
 *
 * @param toleratedUs one that was not seen for so long begins anew
 */
export function noteSign(
  known: readonly SplitBrainEvidence[],
  sign: SplitBrainSign,
  nowUs: number,
  toleratedUs: number,
): readonly SplitBrainEvidence[] {
  const isSame = (other: SplitBrainSign): boolean =>
    other.kind === sign.kind && other.who === sign.who && other.address === sign.address;
  const before = known.find((entry) => isSame(entry) && nowUs - entry.lastUs <= toleratedUs);
  const entry = before === undefined
    ? { ...sign, sinceUs: nowUs, lastUs: nowUs, count: 1 }
    : { ...before, lastUs: nowUs, count: before.count + 1 };
  return [...known.filter((other) => !isSame(other)), entry].slice(-MAX_REMEMBERED);
}

/**
 * What has gone on for longer than two routers that hear each other need to settle it, and still goes on.
 *
 * @param toleratedUs the Master_Down_Interval: a router that hears us gives way, or takes over, within it
 */
export function lastingEvidence(
  known: readonly SplitBrainEvidence[],
  nowUs: number,
  toleratedUs: number,
): readonly SplitBrainEvidence[] {
  return known.filter(({ sinceUs, lastUs }) => lastUs - sinceUs > toleratedUs && nowUs - lastUs <= 2 * toleratedUs);
}
