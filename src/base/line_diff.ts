// Which lines of a text are others in another one: for people, who want to see a change before it is made.

/** Beyond that the texts count as wholly different: what is compared grows with the product. */
const MAX_CELLS = 4_000_000;

/** Lines with `-` and `+` in front of what goes and comes, `  ` before so many lines around that stay; empty: the same. */
export function lineDiff(before: string, after: string, context = 2): string[] {
  const [a, b] = [before, after].map((text) => text.split("\n")) as [string[], string[]];
  const lines = marked(a, b);
  const near = lines.map((_, index) =>
    lines.slice(Math.max(0, index - context), index + context + 1).some(({ mark }) => mark !== " ")
  );
  return lines.flatMap(({ mark, text }, index) => {
    if (near[index]) return [`${mark} ${text}`];
    return near[index - 1] ? ["..."] : [];
  });
}

interface Marked {
  readonly mark: "-" | "+" | " ";
  readonly text: string;
}

function marked(a: readonly string[], b: readonly string[]): Marked[] {
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  let tail = 0;
  while (tail < Math.min(a.length, b.length) - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++;
  const same = (lines: readonly string[]): Marked[] => lines.map((text) => ({ mark: " ", text }));
  const middle = between(a.slice(head, a.length - tail), b.slice(head, b.length - tail));
  return [...same(a.slice(0, head)), ...middle, ...same(a.slice(a.length - tail))];
}

/** By the longest common subsequence. */
function between(a: readonly string[], b: readonly string[]): Marked[] {
  const all = (mark: "-" | "+", lines: readonly string[]): Marked[] => lines.map((text) => ({ mark, text }));
  if (a.length * b.length > MAX_CELLS) return [...all("-", a), ...all("+", b)];
  const width = b.length + 1;
  const longest = new Uint32Array((a.length + 1) * width);
  const at = (i: number, j: number): number => longest[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      longest[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const result: Marked[] = [];
  let [i, j] = [0, 0];
  while (i < a.length && j < b.length) {
    if (a[i] === b[j]) {
      result.push({ mark: " ", text: a[i] ?? "" });
      i++;
      j++;
    } else if (at(i + 1, j) >= at(i, j + 1)) result.push({ mark: "-", text: a[i++] ?? "" });
    else result.push({ mark: "+", text: b[j++] ?? "" });
  }
  return [...result, ...all("-", a.slice(i)), ...all("+", b.slice(j))];
}
