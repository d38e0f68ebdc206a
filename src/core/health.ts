/**
 * What we think of each member. Three witnesses: the engine's state, the engine's health check, the gateway's
 * check. None of them alone is the truth: a frozen process is "running", a check may fail because the checker
 * is busy, and an engine that does not answer says nothing at all. Unknown is an answer of its own and never
 * means dead.
 */

import { failure, type Condition } from './condition.ts';
import { failureOfRunning, thresholdOf } from './diagnosis.ts';
import type { Ended, FailureKind, MemberSeen } from './model.ts';
import { type MemberMemory, type Repair, runOf } from './memory.ts';
import { isIdleStandby, isLeaving, isWarmStandby } from './pair.ts';
import { failuresNeeded } from './proof.ts';
import { weighRelief } from './relief.ts';
import { awaitsHeartbeat, hangWords } from './signs.ts';
import { endedForMemory, memoryEndWords } from './strain.ts';
import { conditionOf, isPending, memberMemory, memberSeen, wake, type Turn } from './turn.ts';

/** A stall is over when a check passed this long after it was last said: longer than one check takes. */
const STALL_FORGOTTEN_AFTER_MS = 1500;
const FAILS_FOR_MS = 1000;
/** measured: 10 ms, 15 at most; more when the machine is busy */
const UNPAUSE_TAKES_MS = 150;
/** what others live in must have run for so long, well, before they follow it */
const AT_REST_MS = 3000;
/** while something is unsure */
const LOOK_AGAIN_MS = 500;
/** a network that is given back within this time has cost nothing; longer than a connect and the look after it */
const RECONNECT_TAKES_MS = 5000;

/** Takes in what was seen of every member, then judges each. */
export function examine(turn: Turn): void {
  for (const { name } of turn.model.members) {
    const seen = memberSeen(turn, name);
    const memory = memberMemory(turn, name);
    if (turn.engineAnswers) absorbState(memory, seen, turn.now);
    absorbReading(memory, seen);
    turn.conditions.set(name, judge(turn, name, seen, memory));
  }
  weighRelief(turn);
  for (const { name } of turn.model.members) rememberCondition(turn, name);
}

function absorbState(memory: MemberMemory, seen: MemberSeen, now: number): void {
  if (seen.state === 'unknown') return;
  const runs = isRunning(seen);
  const isNewRun = seen.containerId !== memory.containerId || (runs && seen.startedAt !== memory.startedAt);
  if (isNewRun) startAnew(memory, seen);
  memory.containerId = seen.containerId;
  if (runs) memory.askedAt = null;
  else if (memory.endedByUs !== runOf(seen)) reconsiderAsked(memory, seen.ended, now);
}

/** Events that are told late may show that what looked like a request was a failure. */
export function reconsiderAsked(
  memory: Pick<MemberMemory, 'askedAt' | 'isAskPresumed'>,
  ended: Ended,
  now: number,
): void {
  if (ended === 'asked') {
    memory.askedAt ??= now;
    memory.isAskPresumed = false;
  } else if (ended === 'failed' && memory.isAskPresumed === true) {
    memory.askedAt = null;
    memory.isAskPresumed = false;
  }
}

/** It looks as if somebody had asked for it. */
export function presumeAsked(memory: Pick<MemberMemory, 'askedAt' | 'isAskPresumed'>, now: number): void {
  if (memory.askedAt !== null) return;
  memory.askedAt = now;
  memory.isAskPresumed = true;
}

/** A new run of the process: what its checks said before says nothing about it. */
function startAnew(memory: MemberMemory, seen: MemberSeen): void {
  if (seen.containerId !== memory.containerId) memory.restartCount = seen.restartCount;
  memory.startedAt = seen.startedAt;
  memory.everWell = false;
  clearSuspicion(memory);
  memory.check = 'unknown';
}

/** What the gateway says of a member, unless something was said since it was asked. */
export function absorbReading(memory: MemberMemory, { gateway: reading }: Pick<MemberSeen, 'gateway'>): void {
  if (!reading || reading.readAt <= memory.checkSaidAt) return;
  memory.checkSaidAt = reading.readAt;
  if (reading.traffic === 'out') return;
  if (reading.check === 'failing') {
    const inARow = reading.checkFailure === 'requests' ? 1 : reading.failuresInARow;
    memory.failedByPort = { '*': Math.max(failedChecks(memory), inARow, 1) };
    memory.checkFailure = reading.checkFailure;
    memory.detail = reading.checkStatus;
    memory.check = 'failing';
  } else if (reading.check === 'unknown') {
    memory.check = 'unknown';
  } else if (memory.stallSaidAt === null || reading.readAt >= memory.stallSaidAt + STALL_FORGOTTEN_AFTER_MS) {
    clearSuspicion(memory);
  }
}

/** Failed checks in a row until now, of the port that is worst off. */
export function failedChecks(memory: MemberMemory): number {
  return Math.max(0, ...Object.values(memory.failedByPort));
}

export function clearSuspicion(memory: MemberMemory): void {
  memory.check = 'passing';
  memory.failedByPort = {};
  memory.stalls = 0;
  memory.stallSaidAt = null;
}

function judge(turn: Turn, name: string, seen: MemberSeen, memory: MemberMemory): Condition {
  if (memory.quarantinedAt !== null) return { is: 'quarantined' };
  if (isPending(turn, 'start_standby', name)) return { is: 'starting', why: 'is being started' };
  if (isPending(turn, 'rest', name)) return { is: 'standby' };
  if (memory.repair?.phase === 'acting') {
    const rung = memory.repair.ladder[memory.repair.step];
    if (rung === 'unpause') return judgePaused(turn, memory);
    if (rung === 'reconnect' && answersMeanwhile(seen, memory)) return judgeReconnecting(turn, memory.repair);
    return failure(memory.repair.failure, true, 'is being repaired');
  }
  if (!turn.engineAnswers || seen.state === 'unknown') return judgeUnseen(turn, memory);
  switch (seen.state) {
    case 'running':
      return judgeRunning(turn, seen, memory);
    case 'paused':
      return isWarmStandby(turn, name) ? { is: 'standby' } : judgePaused(turn, memory);
    case 'restarting':
      return failure(kindOfEnd(seen), true, `${howItExited(seen)}; the engine restarts it`);
    default:
      return judgeEnded(turn, name, seen, memory);
  }
}

/** Unpaused it goes on where it was: what is inside is cut only when that does not work at once. */
function judgePaused(turn: Turn, memory: MemberMemory): Condition {
  const patientUntil = (memory.suspectSince ?? turn.now) + UNPAUSE_TAKES_MS;
  wake(turn, patientUntil);
  return { ...failure('unresponsive', true, 'is paused, and not by us'), patientUntil };
}

/** The engine is silent; the gateway may still tell something. */
function judgeUnseen(turn: Turn, memory: MemberMemory): Condition {
  if (turn.model.balance === null) return { is: 'unknown', why: 'the engine does not answer' };
  if (memory.check === 'failing')
    return { is: 'suspect', failure: 'unresponsive', confirmations: 1, why: checkWords(memory) };
  if (memory.check === 'passing') return { is: 'well' };
  return { is: 'unknown', why: 'the engine does not answer' };
}

function judgeRunning(turn: Turn, seen: MemberSeen, memory: MemberMemory): Condition {
  if (seen.attached === false) {
    return failure('network_partition', true, "is cut off from its service's own network");
  }
  const behind = whyLeftBehind(turn, seen);
  if (behind !== '') return failure('network_partition', true, behind);
  if (isOnlyDetached(seen)) return judgeDetached(turn, seen, memory);
  const graceUntil = graceOf(turn, seen, memory);
  const inGrace = turn.now < graceUntil;
  if (inGrace) wake(turn, graceUntil);
  // Docker calls a container unhealthy that was paused, with no failed probe: that proves nothing
  const streak = seen.health === 'unhealthy' ? seen.healthFailures : 0;
  // behind a gateway its own, quicker check has the word until the engine's is as certain
  if (!inGrace && streak >= (seen.gateway === null ? 1 : turn.model.policy.threshold)) {
    return mistrust(
      turn,
      seen,
      memory,
      { words: streak, needed: turn.model.policy.threshold },
      `fails its health check${quote(seen.healthOutput)}`,
    );
  }
  const hang = inGrace ? '' : hangWords(turn.model.policy, seen);
  if (hang !== '') return failure('unresponsive', false, hang);
  if (seen.gateway !== null) return judgeByGateway(turn, seen, memory, inGrace);
  if (!memory.everWell && isUnproven(turn, seen)) return { is: 'starting', why: 'its health check has not passed yet' };
  if (!memory.everWell && awaitsHeartbeat(turn.model.policy, seen, inGrace)) {
    return { is: 'starting', why: 'its heartbeat has not come yet' };
  }
  return { is: 'well' };
}

/** '' while it lives where it should, or as long as what it lives in has not come to rest. */
function whyLeftBehind(turn: Turn, { leftBehind }: MemberSeen): string {
  if (!leftBehind) return '';
  const { service, member, how } = leftBehind;
  const since = turn.whole.services[service]?.members[member]?.wellSince ?? null;
  if (since === null) return '';
  if (turn.now < since + AT_REST_MS) {
    wake(turn, since + AT_REST_MS);
    return '';
  }
  const words = { restarted: 'was started anew', replaced: 'was made anew', volumes: 'has other volumes now' };
  return `lives in what ${member} was before: ${member} ${words[how]}`;
}

/** It runs, on its service's own network where there is one, and has lost another. */
function isOnlyDetached({ state, attached, detachedFrom }: MemberSeen): boolean {
  return state === 'running' && attached !== false && detachedFrom.length > 0;
}

/** What it has lost is another network than the one its gateway reaches it by. */
function answersMeanwhile({ attached, gateway }: MemberSeen, { check }: MemberMemory): boolean {
  return attached === true && gateway?.traffic === 'in' && check !== 'failing';
}

/** While it is given its network back it is cut off from nobody else. */
function judgeReconnecting(turn: Turn, { failure: kind, until }: Repair): Condition {
  wake(turn, until);
  return { ...failure(kind, false, 'is being connected to its network'), patientUntil: until, serves: true };
}

/** It answers whom it still reaches: nothing in flight is cut while it may be given back what it lost. */
function judgeDetached(turn: Turn, { detachedFrom }: MemberSeen, memory: MemberMemory): Condition {
  const patientUntil = (memory.suspectSince ?? turn.now) + RECONNECT_TAKES_MS;
  wake(turn, patientUntil);
  const networks = detachedFrom.length === 1 ? 'the network' : 'the networks';
  const why = `is cut off from ${networks} ${detachedFrom.join(', ')}`;
  const stillServes = turn.model.balance !== null && memory.check !== 'failing';
  return { ...failure('network_partition', false, why), patientUntil, ...(stillServes ? { serves: true } : {}) };
}

/**
 * Docker's first probe comes only after a whole interval. One that has run through the start period it asked
 * for, without a failed probe, is taken for well until a probe says otherwise.
 */
function isUnproven(turn: Turn, seen: MemberSeen): boolean {
  if (seen.health !== 'starting') return seen.health === 'unhealthy';
  const startsUntil = seen.startedAt + turn.model.policy.startPeriodMs;
  wake(turn, startsUntil);
  return seen.healthFailures > 0 || turn.now < startsUntil;
}

/** Until when checks may fail: while it starts, and while a repair has to prove itself. */
function graceOf(turn: Turn, seen: MemberSeen, { everWell, repair }: MemberMemory): number {
  const startsUntil = everWell ? 0 : seen.startedAt + turn.model.policy.startPeriodMs;
  return Math.max(startsUntil, repair?.phase === 'proving' ? repair.until : 0);
}

function judgeByGateway(turn: Turn, seen: MemberSeen, memory: MemberMemory, inGrace: boolean): Condition {
  const threshold = thresholdOf(turn.model.policy, failureOfRunning(seen, memory, turn.model.policy));
  // requests that stand still are silence too, whatever the last check that failed said
  const witness = failedChecks(memory) === 0 ? ({ checkFailure: 'silent' } as const) : memory;
  const needed = failuresNeeded(threshold, witness);
  const words = wordsAgainst(memory, turn.model.policy.threshold);
  const isOut = seen.gateway?.traffic === 'out';
  if (words > 0 && !inGrace && !(isOut && words < needed)) {
    return mistrust(turn, seen, memory, { words, needed }, checkWords(memory));
  }
  if (seen.gateway?.traffic !== 'in') return { is: 'returning' };
  if (memory.check === 'passing' || memory.everWell) return { is: 'well' };
  wake(turn, turn.now + LOOK_AGAIN_MS);
  return { is: 'starting', why: "the gateway's check has not passed yet" };
}

/** Requests that failed or stand still are no more than suspicion, however often: see signals.ts. */
function wordsAgainst(memory: MemberMemory, threshold: number): number {
  const failed = failedChecks(memory);
  const isSuspicion = failed > 0 && failed < threshold && memory.checkFailure === 'requests';
  return isSuspicion ? Math.min(failed + memory.stalls, threshold - 1) : failed + memory.stalls;
}

/** Checks come quickly once one has failed; a second of trouble at least must pass before anything is restarted. */
function mistrust(
  turn: Turn,
  seen: MemberSeen,
  memory: MemberMemory,
  { words, needed }: { readonly words: number; readonly needed: number },
  why: string,
): Condition {
  const kind = failureOfRunning(seen, memory, turn.model.policy);
  const isLong = memory.suspectSince !== null && turn.now >= memory.suspectSince + FAILS_FOR_MS;
  if (words >= needed && isLong) {
    return failure(kind, false, why);
  }
  wake(turn, turn.now + LOOK_AGAIN_MS);
  return { is: 'suspect', failure: kind, confirmations: words, why };
}

function judgeEnded(turn: Turn, name: string, seen: MemberSeen, memory: MemberMemory): Condition {
  const { policy } = turn.model;
  if (seen.ended === 'unclear') {
    wake(turn, seen.unclearUntil);
    return { is: 'unclear', until: seen.unclearUntil, why: howItExited(seen) };
  }
  if (standsBy(turn, name) && seen.state !== 'absent') return { is: 'standby' };
  if (turn.isBusy && (seen.state === 'absent' || seen.state === 'created')) {
    return { is: 'starting', why: 'is being made' };
  }
  if (memory.askedAt !== null) return { is: 'stopped', why: 'somebody asked for it; twinhull up starts it again' };
  if (seen.state === 'absent') {
    return failure('container_exit', true, 'has no container');
  }
  if (policy.completes && seen.state === 'exited' && seen.exitCode === 0) return { is: 'completed' };
  if (turn.isBusy) return { is: 'starting', why: `${howItExited(seen)} while the service is being changed` };
  if (seen.state === 'exited' && seen.ended === 'unseen' && wouldHaveBeenRestarted(seen) && !memory.incident) {
    presumeAsked(memory, turn.now);
    return { is: 'stopped', why: 'was stopped through the engine before we looked; twinhull up starts it again' };
  }
  return failure(kindOfEnd(seen), true, howItExited(seen));
}

export function kindOfEnd(seen: MemberSeen): FailureKind {
  return endedForMemory(seen) ? 'resource_exhaustion' : 'container_exit';
}

/** It does not run, and is not to: also one that a person wants to be followed by the other. */
function standsBy(turn: Turn, name: string): boolean {
  return isIdleStandby(turn, name) || (isLeaving(turn, name) && turn.memory.handover?.cause !== 'failure');
}

/** The engine restarts these by itself unless they were stopped through its API (moby, restartmanager). */
function wouldHaveBeenRestarted(seen: MemberSeen): boolean {
  return seen.restartPolicy === 'always' || seen.restartPolicy === 'unless-stopped';
}

/** Keeps since when a member is well or suspect; a run that was well once has no start period any more. */
function rememberCondition(turn: Turn, name: string): void {
  const memory = memberMemory(turn, name);
  const condition = conditionOf(turn, name);
  if (condition.is === 'well') {
    memory.everWell = true;
    memory.wellSince ??= turn.now;
    memory.suspectSince = null;
    return;
  }
  memory.wellSince = null;
  if (condition.is === 'standby') memory.suspectSince = null;
  if (condition.is === 'suspect' || condition.is === 'failed' || condition.is === 'unclear') {
    memory.suspectSince ??= memory.stallSaidAt ?? turn.now;
  }
}

export function isRunning(seen: MemberSeen): boolean {
  return seen.state === 'running';
}

export function howItExited(seen: MemberSeen): string {
  if (seen.state === 'created') return 'was created and never started';
  if (seen.state === 'removing') return 'is being removed';
  if (endedForMemory(seen)) return memoryEndWords(seen);
  const code = seen.exitCode;
  if (code === null) return 'exited';
  const signal = code > 128 && code < 160 ? ` (signal ${code - 128})` : '';
  return `exited with code ${code}${signal}`;
}

function checkWords(memory: MemberMemory): string {
  const failed = failedChecks(memory);
  if (failed === 0) return 'has stopped answering the requests it has';
  const times = failed > 1 ? ` ${failed} times in a row` : '';
  return `fails the gateway's check${times}${memory.detail === '' ? '' : ` (${memory.detail})`}`;
}

function quote(output: string): string {
  const line = output.trim().split('\n')[0] ?? '';
  return line === '' ? '' : `: ${line.slice(0, 200)}`;
}
