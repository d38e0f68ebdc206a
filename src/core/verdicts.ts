/** Conditions, in the words people see. */

import { type Condition, FOREIGN } from './condition.ts';
import type { Verdict } from './model.ts';
import { whyNotStarted } from './pair.ts';
import { conditionOf, isPending, memberMemory, type Turn } from './turn.ts';

interface Judged {
  readonly verdict: Verdict;
  readonly reason: string;
}

export function noteVerdicts(turn: Turn): void {
  for (const { name } of turn.model.members) {
    const { verdict, reason } = verdictOf(turn, name, conditionOf(turn, name));
    const memory = memberMemory(turn, name);
    memory.reason = reason;
    if (memory.verdict === verdict) continue;
    turn.actions.push({
      kind: 'verdict',
      service: turn.model.name,
      member: name,
      verdict,
      was: memory.verdict,
      reason,
    });
    memory.verdict = verdict;
    memory.since = turn.now;
  }
}

function verdictOf(turn: Turn, name: string, condition: Condition): Judged {
  if (turn.seen.foreign !== null) {
    return { verdict: 'foreign', reason: FOREIGN };
  }
  switch (condition.is) {
    case 'well':
      return { verdict: 'healthy', reason: memberMemory(turn, name).strain?.words ?? '' };
    case 'returning':
      return { verdict: 'starting', reason: 'runs, and gets traffic when it passes its check' };
    case 'failed':
      return {
        verdict: condition.serves ? 'suspect' : 'unhealthy',
        reason: withObstacle(condition.why, whyNotStarted(turn, name)),
      };
    case 'unclear':
      return { verdict: 'unhealthy', reason: condition.why };
    case 'starting':
    case 'suspect':
    case 'stopped':
    case 'unknown':
      return { verdict: condition.is, reason: condition.why };
    case 'standby':
      return { verdict: 'standby', reason: standbyWords(turn, name) };
    case 'completed':
      return { verdict: 'completed', reason: 'has done its work' };
    case 'quarantined':
      if (isPending(turn, 'quarantine', name)) return { verdict: 'unhealthy', reason: 'is being stopped for good' };
      return {
        verdict: 'quarantined',
        reason: 'failed again and again; twinhull logs tells why, twinhull up tries again',
      };
  }
}

function standbyWords(turn: Turn, name: string): string {
  const { standby, oneWriter } = turn.model.policy;
  if (standby === 'warm') return 'is paused, and goes on when the primary fails';
  const why = whyNotStarted(turn, name);
  if (why !== '') return why;
  return `is started when the primary fails${oneWriter ? ' and is proven stopped' : ''}`;
}

function withObstacle(why: string, obstacle: string): string {
  return obstacle === '' ? why : `${why}; it ${obstacle}`;
}
