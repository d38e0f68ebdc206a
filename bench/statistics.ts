/** Of a handful of measured values: what the tables show. */
export interface Statistics {
  readonly n: number;
  readonly median: number;
  readonly max: number;
  /**
   * For the median, distribution-free, from order statistics: the ranks that hold the true median with at
   * least 95 % (binomial). Fewer than 6 values cannot; then it is their whole range, and `confidence` is lower.
   */
  readonly interval: readonly [number, number];
  readonly confidence: number;
}

export function describe(values: readonly number[]): Statistics {
  const sorted = values.toSorted((a, b) => a - b);
  const n = sorted.length;
  if (n === 0) return { n, median: 0, max: 0, interval: [0, 0], confidence: 0 };
  const { rank, confidence } = medianRank(n);
  return {
    n,
    median: medianOf(sorted),
    max: at(sorted, n - 1),
    interval: [at(sorted, rank), at(sorted, n - 1 - rank)],
    confidence,
  };
}

const at = (sorted: readonly number[], index: number): number => sorted[index] ?? 0;

function medianOf(sorted: readonly number[]): number {
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? at(sorted, middle) : (at(sorted, middle - 1) + at(sorted, middle)) / 2;
}

/** The highest rank from both ends (0 the extremes) whose interval still has 95 %. */
function medianRank(n: number): { readonly rank: number; readonly confidence: number } {
  let rank = 0;
  let tail = 0.5 ** n;
  let below = tail; // P(at most `rank` values lie below the median)
  for (let next = 1; next < n / 2; next += 1) {
    tail = (tail * (n - next + 1)) / next;
    if (2 * (below + tail) > 0.05) break;
    below += tail;
    rank = next;
  }
  return { rank, confidence: 1 - 2 * below };
}

/**
 * Wilson's interval for the share of `successes` in `n` tries, at 95 %: unlike the usual one it stays within 0 and 1
 * and says something for 100 of 100, too (Wilson 1927; Brown, Cai and DasGupta 2001). [0, 1] of no tries.
 */
export function wilson(successes: number, n: number): readonly [number, number] {
  if (n === 0) return [0, 1];
  const z2 = 1.959964 ** 2;
  const share = successes / n;
  const middle = share + z2 / (2 * n);
  const half = Math.sqrt(z2 * ((share * (1 - share)) / n + z2 / (4 * n * n)));
  const scale = 1 + z2 / n;
  return [Math.max(0, (middle - half) / scale), Math.min(1, (middle + half) / scale)];
}
