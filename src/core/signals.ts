/** What was said since the last decision, put into memory. */

import type { EffectKind } from './actions.ts';
import type { Handover, MemberMemory, Memory, Repair, ServiceMemory } from './memory.ts';
import type { Order, ServiceModel, Signal } from './model.ts';
import { engineLost, SHUTTING_DOWN_MS } from './engine-away.ts';
import { clearSuspicion, failedChecks } from './health.ts';
import { CHECKS_A_CHANCE, isSilence } from './proof.ts';

/** A second word about the same stall counts when it comes this long after the first. */
const SAME_STALL_MS = 100;
/** A stall that was not told again for so long was over; the next one is another. */
const OTHER_STALL_MS = 1500;
/** less than the shortest interval of checks */
const SAME_CHECK_MS = 50;
/** several checks of the gateway, and half the deadline of a partition */
const MILD_PROOF_MS = 5000;
/** Nothing is asked for again before this long, so that a refusal, or an old reading, makes no busy loop. */
const RETRY_MS = 1000;
/** What was done may not be seen yet, while the engine or the gateway does not tell: it is not asked for again at once. */
const SEEN_LATER: ReadonlySet<EffectKind> = new Set(['lead', 'drain', 'take_out', 'start_standby']);

export function absorbSignals(
  memory: Memory,
  models: readonly ServiceModel[],
  signals: readonly Signal[],
  lagMs: number,
  now: number,
): void {
  for (const signal of signals) {
    if (signal.kind === 'up_asked') {
      for (const name of signal.services) forgive(memory.services[name], now);
      continue;
    }
    if (signal.kind === 'engine_lost') {
      engineLost(memory, now);
      for (const service of Object.values(memory.services)) forgetStops(service, now);
      continue;
    }
    if (isOfWhole(signal)) continue;
    const service = memory.services[signal.service];
    const model = models.find(({ name }) => name === signal.service);
    if (service && model) absorbSignal(service, model, signal, lagMs, now);
  }
}

type OfWhole = Order | Extract<Signal, { readonly kind: 'record_lost' | 'record_kept' }>;

/** These are obeyed elsewhere, see freeze.ts and unrecorded.ts. */
function isOfWhole(signal: Signal): signal is OfWhole {
  switch (signal.kind) {
    case 'freeze_asked':
    case 'thaw_asked':
    case 'maintenance_asked':
    case 'record_lost':
    case 'record_kept':
      return true;
    default:
      return false;
  }
}

function absorbSignal(
  service: ServiceMemory,
  model: ServiceModel,
  signal: Exclude<Signal, OfWhole | { kind: 'up_asked' | 'engine_lost' }>,
  lagMs: number,
  now: number,
): void {
  switch (signal.kind) {
    case 'action_ended':
      endAction(service, model, signal, now);
      return;
    case 'switch_asked':
      return;
    case 'drill_announced': {
      const member = service.members[signal.member];
      if (member) member.drill = now < signal.until ? { until: signal.until, pardoned: false } : undefined;
      return;
    }
    case 'check_failed':
    case 'check_passed':
    case 'stalled': {
      const member = service.members[signal.member];
      if (member) absorbCheck(member, signal, model.policy.threshold, lagMs, now);
    }
  }
}

type CheckSignal = Extract<Signal, { kind: 'check_failed' | 'check_passed' | 'stalled' }>;

function absorbCheck(member: MemberMemory, signal: CheckSignal, threshold: number, lagMs: number, now: number): void {
  switch (signal.kind) {
    case 'check_passed':
      delete member.failedByPort[signal.port];
      delete member.failedByPort['*'];
      if (failedChecks(member) === 0) clearSuspicion(member);
      member.checkSaidAt = now;
      return;
    case 'check_failed':
      // a check that takes a server down is told twice in a breath
      if (member.check === 'failing' && now - member.checkSaidAt < SAME_CHECK_MS && signal.port in member.failedByPort)
        return;
      member.check = 'failing';
      member.failedByPort[signal.port] = countFailure(member, signal, threshold);
      member.checkFailure = signal.checkFailure;
      member.detail = signal.detail;
      member.checkSaidAt = now;
      return;
    case 'stalled':
      // a loop that was late itself saw a stall where there may be none
      if (signal.forMs < 2 * lagMs) return;
      if (member.stallSaidAt === null || now - member.stallSaidAt > OTHER_STALL_MS) member.stalls = 1;
      else if (now - member.stallSaidAt < SAME_STALL_MS) return;
      else member.stalls = 2;
      member.stallSaidAt = now;
  }
}

/** Failed requests are words enough to move traffic; that something must be repaired, only a check can say. */
function countFailure(
  { failedByPort }: MemberMemory,
  { port, checkFailure }: Extract<CheckSignal, { kind: 'check_failed' }>,
  threshold: number,
): number {
  const before = failedByPort[port] ?? failedByPort['*'] ?? 0;
  return checkFailure === 'requests' ? Math.max(before, Math.min(before + 1, threshold - 1)) : before + 1;
}

type ActionEnded = Extract<Signal, { kind: 'action_ended' }>;

function endAction(service: ServiceMemory, model: ServiceModel, signal: ActionEnded, now: number): void {
  const pending = service.pending[signal.key];
  if (!pending || pending.ended) return;
  const isSeenLater = SEEN_LATER.has(pending.kind);
  const isOver = signal.outcome === 'given_up' || (signal.outcome === 'done' && !isSeenLater);
  if (isOver) delete service.pending[signal.key];
  else service.pending[signal.key] = { ...pending, ended: signal.outcome === 'done', until: now + RETRY_MS };
  if (pending.kind === 'lead') service.leaderSaidAt = now;
  const member = service.members[pending.member];
  if (!member) return;
  switch (pending.kind) {
    case 'put_in':
      if (signal.outcome === 'done') clearSuspicion(member);
      else if (signal.missedCheck) missChance(member, model.policy.threshold);
      member.checkSaidAt = now;
      return;
    case 'quarantine':
      // unless somebody has started it meanwhile
      if (member.quarantinedAt !== null) member.quarantinedAt = now;
      return;
    case 'start_standby':
      if (service.handover?.to === pending.member) noteStart(service.handover, signal);
      return;
    case 'lead':
    case 'drain':
    case 'take_out':
    case 'stop':
    case 'fence':
    case 'rest':
    case 'replace_standby':
    case 'start_gateway':
    case 'unpause_gateway':
    case 'reconnect_gateway':
    case 'replace_gateway':
      return;
    default:
      endRung(service, member, model, signal, now);
  }
}

/** It was let in and passed no check: as many have failed as fit into that time. */
function missChance(member: MemberMemory, threshold: number): void {
  const failed = failedChecks(member) + CHECKS_A_CHANCE;
  member.failedByPort = { '*': isSilence(member) ? failed : Math.max(threshold, failed) };
}

function noteStart(handover: Handover, { outcome, detail }: ActionEnded): void {
  if (outcome === 'done') handover.started = true;
  if (outcome === 'failed') handover.refusal = detail === '' ? 'no reason was given' : detail;
}

/** The rung was carried out: now the member has to prove that it helped. A refusal proves that it did not. */
function endRung(
  service: ServiceMemory,
  member: MemberMemory,
  model: ServiceModel,
  signal: ActionEnded,
  now: number,
): void {
  delete service.pending[signal.key];
  const { repair } = member;
  if (repair?.phase !== 'acting') return;
  repair.phase = 'proving';
  if (signal.outcome === 'done') {
    repair.until = now + proofMs(model, repair);
    clearSuspicion(member);
    member.check = 'unknown';
    member.everWell = false;
    member.checkSaidAt = now;
  } else {
    repair.until = now;
  }
}

/** A process that was started anew needs its time to start; one that was only unpaused or connected does not. */
function proofMs({ policy }: ServiceModel, repair: Repair): number {
  const rung = repair.ladder[repair.step];
  if (rung === 'unpause' || rung === 'reconnect') return MILD_PROOF_MS;
  const beats = policy.signs.filter(({ kind }) => kind === 'heartbeat').map(({ fail }) => fail ?? 0);
  return Math.max(policy.deadlineMs[repair.failure], policy.startPeriodMs, ...beats);
}

/** `twinhull up`: what was stopped or quarantined counts again. */
function forgive(service: ServiceMemory | undefined, now: number): void {
  if (!service) return;
  service.gateway.askedAt = null;
  service.gateway.attempts = 0;
  service.gateway.notBefore = 0;
  service.handover = undefined;
  service.actionsAt = [];
  service.budgetAlerted = false;
  for (const member of Object.values(service.members)) {
    member.askedAt = null;
    member.quarantinedAt = null;
    member.loops = 0;
    member.since = now;
  }
}

function forgetStops(service: ServiceMemory, now: number): void {
  for (const holder of [service.gateway, ...Object.values(service.members)]) {
    if (holder.askedAt !== null && now - holder.askedAt < SHUTTING_DOWN_MS) holder.askedAt = null;
  }
}
