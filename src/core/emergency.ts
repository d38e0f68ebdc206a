/**
 * When much fails at once, many right repairs together can be one wrong one: everything started at the same moment, in
 * the wrong order, on a host that has no breath left. So an emergency gets a plan, which is data: it is printed when
 * it begins, told step by step, shown by `status` and `incident`, and a person can stop it. It begins when nothing of
 * the project serves any more, when three different services failed within five minutes, or when half of everything
 * fails at once.
 *
 * The plan takes nothing from the quick ways: traffic moves and a dead container is started as ever, for that takes
 * nothing from anybody. What it adds is order: what depends on a service that is down is started when that one serves,
 * or has had its time. The brake (cascade.ts) keeps running members from being ended meanwhile.
 */

import type { NoteAction } from './actions.ts';
import { CASCADE_SERVICES, cascadedServices, LEAST_MEMBERS } from './cascade.ts';
import { tell } from './freeze.ts';
import { nextId } from './incidents.ts';
import type { Emergency, Memory } from './memory.ts';
import type { Signal } from './model.ts';
import { addSteps, stepWords, drive, isCarriedOut, planOf } from './emergency-plan.ts';
import { spanText } from './span.ts';
import { isServedAside, type Standing, standingsOf } from './standing.ts';
import type { Turn } from './turn.ts';

/** Docker's own restart and ours bring a process back sooner than this. */
const NOTHING_SERVES_MS = 3000;

/** @returns what goes into the record, and when to look again */
export function tendEmergency(
  whole: Memory,
  turns: readonly Turn[],
  engineAnswers: boolean,
  signals: readonly Signal[],
  now: number,
): { readonly notes: NoteAction[]; readonly wakeAt: number } {
  const standings = engineAnswers ? standingsOf(turns) : null;
  noteWhetherAnythingServes(whole, standings, isServedAside(turns), now);
  const notes = [...hand(whole, signals, now), ...(standings ? goOn(whole, standings, now) : [])];
  const since = whole.nothingServesSince;
  const times = [...deadlinesOf(whole.emergency), ...(since === undefined ? [] : [since + NOTHING_SERVES_MS])];
  return { notes, wakeAt: Math.min(Number.POSITIVE_INFINITY, ...times.filter((at) => at > now)) };
}

/** A person's hand ends it: a freeze stops it, and begins it anew when it is thawed; without a freeze, thaw ends it. */
function hand(whole: Memory, signals: readonly Signal[], now: number): NoteAction[] {
  const { emergency } = whole;
  if (emergency?.endedAt !== null) return [];
  if (whole.frozen) return end(emergency, 'frozen', now);
  if (!signals.some(({ kind }) => kind === 'thaw_asked')) return [];
  whole.emergencyMuted = true;
  return end(emergency, 'ended', now);
}

/** Nothing is concluded while the engine is silent: then this is not called. */
function goOn(whole: Memory, standings: readonly Standing[], now: number): NoteAction[] {
  const { emergency } = whole;
  if (emergency?.endedAt === null) return tend(emergency, standings, now);
  const cause = whole.frozen ? null : causeOf(whole, standings, now);
  if (cause === null) whole.emergencyMuted = undefined;
  return cause === null || whole.emergencyMuted ? [] : begin(whole, standings, cause, now);
}

type Cause = Pick<Emergency, 'cause' | 'reason'>;

function causeOf(whole: Memory, standings: readonly Standing[], now: number): Cause | null {
  if (!standings.some(({ fails }) => fails)) return null;
  const since = whole.nothingServesSince;
  if (since !== undefined && now >= since + NOTHING_SERVES_MS)
    return { cause: 'nothing_serves', reason: 'nothing of the project serves any more' };
  return halfIsBad(standings) ?? cascade(whole, standings);
}

/** Whatever had served, and only where everything that is known says so. */
function noteWhetherAnythingServes(
  whole: Memory,
  standings: readonly Standing[] | null,
  isServed: boolean,
  now: number,
): void {
  const isOut =
    standings !== null &&
    !isServed &&
    standings.length > 0 &&
    standings.every(({ serves, isUnclear }) => !serves && !isUnclear) &&
    standings.some(({ turn }) => turn.memory.serving || turn.memory.outageSince !== null);
  whole.nothingServesSince = isOut ? (whole.nothingServesSince ?? now) : undefined;
}

function halfIsBad(standings: readonly Standing[]): Cause | null {
  const failing = sum(standings, ({ failing: names }) => names.length);
  const all = sum(standings, ({ counted }) => counted);
  const services = standings.filter(({ failing: names }) => names.length > 0).length;
  if (failing < LEAST_MEMBERS || services < 2 || failing * 2 < all) return null;
  return { cause: 'half_is_bad', reason: `${failing} of ${all} members of ${services} services fail at once` };
}

/** What led to the last emergency leads to no other one. */
function cascade(whole: Memory, standings: readonly Standing[]): Cause | null {
  const failing = standings.filter(({ fails }) => fails).map(({ turn }) => turn.model.name);
  const services = [...new Set([...cascadedServices(whole, whole.emergency?.endedAt ?? 0), ...failing])];
  if (services.length < CASCADE_SERVICES) return null;
  return { cause: 'cascade', reason: `failures of different services within five minutes (${services.join(', ')})` };
}

function begin(whole: Memory, standings: readonly Standing[], cause: Cause, now: number): NoteAction[] {
  const id = nextId(whole, now);
  const emergency: Emergency = {
    id,
    ...cause,
    since: now,
    endedAt: null,
    outcome: null,
    steps: planOf(standings, now),
  };
  whole.emergency = emergency;
  drive(emergency, standings, now);
  const reason = `emergency: ${cause.reason}; what fails is brought back in the order of dependencies, running members one at a time (twinhull incident ${id})`;
  return [
    { kind: 'alert', service: null, member: null, reason },
    ...emergency.steps.map((step, index) => tell('emergency', step.service, stepWords(emergency, index))),
    { kind: 'save_emergency', emergency },
  ];
}

function tend(emergency: Emergency, standings: readonly Standing[], now: number): NoteAction[] {
  const told = [...addSteps(emergency, standings), ...drive(emergency, standings, now)];
  if (isCarriedOut(emergency) && standings.every(({ fails }) => !fails))
    return [...told, ...end(emergency, 'well', now)];
  return told.length === 0 ? [] : [...told, { kind: 'save_emergency', emergency }];
}

const ENDED: Readonly<Record<NonNullable<Emergency['outcome']>, string>> = {
  well: 'everything is well',
  frozen: 'repairs are frozen',
  ended: 'a person ended it',
};

function end(emergency: Emergency, outcome: NonNullable<Emergency['outcome']>, now: number): NoteAction[] {
  emergency.endedAt = now;
  emergency.outcome = outcome;
  for (const step of emergency.steps) {
    if (step.state !== 'planned' && step.state !== 'running') continue;
    step.state = outcome === 'well' ? 'done' : 'skipped';
    step.reason = outcome === 'well' ? '' : ENDED[outcome];
    step.endedAt = now;
  }
  const message = `the emergency is over after ${spanText(now - emergency.since)}: ${ENDED[outcome]}`;
  return [tell('emergency', null, message), { kind: 'save_emergency', emergency }];
}

function deadlinesOf(emergency: Emergency | undefined): number[] {
  if (emergency?.endedAt !== null) return [];
  return emergency.steps.flatMap(({ state, startedAt, deadlineMs }) =>
    state === 'running' && startedAt !== null && deadlineMs !== null ? [startedAt + deadlineMs] : [],
  );
}

function sum<Item>(items: readonly Item[], count: (item: Item) => number): number {
  return items.reduce((total, item) => total + count(item), 0);
}
