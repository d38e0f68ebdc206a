/**
 * An engine that shuts down, or was killed and is started again, stops containers itself, and then it looks as if
 * somebody had asked for it: the same events, and `unless-stopped` does not start them any more (moby, daemon
 * restore). But nobody can ask an engine for anything while it is away. So what ended then, or while it was
 * shutting down, was no request.
 */

import type { Memory } from './memory.ts';
import type { ServiceSeen } from './model.ts';

/** An engine that shuts down stops its containers first: Docker gives them 15 s. */
export const SHUTTING_DOWN_MS = 20_000;

type Away = NonNullable<Memory['engineAway']>;

export function engineLost(whole: Memory, now: number): void {
  if (whole.engineAway?.until === null) return;
  whole.engineAway = { from: now - SHUTTING_DOWN_MS, until: null };
}

export function engineAnswers(whole: Memory, now: number): void {
  if (whole.engineAway?.until === null) whole.engineAway.until = now;
}

/** What was seen, with the stops that were the engine's own taken for what they are. */
export function withoutEngineStops(seen: ServiceSeen, away: Memory['engineAway']): ServiceSeen {
  if (!away) return seen;
  const { gateway } = seen;
  return {
    ...seen,
    members: seen.members.map((member) => (endedIn(away, member) ? { ...member, ...FAILED } : member)),
    gateway: gateway && endedIn(away, gateway) ? { ...gateway, ...FAILED } : gateway,
  };
}

/** It ended while the engine was away, or shutting down. */
export function endedWithEngine({ engineAway }: Memory, seen: { state: string; finishedAt: number }): boolean {
  return engineAway !== undefined && endedIn(engineAway, seen);
}

const FAILED = { ended: 'failed', unclearUntil: 0 } as const;

function endedIn({ from, until }: Away, { state, finishedAt }: { state: string; finishedAt: number }): boolean {
  return state === 'exited' && finishedAt >= from && (until === null || finishedAt <= until);
}
