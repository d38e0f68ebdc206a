/**
 * Signs that a service gives of itself, for what no port tells: a worker that hangs, a queue that grows. Each is judged
 * over a window. A worker that shows no life, or makes no progress while there is work, is unresponsive. A queue that
 * is too long is load, and nobody's failure: more members could help, a restart cannot. Errors count against one
 * member only where another one, doing the same, has fewer: what all have is not theirs.
 */

import type { MemberSeen, ServicePolicy, SignPolicy, SignSeen } from './model.ts';
import { spanText } from './span.ts';

/** A sign that nobody can read is a setting gone wrong when it stays so; before, whoever is asked may be starting. */
const UNREADABLE_AFTER_MS = 60_000;

export type Level = 'well' | 'warn' | 'fail' | 'unknown';

export interface Judged {
  readonly policy: SignPolicy;
  readonly level: Level;
  /** '' where there is nothing to say */
  readonly words: string;
}

/** Signs of which something is known, judged. */
export function judgeSigns({ signs }: Pick<ServicePolicy, 'signs'>, seen: readonly SignSeen[]): Judged[] {
  return signs.flatMap((policy) => {
    const found = seen.find(({ name }) => name === policy.name);
    return found ? [judge(policy, found)] : [];
  });
}

function judge(policy: SignPolicy, seen: SignSeen): Judged {
  switch (seen.kind) {
    case 'unknown':
      if (seen.forMs < UNREADABLE_AFTER_MS) return { policy, level: 'well', words: '' };
      return { policy, level: 'unknown', words: `${policy.name} cannot be read: ${seen.why}` };
    case 'queue':
      return worse(
        rated(policy, seen.length, policy.warn, policy.fail, `${policy.name} has ${seen.length} entries or more`),
        rated(policy, seen.ageMs, policy.warnAgeMs, policy.failAgeMs, waitWords(policy, seen.ageMs)),
      );
    case 'errors':
      return rated(policy, seen.share, policy.warn, policy.fail, `${policy.name}: ${percent(seen.share)} fail`);
    case 'progress':
      return rated(policy, seen.stuckMs, policy.warn, policy.fail, stuckWords(policy, seen.stuckMs));
    case 'zombies':
      return rated(
        policy,
        seen.count,
        policy.warn,
        policy.fail,
        `${seen.count} processes have ended and are not reaped`,
      );
    case 'heartbeat':
      return rated(policy, seen.ageMs, policy.warn, policy.fail, beatWords(policy, seen.ageMs, seen.hasBeaten));
  }
}

function rated(
  policy: SignPolicy,
  value: number | null,
  warn: number | null,
  fail: number | null,
  words: string,
): Judged {
  const reaches = (threshold: number | null): boolean => value !== null && threshold !== null && value >= threshold;
  if (reaches(fail)) return { policy, level: 'fail', words };
  return reaches(warn) ? { policy, level: 'warn', words } : { policy, level: 'well', words: '' };
}

function worse(one: Judged, other: Judged): Judged {
  const ranks: readonly Level[] = ['well', 'warn', 'fail'];
  if (one.level === 'well' || other.level === 'well') return one.level === 'well' ? other : one;
  const level = ranks.indexOf(one.level) >= ranks.indexOf(other.level) ? one.level : other.level;
  return { policy: one.policy, level, words: `${one.words}; ${other.words}` };
}

function waitWords({ name }: SignPolicy, ageMs: number | null): string {
  return `the oldest entry of ${name} has waited for ${spanText(ageMs ?? 0)}`;
}

function stuckWords({ name }: SignPolicy, stuckMs: number): string {
  return `${name} has not grown for ${spanText(stuckMs)} while there is work`;
}

function beatWords({ name }: SignPolicy, ageMs: number, hasBeaten: boolean): string {
  return hasBeaten ? `${name} was last seen ${spanText(ageMs)} ago` : `${name} has not come for ${spanText(ageMs)}`;
}

function percent(share: number): string {
  return `${Math.round(share * 1000) / 10} %`;
}

/** '' when nothing says that it hangs; else what says so */
export function hangWords(policy: ServicePolicy, seen: MemberSeen): string {
  return judgeSigns(policy, seen.signs)
    .filter(({ policy: { kind }, level }) => level === 'fail' && (kind === 'heartbeat' || kind === 'progress'))
    .map(({ words }) => words)
    .join('; ');
}

/** Well inside, whatever the gateway says: its heart beats. */
export function isAlive(policy: ServicePolicy, seen: MemberSeen): boolean {
  const hasBeaten = seen.signs.some((sign) => sign.kind === 'heartbeat' && sign.hasBeaten);
  return (
    hasBeaten &&
    judgeSigns(policy, seen.signs).every(({ policy: { kind }, level }) => kind !== 'heartbeat' || level === 'well')
  );
}

/**
 * A run that has not shown its heartbeat yet has not started. Where its heartbeat cannot be read at all that says
 * nothing, and where nobody has looked yet it says little: then it may be starting as long as it may start.
 */
export function awaitsHeartbeat({ signs }: ServicePolicy, seen: MemberSeen, mayStart: boolean): boolean {
  return signs.some(({ name, kind }) => {
    if (kind !== 'heartbeat') return false;
    const found = seen.signs.find((sign) => sign.name === name);
    return found === undefined ? mayStart : found.kind === 'heartbeat' && !found.hasBeaten;
  });
}

/** '' unless it leaves more processes unreaped than it should */
export function zombieWords(policy: ServicePolicy, seen: MemberSeen): string {
  return judgeSigns(policy, seen.signs)
    .filter(({ policy: { kind }, level }) => kind === 'zombies' && level === 'fail')
    .map(({ words }) => words)
    .join('; ');
}

/** '' unless too much of what it does fails, while another one that does the same has little of that */
export function errorWords(policy: ServicePolicy, seen: MemberSeen, others: readonly MemberSeen[]): string {
  const failing = judgeSigns(policy, seen.signs).filter(
    ({ policy: { kind }, level }) => kind === 'errors' && level === 'fail',
  );
  return failing
    .filter(({ policy: { name } }) => others.some((other) => isWellIn(policy, other, name)))
    .map(({ words }) => words)
    .join('; ');
}

function isWellIn(policy: ServicePolicy, seen: MemberSeen, sign: string): boolean {
  return judgeSigns(policy, seen.signs).some((one) => one.policy.name === sign && one.level === 'well');
}
