/**
 * From one member of a cold pair to the other. Where both would write the same data: traffic away from the old one,
 * then it is fenced, which means ended and proven to be; only then the new one is started, put in, and leads. Each
 * step follows from what is seen, so a supervisor that was killed in the middle goes on from there, and one that has
 * lost its memory finds the one that runs, or none and starts one.
 *
 * Where nothing is written, the new one is started first, and the old one stands by when the new one works.
 */

import { countRestart } from './budget.ts';
import { isHeld } from './cascade.ts';
import { answersAllTheSame } from './diagnosis.ts';
import type { Handover } from './memory.ts';
import { isProvenStopped, isUp } from './one-writer.ts';
import {
  ask,
  conditionOf,
  isPending,
  memberMemory,
  memberSeen,
  rivalOf,
  stopDeadlineMs,
  wake,
  worksFrom,
  type Turn,
} from './turn.ts';

/** A gateway that does not take a member out within this is not waited for: whoever is ended answers nobody. */
const AWAY_TAKES_MS = 2000;
export const FENCE_DEADLINE_MS = 15_000;
const RENEW_DEADLINE_MS = 60_000;
const LOOK_AGAIN_MS = 1000;
/** Not proven stopped for so long: somebody should look. */
const ALERT_AFTER_MS = 30_000;
/** Starts that did not last, in a row, after which its container is made anew. */
const STARTS_BEFORE_RENEWAL = 2;

export function beginHandover(turn: Turn, wish: Pick<Handover, 'from' | 'to' | 'reason' | 'incident' | 'cause'>): void {
  turn.memory.handedOver = undefined;
  begin(turn, wish);
}

function begin(turn: Turn, wish: Pick<Handover, 'from' | 'to' | 'reason' | 'incident' | 'cause'>): void {
  const { now } = turn;
  const fresh = {
    since: now,
    awaySince: null,
    end: 'none',
    started: false,
    refusal: '',
    until: now,
    alerted: false,
  } as const;
  const handover: Handover = { ...wish, ...fresh, step: 'fence' };
  turn.memory.handover = handover;
  if (endsFirst(turn, handover)) driveHandover(turn, handover);
  else takeTheLead(turn, handover);
}

/** Behind a gateway the old one can serve until the new one does, if they write nothing. */
function endsFirst({ model }: Turn, { cause }: Handover): boolean {
  return model.policy.oneWriter || (cause !== 'failure' && model.balance === null);
}

export function driveHandover(turn: Turn, handover: Handover): void {
  switch (handover.step) {
    case 'fence':
      return fence(turn, handover);
    case 'renew':
      return renew(turn, handover);
    case 'start':
      return start(turn, handover);
    case 'prove':
      return prove(turn, handover);
  }
}

function fence(turn: Turn, handover: Handover): void {
  const { from, to, cause } = handover;
  const running = [from, to].filter((name) => !isProvenStopped(memberSeen(turn, name)));
  // who was started by hand when the old one had ended is the only one that writes: it is left to it
  const isReady = running.length === 0 || (running[0] === to && isRunning(turn, to));
  if (isReady && rivalOf(turn, to) === '') return takeTheLead(turn, handover);
  wake(turn, turn.now + LOOK_AGAIN_MS);
  if (handover.end === 'none' && cause === 'failure') {
    if (conditionOf(turn, from).is === 'well' && isUp(memberSeen(turn, from))) return goOnWith(turn, from);
    if (isHeld(turn)) return;
  }
  if (!isAway(turn, handover)) return;
  if (running.includes(from)) endOld(turn, handover);
  // somebody starts it by hand: it is not its turn yet
  if (running.includes(to) && isUp(memberSeen(turn, to)))
    askFence(turn, to, `${to} must not run before ${from} is proven stopped`, handover);
  alertInTime(turn, handover);
}

function isRunning(turn: Turn, name: string): boolean {
  const seen = memberSeen(turn, name);
  return isUp(seen) && seen.state === 'running';
}

/** It is well again before anything was done to it. */
function goOnWith(turn: Turn, name: string): void {
  turn.memory.leader = name;
  drop(turn);
}

/** Traffic first. What a person asked for is ended politely, and finishes by itself what it has. */
function isAway(turn: Turn, handover: Handover): boolean {
  const { from, cause, reason, incident } = handover;
  const traffic = memberSeen(turn, from).gateway?.traffic ?? 'out';
  if (traffic === 'out' || cause === 'person') return true;
  if (handover.awaySince === null) {
    handover.awaySince = turn.now;
    wake(turn, turn.now + AWAY_TAKES_MS);
    return !ask(turn, 'take_out', from, reason, { incident });
  }
  return !isPending(turn, 'take_out', from) || turn.now >= handover.awaySince + AWAY_TAKES_MS;
}

/** Politely where it still answers and time allows; by force where it does not, or where that did not help. */
function endOld(turn: Turn, handover: Handover): void {
  const { from, reason, incident } = handover;
  if (handover.end === 'none' && isPoliteTo(turn, handover)) {
    if (ask(turn, 'stop', from, reason, { deadlineMs: stopDeadlineMs(turn), incident })) handover.end = 'stop';
    return;
  }
  if (isPending(turn, 'stop', from)) return;
  if (askFence(turn, from, reason, handover)) handover.end = 'force';
}

/** A process that is paused would be thawed by a polite stop, and write on. */
function isPoliteTo(turn: Turn, { from, cause }: Handover): boolean {
  if (memberSeen(turn, from).state !== 'running') return false;
  return cause === 'person' || answersAllTheSame(memberMemory(turn, from));
}

function askFence(turn: Turn, name: string, reason: string, { incident }: Handover): boolean {
  return ask(turn, 'fence', name, reason, { deadlineMs: FENCE_DEADLINE_MS, incident });
}

function alertInTime(turn: Turn, handover: Handover): void {
  if (handover.alerted || turn.now < handover.since + ALERT_AFTER_MS) return;
  handover.alerted = true;
  const reason = `${rivalOf(turn, handover.to)}; ${handover.to} is not started, since both write the same data`;
  turn.actions.push({ kind: 'alert', service: turn.model.name, member: handover.from, reason });
}

/** From here on the new one is who runs, also for a supervisor that takes over now. */
function takeTheLead(turn: Turn, handover: Handover): void {
  const { from, to, cause, reason, incident } = handover;
  const runs = isRunning(turn, to);
  const isWorn = !runs && memberMemory(turn, to).loops >= STARTS_BEFORE_RENEWAL;
  turn.memory.leader = to;
  memberMemory(turn, from).repair = null;
  memberMemory(turn, to).repair = null;
  if (cause === 'failure' && !runs) countRestart(turn, to, from);
  handover.step = 'start';
  handover.started = false;
  handover.refusal = '';
  if (isWorn && ask(turn, 'replace_standby', to, reason, { deadlineMs: RENEW_DEADLINE_MS, incident }))
    handover.step = 'renew';
  else start(turn, handover);
}

function renew(turn: Turn, handover: Handover): void {
  if (isPending(turn, 'replace_standby', handover.to)) return;
  handover.step = 'start';
  start(turn, handover);
}

function start(turn: Turn, handover: Handover): void {
  const { to, reason, incident } = handover;
  const runs = memberSeen(turn, to).state === 'running' && !isPending(turn, 'start_standby', to);
  if (runs || handover.started) return began(turn, handover);
  // before the refusal: that the old one may still run is why the start was refused, and fencing it is what helps
  if (rivalOf(turn, to) !== '') {
    handover.step = 'fence';
    handover.end = 'none'; // who runs now may be a new run, which nothing was done to
    handover.refusal = '';
    wake(turn, turn.now + 1);
    return;
  }
  if (handover.refusal !== '') return failed(turn, handover, `could not be started (${handover.refusal})`);
  const deadlineMs = turn.model.policy.deadlineMs.container_exit;
  ask(turn, 'start_standby', to, reason, { deadlineMs, incident });
}

function began(turn: Turn, handover: Handover): void {
  if (handover.cause !== 'person') return drop(turn);
  const { startPeriodMs, deadlineMs } = turn.model.policy;
  handover.step = 'prove';
  handover.until = turn.now + startPeriodMs + deadlineMs.unresponsive;
  prove(turn, handover);
}

function prove(turn: Turn, handover: Handover): void {
  const { to, until } = handover;
  const condition = conditionOf(turn, to);
  switch (condition.is) {
    case 'well':
      return workedFor(turn, handover);
    case 'failed':
    case 'stopped':
      return failed(turn, handover, condition.why);
    default:
      if (turn.now >= until) return failed(turn, handover, 'did not serve in time');
      wake(turn, until);
  }
}

function workedFor(turn: Turn, { to }: Handover): void {
  const provenAt = worksFrom(turn, to);
  if (turn.now < provenAt) return wake(turn, provenAt);
  turn.memory.handedOver = { to, at: turn.now, failure: '' };
  drop(turn);
}

/** What a failure asked for is judged like any other member from now on; what a person asked for is taken back. */
function failed(turn: Turn, handover: Handover, why: string): void {
  const { from, to, cause } = handover;
  drop(turn);
  if (cause !== 'person') return;
  turn.memory.handedOver = { to, at: turn.now, failure: `${to} ${why}` };
  if (memberSeen(turn, from).state === 'running') {
    turn.memory.leader = from;
    return;
  }
  begin(turn, {
    from: to,
    to: from,
    reason: `${to} ${why}; ${from} is started again`,
    incident: null,
    cause: 'taken_back',
  });
}

function drop(turn: Turn): void {
  turn.memory.handover = undefined;
}
