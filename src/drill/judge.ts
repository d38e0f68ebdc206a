/** What a drill came to. Pure. */

import type { EventRecord } from '../ports/store.ts';
import type { Fault } from './fault.ts';

/** The public result of `twinhull drill --json`. */
export interface DrillReport {
  readonly verdict: 'pass' | 'fail';
  /** why it failed, for a person; empty when it passed */
  readonly reasons: readonly string[];
  readonly fault: Fault;
  readonly service: string;
  readonly member: string;
  readonly requests: {
    readonly sent: number;
    readonly failed: number;
    readonly failedByMethod: Readonly<Record<string, number>>;
    /** what became of them: an answer of 5xx, a reset, no answer in time, ... */
    readonly failedByReason?: Readonly<Record<string, number>>;
  };
  /** the longest time without a good answer, milliseconds; null without load */
  readonly longestGapMs: number | null;
  /** from the fault until traffic went elsewhere, milliseconds; null: not seen */
  readonly switchedMs: number | null;
  /** from the fault until every member was well again, milliseconds; null: not within the time given */
  readonly repairedMs: number | null;
}

export interface DrillEvidence {
  readonly fault: Fault;
  readonly service: string;
  readonly member: string;
  readonly requests: DrillReport['requests'];
  readonly longestGapMs: number | null;
  /** milliseconds since 1970 */
  readonly faultAt: number;
  readonly repairedAt: number | null;
  /** of the service, since the fault, in order */
  readonly events: readonly EventRecord[];
  /** requests that one member may hold at once: what of POST can be lost */
  readonly maxInFlight: number;
  /** one member works at a time, so that every switch has a time without service: requests fail then, whoever is at fault */
  readonly hasGap: boolean;
  readonly repairTimeoutMs: number;
}

/** Methods that the gateway sends again to another member (RFC 9110, 9.2.2). */
const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE']);
/** Actions by which traffic goes elsewhere. */
const SWITCHES: ReadonlySet<string> = new Set(['lead', 'drain', 'take_out', 'start_standby']);

export function judge(evidence: DrillEvidence): DrillReport {
  const switched = evidence.events.find(({ kind, time }) => SWITCHES.has(kind) && time >= evidence.faultAt);
  const reasons = reasonsToFail(evidence);
  return {
    verdict: reasons.length === 0 ? 'pass' : 'fail',
    reasons,
    fault: evidence.fault,
    service: evidence.service,
    member: evidence.member,
    requests: evidence.requests,
    longestGapMs: evidence.longestGapMs === null ? null : Math.round(evidence.longestGapMs),
    switchedMs: switched === undefined ? null : switched.time - evidence.faultAt,
    repairedMs: evidence.repairedAt === null ? null : evidence.repairedAt - evidence.faultAt,
  };
}

function reasonsToFail(evidence: DrillEvidence): string[] {
  const { requests, maxInFlight, repairedAt, repairTimeoutMs, longestGapMs, hasGap } = evidence;
  const failures = hasGap ? [] : Object.entries(requests.failedByMethod);
  const safe = failures.filter(([method, count]) => IDEMPOTENT.has(method) && count > 0);
  const once = failures.filter(([method]) => !IDEMPOTENT.has(method)).reduce((sum, [, count]) => sum + count, 0);
  return [
    ...safe.map(([method, count]) => `${count} ${method} ${count === 1 ? 'request' : 'requests'} failed`),
    ...(once > maxInFlight
      ? [`${once} requests that must not be repeated failed, more than the ${maxInFlight} that one member has at once`]
      : []),
    ...(longestGapMs !== null && requests.sent === 0 ? ['no request could be sent'] : []),
    ...(repairedAt === null ? [`not repaired within ${repairTimeoutMs / 1000} s`] : []),
  ];
}
