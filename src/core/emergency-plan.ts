/** The steps of an emergency: what they are, and how each decision drives them on. */

import type { NoteAction } from './actions.ts';
import { stepOf } from './emergency-order.ts';
import { tell } from './freeze.ts';
import type { Emergency, EmergencyStep } from './memory.ts';
import { spanText } from './span.ts';
import { notIsolated, type Standing } from './standing.ts';

const ISOLATED_WITHIN_MS = 10_000;

export function planOf(standings: readonly Standing[], now: number): EmergencyStep[] {
  const failing = standings.flatMap((standing) => standing.failing);
  const serving = standings.filter(({ serves }) => serves).map(({ turn }) => turn.model.name);
  const isolate = running('isolate', `lead requests away from what fails: ${listed(failing)}`, ISOLATED_WITHIN_MS, now);
  const protect = running('protect', `leave alone what serves: ${listed(serving)}`, null, now);
  return [
    isolate,
    { ...running('alert', 'tell whoever watches', 0, now), state: 'done', endedAt: now },
    serving.length > 0 ? protect : skipped('protect', 'leave alone what serves', 'nothing serves', now),
    skipped('scale', 'start more members of clusters that are well', 'no maximum is set', now),
    skipped('snapshot', 'snapshot data', 'not available yet', now),
    ...standings.filter(({ fails }) => fails).map(bringBack),
  ];
}

function running(kind: EmergencyStep['kind'], what: string, deadlineMs: number | null, now: number): EmergencyStep {
  return { kind, service: null, what, state: 'running', reason: '', deadlineMs, startedAt: now, endedAt: null };
}

function skipped(kind: EmergencyStep['kind'], what: string, reason: string, now: number): EmergencyStep {
  return { kind, service: null, what, state: 'skipped', reason, deadlineMs: null, startedAt: null, endedAt: now };
}

/** It may take what a start and one repair may take. */
function bringBack({ turn: { model } }: Standing): EmergencyStep {
  const deadlineMs = model.policy.startPeriodMs + model.policy.deadlineMs.container_exit;
  const { name: service } = model;
  const what = `bring back ${service}`;
  return {
    kind: 'bring_back',
    service,
    what,
    state: 'planned',
    reason: '',
    deadlineMs,
    startedAt: null,
    endedAt: null,
  };
}

/** Services that began to fail after the plan was made. @returns what goes into the record */
export function addSteps(emergency: Emergency, standings: readonly Standing[]): NoteAction[] {
  const added = standings.filter(({ fails, turn }) => fails && !stepOf(emergency, turn.model.name));
  for (const standing of added) emergency.steps.push(bringBack(standing));
  return added.map(({ turn: { model } }) =>
    tell('emergency', model.name, `the plan has another step: bring back ${model.name}`),
  );
}

/** @returns what has changed, for the record */
export function drive(emergency: Emergency, standings: readonly Standing[], now: number): NoteAction[] {
  return emergency.steps.flatMap((step, index) => {
    const before = step.state;
    if (step.kind === 'isolate') driveIsolation(step, standings, now);
    else if (step.kind === 'bring_back') driveReturn(emergency, step, standings, now);
    return step.state === before ? [] : [tell('emergency', step.service, stepWords(emergency, index))];
  });
}

function driveIsolation(step: EmergencyStep, standings: readonly Standing[], now: number): void {
  if (step.state !== 'running') return;
  const left = standings.flatMap(notIsolated);
  if (left.length === 0) finish(step, 'done', '', now);
  else if (isOver(step, now)) finish(step, 'failed', `${listed(left)} still in traffic`, now);
}

function driveReturn(emergency: Emergency, step: EmergencyStep, standings: readonly Standing[], now: number): void {
  const standing = standings.find(({ turn }) => turn.model.name === step.service);
  if (!standing) return step.state === 'done' ? undefined : finish(step, 'skipped', 'it is not expected to serve', now);
  if (standing.isWell) return step.state === 'done' ? undefined : finish(step, 'done', '', now);
  if (step.state === 'done' || step.state === 'skipped') begin(step, now);
  else if (step.state === 'planned') waitInOrder(emergency, step, standing, standings, now);
  else if (step.state === 'running' && isOver(step, now))
    finish(step, 'failed', 'it had its time; what depends on it goes on, and so do its repairs', now);
}

function waitInOrder(
  emergency: Emergency,
  step: EmergencyStep,
  { turn }: Standing,
  standings: readonly Standing[],
  now: number,
): void {
  const before = turn.model.dependsOn.filter((name) => {
    const state = stepOf(emergency, name)?.state;
    const serves = standings.find((standing) => standing.turn.model.name === name)?.serves ?? true;
    return !serves && (state === 'planned' || state === 'running');
  });
  if (before.length === 0) begin(step, now);
  else step.reason = `after ${listed(before)}`;
}

function begin(step: EmergencyStep, now: number): void {
  step.state = 'running';
  step.reason = '';
  step.startedAt = now;
  step.endedAt = null;
}

function finish(step: EmergencyStep, state: 'done' | 'failed' | 'skipped', reason: string, now: number): void {
  step.state = state;
  step.reason = reason;
  step.endedAt = now;
}

function isOver({ startedAt, deadlineMs }: EmergencyStep, now: number): boolean {
  return startedAt !== null && deadlineMs !== null && now >= startedAt + deadlineMs;
}

/** Everything that was to come back has, or was given up by who asked for it. */
export function isCarriedOut({ steps }: Emergency): boolean {
  return steps.every(({ kind, state }) => kind !== 'bring_back' || state === 'done' || state === 'skipped');
}

/** One step, for a person. */
export function stepWords({ steps }: Emergency, index: number): string {
  const step = steps[index];
  if (!step) return '';
  const within = step.deadlineMs ? ` (within ${spanText(step.deadlineMs)})` : '';
  const why = step.reason === '' ? '' : `, ${step.reason}`;
  return `step ${index + 1} of ${steps.length}: ${step.what}${within}: ${STATES[step.state]}${why}`;
}

const STATES: Readonly<Record<EmergencyStep['state'], string>> = {
  planned: 'planned',
  running: 'begins',
  done: 'done',
  skipped: 'skipped',
  failed: 'failed',
};

function listed(names: readonly string[]): string {
  return names.length === 0 ? 'nothing' : names.join(', ');
}
