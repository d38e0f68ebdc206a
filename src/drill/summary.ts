import type { FailureReason } from './connections.ts';

/** One request of a load. Times are milliseconds since 1970, finer than a millisecond. */
export interface RequestRecord {
  readonly method: string;
  readonly path: string;
  /** what LoadRequest.vary named it; '' otherwise */
  readonly tag: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly outcome: 'ok' | FailureReason;
  /** of the response; null where none came */
  readonly status: number | null;
  /** for a failure, what happened, in words; '' otherwise */
  readonly detail: string;
}

export interface LoadSummary {
  readonly sent: number;
  readonly failed: number;
  readonly sentByMethod: Readonly<Record<string, number>>;
  /** every method that was sent, those without a failure with 0 */
  readonly failedByMethod: Readonly<Record<string, number>>;
  readonly failedByReason: Readonly<Partial<Record<FailureReason, number>>>;
  /** the longest time without a successful response while load was offered */
  readonly longestGapMs: number;
  /** of successful requests, from sending to the whole response; 0 when there are none */
  readonly latencyMs: { readonly p50: number; readonly p99: number; readonly max: number };
}

/** While load was offered: from the first request's due time to the last one's. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * Sums up the requests that were sent within the span. The gap counts from and to the span's ends as well, so
 * that a service which never answers again has a gap, too; responses that arrive after the span end it.
 */
export function summarize(records: readonly RequestRecord[], span: Span): LoadSummary {
  const within = records.filter((record) => record.startMs >= span.fromMs && record.startMs <= span.toMs);
  const failures = within.filter((record) => record.outcome !== 'ok');
  return {
    sent: within.length,
    failed: failures.length,
    sentByMethod: countByMethod(within, () => true),
    failedByMethod: countByMethod(within, ({ outcome }) => outcome !== 'ok'),
    failedByReason: countByReason(failures),
    longestGapMs: longestGapMs(records, span),
    latencyMs: latencies(within),
  };
}

/** Every method that was sent, with how many of its requests count. */
function countByMethod(
  records: readonly RequestRecord[],
  counts: (record: RequestRecord) => boolean,
): Record<string, number> {
  const byMethod: Record<string, number> = {};
  for (const record of records) byMethod[record.method] = (byMethod[record.method] ?? 0) + (counts(record) ? 1 : 0);
  return byMethod;
}

function countByReason(failures: readonly RequestRecord[]): Partial<Record<FailureReason, number>> {
  const counts: Partial<Record<FailureReason, number>> = {};
  for (const { outcome } of failures) {
    if (outcome !== 'ok') counts[outcome] = (counts[outcome] ?? 0) + 1;
  }
  return counts;
}

function longestGapMs(records: readonly RequestRecord[], span: Span): number {
  const ends = records
    .filter((record) => record.outcome === 'ok' && record.endMs >= span.fromMs)
    .map((record) => record.endMs)
    .sort((a, b) => a - b);
  let longest = 0;
  let last = span.fromMs;
  for (const end of ends) {
    longest = Math.max(longest, Math.min(end, span.toMs) - last);
    if (end >= span.toMs) return longest;
    last = end;
  }
  return Math.max(longest, span.toMs - last);
}

function latencies(records: readonly RequestRecord[]): LoadSummary['latencyMs'] {
  const sorted = records
    .filter((record) => record.outcome === 'ok')
    .map((record) => record.endMs - record.startMs)
    .sort((a, b) => a - b);
  return { p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99), max: sorted.at(-1) ?? 0 };
}

/** The nearest-rank quantile of values sorted ascending; 0 for none. */
export function quantile(sorted: readonly number[], q: number): number {
  const rank = Math.max(1, Math.ceil(q * sorted.length));
  return sorted[rank - 1] ?? 0;
}
