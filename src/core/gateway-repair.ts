/**
 * The gateway is a container too. A crash of HAProxy is met inside it, a crash of the container by the
 * engine's restart policy; what is left for us is a kill through the API, a pause, a lost network and a
 * container that is gone. One that runs and does not answer us is unknown, not down: it goes on serving and
 * is left alone. One that somebody stopped stays stopped: the service is `stopped` until `up`.
 */

import type { EffectAction } from './actions.ts';
import { isHandsOff } from './freeze.ts';
import { presumeAsked, reconsiderAsked } from './health.ts';
import { closeIncident, openIncident } from './incidents.ts';
import { ask, wake, type Turn } from './turn.ts';

type Remedy = Extract<EffectAction['kind'], `${string}_gateway`>;

const SILENT_ALERT_MS = 30_000;
const DEADLINE_MS = 30_000;
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 60_000;

/** @returns false when the service is stopped with its gateway, on request */
export function tendGateway(turn: Turn): boolean {
  const { gateway } = turn.seen;
  if (!gateway) return true;
  const memory = turn.memory.gateway;
  switch (gateway.state) {
    case 'answering':
      settleGateway(turn);
      return gateway.attached || mend(turn, 'reconnect_gateway', 'has lost one of its networks');
    case 'silent':
      memory.askedAt = null;
      noteSilence(turn);
      return gateway.attached || mend(turn, 'reconnect_gateway', 'has lost one of its networks');
    case 'paused':
      return mend(turn, 'unpause_gateway', 'is paused, and not by us');
    case 'restarting':
    case 'unknown':
      return true;
    case 'exited':
    case 'absent':
      return tendEnded(turn, gateway.state);
  }
}

function tendEnded(turn: Turn, state: 'exited' | 'absent'): boolean {
  const { gateway } = turn.seen;
  const memory = turn.memory.gateway;
  if (gateway?.ended === 'unclear') {
    wake(turn, gateway.unclearUntil);
    return true;
  }
  // our own repair leaves no trail either: while it is under way, nothing seen is no sign of a request
  const isUnseen = gateway?.ended === 'unseen' && state === 'exited' && memory.incident === null;
  if (gateway) reconsiderAsked(memory, gateway.ended, turn.now);
  if (isUnseen) presumeAsked(memory, turn.now);
  if (memory.askedAt !== null) {
    closeIncident(turn, turn.model.name, 'superseded', 'the gateway was stopped on request');
    return false;
  }
  return state === 'exited'
    ? mend(turn, 'start_gateway', 'has exited')
    : mend(turn, 'replace_gateway', 'has no container');
}

function mend(turn: Turn, remedy: Remedy, why: string): true {
  const memory = turn.memory.gateway;
  const { name } = turn.model;
  if (Object.values(turn.memory.pending).some(({ kind }) => kind.endsWith('_gateway'))) return true;
  if (turn.now < memory.notBefore) {
    wake(turn, memory.notBefore);
    return true;
  }
  if (turn.memory.maintenance) return true;
  if (!memory.incident)
    openIncident(
      turn,
      name,
      remedy === 'reconnect_gateway' ? 'network_partition' : 'critical_failure',
      turn.now,
      `(the gateway) ${why}`,
    );
  if (isHandsOff(turn.whole, turn.memory)) return true;
  const kind = remedy === 'start_gateway' && memory.attempts > 0 ? 'replace_gateway' : remedy;
  ask(turn, kind, name, `the gateway of ${name} ${why}`, {
    deadlineMs: DEADLINE_MS,
    incident: memory.incident?.id ?? null,
  });
  memory.attempts += 1;
  memory.notBefore = turn.now + Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** memory.attempts);
  return true;
}

function settleGateway(turn: Turn): void {
  const memory = turn.memory.gateway;
  memory.askedAt = null;
  memory.silentSince = null;
  memory.alerted = false;
  if (!turn.seen.gateway?.attached) return;
  if (turn.now >= memory.notBefore) memory.attempts = 0;
  closeIncident(turn, turn.model.name, 'repaired', 'the gateway answers again');
}

function noteSilence(turn: Turn): void {
  const memory = turn.memory.gateway;
  memory.silentSince ??= turn.now;
  const alertAt = memory.silentSince + SILENT_ALERT_MS;
  if (memory.alerted || turn.now < alertAt) return wake(turn, alertAt);
  memory.alerted = true;
  const reason = `the gateway of ${turn.model.name} runs and does not answer on its admin socket; it goes on serving and failing over by itself`;
  turn.actions.push({ kind: 'alert', service: turn.model.name, member: null, reason });
}
