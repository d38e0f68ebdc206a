/**
 * What must hold for repairs, told from the memory before and after a decision: hands off where a person's are on,
 * budgets and waits, nothing ended under the brake, one at a time, the order of an emergency. It repeats in short what
 * the functions that decide know at length, so that one of them alone cannot break it.
 */

import { isTraffic, keyOf, type EffectAction, type EffectKind } from './actions.ts';
import { hostWindowMs, LASTED_MS, waitBefore } from './budget.ts';
import { isFresh as isBrakeOn } from './cascade.ts';
import type { CoreModel, Decision } from './decide.ts';
import { comesFirst } from './emergency-order.ts';
import { HANDS_OVER } from './freeze.ts';
import type { MemberMemory, Memory, ServiceMemory } from './memory.ts';
import type { MemberSeen, Observation, ServiceModel, ServiceSeen, Signal } from './model.ts';
import { unrecordedWords } from './unrecorded.ts';

/** A decision, and what it was made from. */
export interface Judged {
  readonly model: CoreModel;
  readonly before: Memory;
  readonly observation: Observation;
  readonly signals: readonly Signal[];
  readonly decision: Decision;
  readonly now: number;
}

/** One service of it. */
interface Scene {
  readonly judged: Judged;
  readonly service: ServiceModel;
  readonly seen: ServiceSeen;
  readonly was: ServiceMemory | undefined;
  readonly is: ServiceMemory;
}

/** Repairs that end a process that runs. That two of a pair must not work at once is another matter. */
const ENDS: ReadonlySet<EffectKind> = new Set(['restart_soft', 'restart_hard', 'replace', 'quarantine']);
/** Repairs that count. */
const COUNTED: ReadonlySet<EffectKind> = new Set(['start', 'restart_soft', 'restart_hard', 'replace']);

const RULES = [
  handsOn,
  unrecorded,
  braked,
  overBudget,
  tooEarly,
  removesQuarantined,
  outOfOrder,
  endsWhatServes,
  endsAnother,
];

/** Checked with every decision: cheap as long as nothing is broken. @returns what is broken, in words */
export function brokenRepairs(judged: Judged, effects: readonly EffectAction[]): string[] {
  const broken: string[] = [];
  for (const effect of effects) {
    if (isTraffic(effect)) continue;
    const scene = sceneOf(judged, effect.service);
    if (!scene) continue;
    for (const rule of RULES) {
      const why = rule(scene, effect);
      if (why !== '') broken.push(`${keyOf(effect)}: ${why}`);
    }
  }
  return broken;
}

function sceneOf(judged: Judged, name: string): Scene | null {
  const service = judged.model.services.find((one) => one.name === name);
  const seen = judged.observation.services.find((one) => one.name === name);
  const is = judged.decision.memory.services[name];
  return service && seen && is ? { judged, service, seen, was: judged.before.services[name], is } : null;
}

function isHandover({ was, is }: Scene, { kind }: EffectAction): boolean {
  return (was?.handover !== undefined || is.handover !== undefined) && HANDS_OVER.has(kind);
}

function handsOn(scene: Scene, effect: EffectAction): string {
  if (isHandover(scene, effect)) return '';
  if (scene.judged.decision.memory.frozen) return 'repairs are frozen';
  return scene.is.maintenance ? 'the service is in maintenance' : '';
}

/** A change of who runs goes on only if it had begun before. */
function unrecorded({ judged, service, was, is }: Scene, { kind }: EffectAction): string {
  const why = unrecordedWords(judged.decision.memory, was ?? is, service, kind);
  return why === '' ? '' : 'it has to be on record first, and nothing can be written';
}

function braked(scene: Scene, effect: EffectAction): string {
  const { is, seen } = scene;
  const { decision, now } = scene.judged;
  if (!endsRunning(scene, effect) || seen.foreign !== null) return '';
  return isBrakeOn(is.freeze, now) || isBrakeOn(decision.memory.freeze, now) ? 'it runs, and the brake is on' : '';
}

function endsRunning({ seen }: Scene, { kind, member }: Pick<EffectAction, 'kind' | 'member'>): boolean {
  return ENDS.has(kind) && seen.members.find(({ name }) => name === member)?.state === 'running';
}

/** As long as another one serves, no more is done than the service and the host may have. */
function overBudget(scene: Scene, effect: EffectAction): string {
  const { service, was, judged } = scene;
  if (!COUNTED.has(effect.kind)) return '';
  const { actions, windowMs } = service.policy.budget;
  const isSpent = (times: readonly number[], atMost: number, withinMs: number): boolean =>
    times.length >= atMost && times.filter((at) => at > judged.now - withinMs).length >= atMost;
  const isOwnSpent = isSpent(was?.actionsAt ?? [], actions, windowMs);
  const { hostActions, services } = judged.model;
  if (!isOwnSpent && !isSpent(judged.before.hostActionsAt, hostActions, hostWindowMs(services))) return '';
  const isFree = isPardoned(scene, effect.member) || isFollowing(scene, effect.member);
  if (isFree || isForgiven(scene) || !othersServe(scene, effect.member)) return '';
  return `the budget of the ${isOwnSpent ? 'service' : 'host'} is used up`;
}

/** `up` and `restart`: what was counted counts no more. */
function isForgiven({ judged, service }: Scene): boolean {
  return judged.signals.some((signal) => signal.kind === 'up_asked' && signal.services.includes(service.name));
}

/** A drill's first repair is counted and waited for as little. */
function isPardoned({ was, is }: Scene, member: string): boolean {
  return is.members[member]?.drill?.pardoned === true && was?.members[member]?.drill?.pardoned !== true;
}

function othersServe({ seen, is }: Scene, member: string): boolean {
  return seen.members.some((other) => {
    const memory = is.members[other.name];
    if (other.name === member || memory?.verdict !== 'healthy') return false;
    return seen.gateway === null || (other.gateway?.traffic === 'in' && memory.check === 'passing');
  });
}

function tooEarly(scene: Scene, effect: EffectAction): string {
  return isTooEarly(scene, effect) && !isForgiven(scene) ? 'it is too early for the next repair' : '';
}

function isTooEarly(scene: Scene, { kind, member }: EffectAction): boolean {
  const { was, judged } = scene;
  if (isGatewayKind(kind)) return judged.now < (was?.gateway.notBefore ?? 0);
  const before = was?.members[member];
  if (!COUNTED.has(kind) || !before) return false;
  if (before.repair?.phase === 'waiting') return judged.now < before.repair.until;
  return before.repair === null && !isFresh(before, judged.now) && waitBefore(before) > 0;
}

/** What was counted against it counts no more. */
function isFresh({ wellSince, quarantinedAt }: MemberMemory, now: number): boolean {
  return quarantinedAt !== null || (wellSince !== null && now - wellSince >= LASTED_MS);
}

/** Restarted after the one it lives in: that is counted for that one. */
function isFollowing({ seen }: Scene, member: string): boolean {
  return seen.members.find(({ name }) => name === member)?.leftBehind != null;
}

function isGatewayKind(kind: EffectKind): boolean {
  return kind.endsWith('_gateway');
}

function removesQuarantined({ is }: Scene, { kind, member }: EffectAction): string {
  const removes = kind === 'replace' || kind === 'replace_standby';
  return removes && is.members[member]?.quarantinedAt != null ? 'what is quarantined is kept' : '';
}

function outOfOrder({ judged, service }: Scene, { kind }: EffectAction): string {
  const first = comesFirst(judged.decision.memory, service.name, kind);
  return first === '' ? '' : `in this emergency it comes ${first}`;
}

/** A repair is for what fails. */
function endsWhatServes({ is, seen }: Scene, { kind, member }: EffectAction): string {
  if (!ENDS.has(kind)) return '';
  const memory = is.members[member];
  const isIn = (one: MemberSeen): boolean => one.gateway === null || one.gateway.traffic === 'in';
  const serves = seen.members.some((one) => one.name === member && one.state === 'running' && isIn(one));
  return serves && memory?.verdict === 'healthy' ? 'it is well' : '';
}

/** At most one running member of a service is ended at a time. */
function endsAnother(scene: Scene, effect: EffectAction): string {
  const { seen, is } = scene;
  if (!endsRunning(scene, effect) || seen.foreign !== null) return '';
  const other = Object.values(is.pending).find(
    (pending) => !pending.ended && pending.member !== effect.member && endsRunning(scene, pending),
  );
  return other ? `${other.member} is being ended already` : '';
}
