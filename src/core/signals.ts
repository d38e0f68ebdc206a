/** What was said since the last decision, put into memory. */

import type { MemberMemory, Memory, ServiceMemory } from './memory.ts';
import type { ServiceModel, Signal } from './model.ts';
import { clearSuspicion } from './health.ts';

/** A second word about the same stall counts when it comes this long after the first. */
const SAME_STALL_MS = 100;
/** After a failure nothing is asked for again before this long, so that a refusal makes no busy loop. */
const RETRY_MS = 1000;

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
    const service = memory.services[signal.service];
    const model = models.find(({ name }) => name === signal.service);
    if (service && model) absorbSignal(service, model, signal, lagMs, now);
  }
}

function absorbSignal(
  service: ServiceMemory,
  model: ServiceModel,
  signal: Exclude<Signal, { kind: 'up_asked' }>,
  lagMs: number,
  now: number,
): void {
  switch (signal.kind) {
    case 'action_ended':
      endAction(service, model, signal, now);
      return;
    case 'switch_asked':
      return;
    case 'check_failed':
    case 'check_passed':
    case 'stalled': {
      const member = service.members[signal.member];
      if (member) absorbCheck(member, signal, lagMs, now);
    }
  }
}

type CheckSignal = Extract<Signal, { kind: 'check_failed' | 'check_passed' | 'stalled' }>;

function absorbCheck(member: MemberMemory, signal: CheckSignal, lagMs: number, now: number): void {
  switch (signal.kind) {
    case 'check_passed':
      clearSuspicion(member);
      member.checkSaidAt = now;
      return;
    case 'check_failed':
      member.check = 'failing';
      member.failedChecks += 1;
      member.detail = signal.detail;
      member.checkSaidAt = now;
      return;
    case 'stalled':
      // a loop that was late itself saw a stall where there may be none
      if (signal.forMs < 2 * lagMs) return;
      if (member.stallSaidAt === null) member.stalls = 1;
      else if (now - member.stallSaidAt < SAME_STALL_MS) return;
      else member.stalls = 2;
      member.stallSaidAt = now;
  }
}

type ActionEnded = Extract<Signal, { kind: 'action_ended' }>;

function endAction(service: ServiceMemory, model: ServiceModel, signal: ActionEnded, now: number): void {
  const pending = service.pending[signal.key];
  if (!pending) return;
  if (signal.outcome === 'done') delete service.pending[signal.key];
  else pending.until = now + RETRY_MS;
  const member = service.members[pending.member];
  if (!member) return;
  switch (pending.kind) {
    case 'put_in':
      if (signal.outcome === 'done') clearSuspicion(member);
      else if (signal.missedCheck) member.failedChecks = Math.max(member.failedChecks, model.policy.threshold);
      member.checkSaidAt = now;
      return;
    case 'quarantine':
      member.quarantinedAt = now;
      return;
    case 'lead':
    case 'drain':
    case 'take_out':
    case 'stop':
    case 'start_standby':
    case 'start_gateway':
    case 'unpause_gateway':
    case 'reconnect_gateway':
    case 'replace_gateway':
      return;
    default:
      endRung(service, member, model, signal, now);
  }
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
    repair.until = now + model.policy.deadlineMs[repair.failure] + model.policy.startPeriodMs;
    clearSuspicion(member);
    member.check = 'unknown';
    member.everWell = false;
    member.checkSaidAt = now;
  } else {
    repair.until = now;
  }
}

/** `twinhull up`: what was stopped or quarantined counts again. */
function forgive(service: ServiceMemory | undefined, now: number): void {
  if (!service) return;
  service.gateway.askedAt = null;
  service.gateway.attempts = 0;
  service.gateway.notBefore = 0;
  service.actionsAt = [];
  service.budgetAlerted = false;
  for (const member of Object.values(service.members)) {
    member.askedAt = null;
    member.quarantinedAt = null;
    member.loops = 0;
    member.since = now;
  }
}
