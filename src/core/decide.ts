/**
 * The whole of twinhull's judgement: what was seen and said goes in, what should happen comes out as plain
 * data, and when to ask again. No clock, no chance, no I/O: the same input gives the same decision.
 */

import { copyOf } from '../copy.ts';
import type { Action } from './actions.ts';
import { ageBudget, hostWindowMs } from './budget.ts';
import { brakeProject, brakeService, noticeCascade } from './cascade.ts';
import { adoptLeader, noteServing, steerTraffic } from './failover.ts';
import { tendForeign } from './foreign.ts';
import { tendGateway } from './gateway-repair.ts';
import { engineAnswers, withoutEngineStops } from './engine-away.ts';
import { tendEmergency } from './emergency.ts';
import { isDying } from './standing.ts';
import { endMaintenances, isHandsOff, obey } from './freeze.ts';
import { examine } from './health.ts';
import { hasRoom, tellHost } from './host.ts';
import { fitMemory, type Memory } from './memory.ts';
import type { HostPolicy, Observation, ServiceModel, ServiceSeen, Signal } from './model.ts';
import { isGone } from './gone.ts';
import { closeIncident } from './incidents.ts';
import { switchAsked } from './planned-switch.ts';
import { tellStrains } from './relief.ts';
import { releaseQuarantines } from './quarantine.ts';
import { repairMembers } from './repair.ts';
import { absorbSignals } from './signals.ts';
import { coverForLeader } from './standby.ts';
import { tellSigns } from './tell-signs.ts';
import { wake, type Turn } from './turn.ts';
import { isWriterHeld, noteRecord } from './unrecorded.ts';
import { noteVerdicts } from './verdicts.ts';
import { tendWarm } from './warm.ts';

export interface CoreModel {
  readonly services: readonly ServiceModel[];
  /** repairs allowed on the whole host in the services' budget window */
  readonly hostActions: number;
  readonly host: HostPolicy;
}

export interface Decision {
  readonly memory: Memory;
  /** in order; traffic before repair */
  readonly actions: readonly Action[];
  /** when to ask again even if nothing happens, milliseconds since 1970; Infinity: no need */
  readonly wakeAt: number;
  /** the project was taken down: nothing of ours that carries its names is left */
  readonly gone: boolean;
}

/**
 * @param memory what the last decision remembered; not changed
 * @param now milliseconds since 1970
 */
export function decide(
  model: CoreModel,
  memory: Memory,
  observation: Observation,
  signals: readonly Signal[],
  now: number,
): Decision {
  const whole = copyOf(memory);
  fitMemory(whole, model.services, now);
  absorbSignals(whole, model.services, signals, observation.loopLagMs, now);
  const told = [...noteRecord(whole, signals, now), ...obey(whole, signals, now), ...endMaintenances(whole, now)];
  if (observation.engineAnswers) engineAnswers(whole, now);
  const dying = new Set<string>();
  const turns = model.services.map((service) => startTurn(service, model, whole, observation, dying, now));
  for (const turn of turns) {
    ageBudget(turn);
    adoptLeader(turn);
    // before anybody is judged: who is let out of quarantine must not be stopped for having been in it
    if (mayRelease(turn)) releaseQuarantines(turn);
    examine(turn);
    brakeService(turn);
    if (isDying(turn)) dying.add(turn.model.name);
  }
  const notes = [...noteWhole(whole, turns, now), ...tellHost(whole, model.host, observation.host, now)];
  const emergency = tendEmergency(whole, turns, observation.engineAnswers, signals, now);
  for (const turn of turns) takeTurn(turn, signals);
  const { gone, lookAgainAt } = isGone(whole, observation, now);
  return {
    memory: whole,
    actions: [
      ...told,
      ...notes,
      ...emergency.notes,
      ...turns.flatMap((turn) => turn.actions.filter((action) => isToBeTold(turn, action))),
    ],
    wakeAt: Math.min(lookAgainAt, emergency.wakeAt, ...turns.map(({ wakeAt }) => wakeAt)),
    gone,
  };
}

function startTurn(
  service: ServiceModel,
  model: CoreModel,
  whole: Memory,
  observation: Observation,
  dying: Set<string>,
  now: number,
): Turn {
  const memory = whole.services[service.name];
  if (!memory) throw new Error(`no memory of service ${service.name}`);
  for (const [key, { until }] of Object.entries(memory.pending)) if (until <= now) delete memory.pending[key];
  const seen = observation.services.find(({ name }) => name === service.name) ?? unseen(service);
  const turn: Turn = {
    model: service,
    seen: withoutEngineStops(seen, whole.engineAway),
    memory,
    whole,
    engineAnswers: observation.engineAnswers,
    isBusy: observation.busy.includes(service.name),
    lagMs: observation.loopLagMs,
    hostActions: model.hostActions,
    hostWindowMs: hostWindowMs(model.services),
    hasRoom: hasRoom(model.host, observation.host),
    now,
    actions: [],
    conditions: new Map(),
    dying,
    wakeAt: Number.POSITIVE_INFINITY,
  };
  for (const { until } of Object.values(memory.pending)) wake(turn, until);
  if (memory.maintenance?.until) wake(turn, memory.maintenance.until);
  return turn;
}

function takeTurn(turn: Turn, signals: readonly Signal[]): void {
  if (tendForeign(turn)) return;
  if (turn.isBusy) {
    noteServing(turn);
    noteVerdicts(turn);
    return;
  }
  for (const signal of signals) {
    if (signal.kind === 'switch_asked' && signal.service === turn.model.name) switchAsked(turn, signal.to);
  }
  if (turn.memory.maintenance) dropIncidents(turn);
  const isWanted = !turn.engineAnswers || tendGateway(turn);
  steerTraffic(turn);
  if (isWanted && turn.engineAnswers) {
    const isHeld = isHandsOff(turn.whole, turn.memory);
    const mayCover = !isHeld && !isWriterHeld(turn.whole, turn.model);
    if (mayCover || turn.memory.handover) coverForLeader(turn);
    if (!isHeld) tendWarm(turn);
    repairMembers(turn);
    tellStrains(turn);
    tellSigns(turn);
  }
  noteServing(turn);
  noteVerdicts(turn);
}

function mayRelease({ engineAnswers, seen, isBusy, whole, memory }: Turn): boolean {
  return engineAnswers && seen.foreign === null && !isBusy && !isHandsOff(whole, memory);
}

/** What is failing while somebody works on it is no incident. */
function dropIncidents(turn: Turn): void {
  for (const name of [turn.model.name, ...turn.model.members.map((member) => member.name)])
    closeIncident(turn, name, 'superseded', 'the service is in maintenance');
}

function isToBeTold({ memory }: Turn, { kind }: Action): boolean {
  return kind !== 'alert' || !memory.maintenance;
}

/** What concerns more than one service. */
function noteWhole(whole: Memory, turns: readonly Turn[], now: number): Action[] {
  const notes: Action[] = [];
  const before = whole.freeze;
  brakeProject(whole, turns, now);
  if (whole.freeze && !before) notes.push({ kind: 'alert', service: null, member: null, reason: whole.freeze.reason });
  noticeCascade(whole, now);
  return notes;
}

function unseen(service: ServiceModel): ServiceSeen {
  const gateway = {
    state: 'unknown',
    containerId: null,
    leader: null,
    finishedAt: 0,
    ended: 'unseen',
    unclearUntil: 0,
    attached: true,
  } as const;
  return {
    name: service.name,
    members: [],
    gateway: service.balance === null ? null : gateway,
    foreign: null,
    foreignSharesVolumeWith: [],
    signs: [],
  };
}
