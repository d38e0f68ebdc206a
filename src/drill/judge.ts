/** What a drill came to. Pure. */

import { spanText } from '../core/span.ts';
import type { EventRecord } from '../ports/store.ts';
import type { Fault } from './fault.ts';

/** What a scenario demands. What it leaves out is judged as a drill without a scenario is. */
export interface Expectation {
  /** at most, of all methods together */
  readonly failedRequests?: number;
  readonly longestGapMs?: number;
  readonly switchedWithinMs?: number;
  readonly repairedWithinMs?: number;
}

/** One thing that was expected, and what was seen of it, in words. */
export interface Check {
  readonly what: string;
  readonly expected: string;
  readonly seen: string;
  readonly holds: boolean;
}

/** The public result of `twinhull drill --json`. */
export interface DrillReport {
  readonly verdict: 'pass' | 'fail';
  /** why it failed, for a person; empty when it passed */
  readonly reasons: readonly string[];
  readonly fault: Fault;
  readonly service: string;
  /** what was broken: a member, a gateway's container, "supervisor" or "daemon" */
  readonly member: string;
  readonly requests: {
    readonly sent: number;
    readonly failed: number;
    readonly sentByMethod?: Readonly<Record<string, number>>;
    readonly failedByMethod: Readonly<Record<string, number>>;
    /** what became of them: an answer of 5xx, a reset, no answer in time, ... */
    readonly failedByReason?: Readonly<Record<string, number>>;
  };
  /** the longest time without a good answer, milliseconds; null without load */
  readonly longestGapMs: number | null;
  /** from the fault until traffic went elsewhere, milliseconds; null: not seen */
  readonly switchedMs: number | null;
  /** from the fault until every member was well again, milliseconds; null: not within the time given, or never ill */
  readonly repairedMs: number | null;
  readonly checks: readonly Check[];
  /** what came of the fault itself, where that is not always the same; else '' */
  readonly note: string;
  /** milliseconds since 1970 */
  readonly faultAt: number;
  /** what the record says of the service since the fault, in order */
  readonly timeline: readonly TimelineEntry[];
}

export interface TimelineEntry {
  /** milliseconds since 1970 */
  readonly at: number;
  readonly kind: string;
  readonly message: string;
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
  /** something was seen to be ill. false with a fault that a member may bear: nothing had to be repaired */
  readonly noticed: boolean;
  /** of the service, since the fault, in order */
  readonly events: readonly EventRecord[];
  /** requests that one member may hold at once: what of POST can be lost */
  readonly maxInFlight: number;
  /** the fault takes the service away for a moment, whoever is at fault: requests fail then */
  readonly hasGap: boolean;
  /** a fault that a member may bear without failing */
  readonly mayBeBorne: boolean;
  readonly repairTimeoutMs: number;
  readonly expectation: Expectation;
  readonly note: string;
}

/** A check with what to say when it does not hold. */
interface Judged extends Check {
  readonly reason: string;
}

/** Methods that the gateway sends again to another member (RFC 9110, 9.2.2). */
const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE']);
/** Actions by which traffic goes elsewhere. */
const SWITCHES: ReadonlySet<string> = new Set(['lead', 'drain', 'take_out', 'start_standby']);

export function judge(evidence: DrillEvidence): DrillReport {
  const switchedMs = switchedAfter(evidence);
  const { longestGapMs, repairedAt, faultAt, events } = evidence;
  const judged = [
    ...requestChecks(evidence),
    ...gapCheck(evidence),
    ...switchCheck(evidence.expectation, switchedMs),
    repairCheck(evidence),
  ];
  return {
    verdict: judged.every(({ holds }) => holds) ? 'pass' : 'fail',
    reasons: judged.filter(({ holds }) => !holds).map(({ reason }) => reason),
    fault: evidence.fault,
    service: evidence.service,
    member: evidence.member,
    requests: evidence.requests,
    longestGapMs: longestGapMs === null ? null : Math.round(longestGapMs),
    switchedMs,
    repairedMs: repairedAt === null ? null : repairedAt - faultAt,
    checks: judged.map(({ what, expected, seen, holds }) => ({ what, expected, seen, holds })),
    note: evidence.note,
    faultAt,
    timeline: events.map(({ time, kind, message }) => ({ at: time, kind, message })),
  };
}

function switchedAfter({ events, faultAt }: DrillEvidence): number | null {
  const found = events.find(({ kind, time }) => SWITCHES.has(kind) && time >= faultAt);
  return found === undefined ? null : found.time - faultAt;
}

function requestChecks(evidence: DrillEvidence): Judged[] {
  const { requests, longestGapMs, expectation, hasGap } = evidence;
  if (longestGapMs === null) return [];
  if (requests.sent === 0) return [check('requests', 'some are sent', 'none', false, 'no request could be sent')];
  if (expectation.failedRequests !== undefined) return [failedAtMost(expectation.failedRequests, requests.failed)];
  return hasGap ? [] : usualChecks(evidence);
}

function failedAtMost(most: number, failed: number): Judged {
  const reason = `${failed} ${plural(failed, 'request')} failed, more than ${most}`;
  return check('failed requests', `at most ${most}`, String(failed), failed <= most, reason);
}

/** Nothing that may be repeated is lost, and of the rest only what one member had in its hands. */
function usualChecks({ requests, maxInFlight }: DrillEvidence): Judged[] {
  const failures = Object.entries(requests.failedByMethod);
  const once = failures.filter(([method]) => !IDEMPOTENT.has(method));
  const lost = once.reduce((sum, [, count]) => sum + count, 0);
  const reason = `${lost} requests that must not be repeated failed, more than the ${maxInFlight} that one member has at once`;
  return [
    ...failures
      .filter(([method]) => IDEMPOTENT.has(method))
      .map(([method, count]) =>
        check(
          `failed ${method} requests`,
          'none',
          String(count),
          count === 0,
          `${count} ${method} ${plural(count, 'request')} failed`,
        ),
      ),
    ...(once.length === 0
      ? []
      : [
          check(
            'failed requests that must not be repeated',
            `at most ${maxInFlight}`,
            String(lost),
            lost <= maxInFlight,
            reason,
          ),
        ]),
  ];
}

function gapCheck({ longestGapMs, expectation }: DrillEvidence): Judged[] {
  const most = expectation.longestGapMs;
  if (most === undefined) return [];
  const seen = longestGapMs === null ? 'no load' : spanText(longestGapMs);
  const holds = longestGapMs !== null && longestGapMs <= most;
  return [
    check('longest gap', `at most ${spanText(most)}`, seen, holds, `${seen} without an answer, not ${spanText(most)}`),
  ];
}

function switchCheck({ switchedWithinMs }: Expectation, switchedMs: number | null): Judged[] {
  if (switchedWithinMs === undefined) return [];
  const seen = switchedMs === null ? 'no switch was seen' : `after ${spanText(switchedMs)}`;
  const holds = switchedMs !== null && switchedMs <= switchedWithinMs;
  const within = `within ${spanText(switchedWithinMs)}`;
  return [check('switched', within, seen, holds, `traffic did not go elsewhere ${within}: ${seen}`)];
}

function repairCheck(evidence: DrillEvidence): Judged {
  const { repairedAt, faultAt, noticed, mayBeBorne, repairTimeoutMs } = evidence;
  const withinMs = evidence.expectation.repairedWithinMs ?? repairTimeoutMs;
  const within = `within ${spanText(withinMs)}`;
  if (repairedAt === null && mayBeBorne && !noticed)
    return check('repaired', within, 'nothing had to be: it bore the fault', true, '');
  const tookMs = repairedAt === null ? null : repairedAt - faultAt;
  const seen = tookMs === null ? 'no' : `after ${spanText(tookMs)}`;
  return check('repaired', within, seen, tookMs !== null && tookMs <= withinMs, `not repaired ${within}`);
}

function check(what: string, expected: string, seen: string, holds: boolean, reason: string): Judged {
  return { what, expected, seen, holds, reason };
}

function plural(count: number, noun: string): string {
  return count === 1 ? noun : `${noun}s`;
}
