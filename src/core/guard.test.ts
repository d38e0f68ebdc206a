import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CoreStory, keysOf, lineOf, serviceModel } from '../../test/support/core-story.ts';
import { type EffectAction, type EffectKind, keyOf } from './actions.ts';
import { decide, type Decision } from './decide.ts';
import { brokenRules, type Decide, decideGuarded } from './guard.ts';
import { emptyMemory, type Memory, resumed } from './memory.ts';
import type { MemberSeen, ServiceModel, Signal } from './model.ts';
import type { Judged } from './repair-invariants.ts';

const dead: Partial<MemberSeen> = { state: 'exited', ended: 'failed', exitCode: 137 };
const sick = { check: 'failing', failuresInARow: 5 } as const;
const replicas = ['api-1', 'api-2', 'api-3'].map((name) => ({ name, role: 'replica' as const, startsAtUp: true }));
const api = serviceModel('api', { mode: 'cluster', balance: 'spread', members: replicas });
const alone: ServiceModel = serviceModel('alone', {
  mode: 'single',
  balance: null,
  members: [{ name: 'alone', role: 'primary', startsAtUp: true }],
});

function effect(kind: EffectKind, service: string, member: string): EffectAction {
  return { kind, service, member, incident: null, reason: 'because', deadlineMs: 1000 };
}

/** A project that was calm for a while. */
function calm(...models: readonly ServiceModel[]): CoreStory {
  const story = new CoreStory(models.length > 0 ? models : [serviceModel('web'), alone]);
  story.decide();
  story.now += 20_000;
  return story;
}

/** What the rules say when the next decision also asks for `effects`; `change` alters what was and is remembered. */
function verdict(
  story: CoreStory,
  effects: readonly EffectAction[],
  change: (memory: Memory) => void = () => undefined,
  signals: readonly Signal[] = [],
): string[] {
  let broken: string[] = [];
  change(story.memory);
  story.onDecision = (judged) => {
    broken = brokenRules(withMore(judged, effects, change));
  };
  story.decide(...signals);
  return broken;
}

function withMore(judged: Judged, effects: readonly EffectAction[], change: (memory: Memory) => void): Judged {
  const { decision } = judged;
  change(decision.memory);
  for (const one of effects) {
    const pending = decision.memory.services[one.service]?.pending ?? {};
    pending[keyOf(one)] = { kind: one.kind, member: one.member, until: judged.now + 6000, ended: false };
  }
  return { ...judged, decision: { ...decision, actions: effects } };
}

test('hands off: what is no traffic, in a freeze or in maintenance', () => {
  const start = effect('start', 'web', 'web-primary');
  const broken = ['start web web-primary: repairs are frozen'];
  assert.deepEqual(
    verdict(calm(), [start], () => undefined, [{ kind: 'freeze_asked', reason: '' }]),
    broken,
  );
  const maintenance = { kind: 'maintenance_asked', service: 'web', on: true, until: null } as const;
  const held = ['start web web-primary: the service is in maintenance'];
  assert.deepEqual(
    verdict(calm(), [start], () => undefined, [maintenance]),
    held,
  );
  assert.deepEqual(
    verdict(calm(), [effect('lead', 'web', 'web-backup')], () => undefined, [maintenance]),
    [],
  );
});

test('what has to be on record first, while nothing can be written', () => {
  const lost = { kind: 'record_lost', reason: 'the disk is full' } as const;
  const judge = (kind: EffectKind, ...signals: readonly Signal[]): string[] => {
    const story = calm();
    story.seeMember('alone', 'alone', dead);
    return verdict(story, [effect(kind, 'alone', 'alone')], () => undefined, signals);
  };
  const broken = ['restart_hard alone alone: it has to be on record first, and nothing can be written'];
  assert.deepEqual(judge('restart_hard', lost), broken);
  assert.deepEqual(judge('restart_hard', lost, { kind: 'record_kept', lost: 0 }), []);
  assert.deepEqual(judge('start', lost), []);
});

test('nothing that runs is ended under the brake', () => {
  const story = calm();
  for (const member of ['web-primary', 'web-backup']) story.read('web', member, sick);
  const broken = verdict(story, [effect('restart_soft', 'web', 'web-primary')]);
  assert.deepEqual(broken, ['restart_soft web web-primary: it runs, and the brake is on']);
});

test('the budget of a service, and of the host, as long as somebody else serves', () => {
  const spend = (times: number) => (memory: Memory) => {
    const spent = Array.from({ length: times }, () => 1_800_000_000_000);
    memory.hostActionsAt = spent;
    if (times < 10 && memory.services['web']) memory.services['web'].actionsAt = spent;
  };
  const story = (): CoreStory => {
    const made = calm();
    made.now = 1_800_000_000_000 + 1000;
    made.seeMember('web', 'web-primary', dead);
    return made;
  };
  const start = effect('start', 'web', 'web-primary');
  assert.deepEqual(verdict(story(), [start], spend(2)), []);
  assert.deepEqual(verdict(story(), [start], spend(3)), [`${keyOf(start)}: the budget of the service is used up`]);
  assert.deepEqual(verdict(story(), [start], spend(12)), [`${keyOf(start)}: the budget of the host is used up`]);
  const nobody = story();
  nobody.seeMember('web', 'web-backup', dead);
  assert.deepEqual(verdict(nobody, [start], spend(3)), [], 'the last copy is always tried');
});

test('waits are waited for', () => {
  const start = effect('start', 'alone', 'alone');
  const waiting = (memory: Memory): void => {
    const member = memory.services['alone']?.members['alone'];
    if (member) member.loops = 2;
  };
  const story = calm();
  assert.deepEqual(verdict(story, [start], waiting), ['start alone alone: it is too early for the next repair']);
  const gateway = calm();
  const soon = (memory: Memory): void => {
    const web = memory.services['web'];
    if (web) web.gateway.notBefore = gateway.now + 1;
  };
  const broken = verdict(gateway, [effect('start_gateway', 'web', 'web')], soon);
  assert.deepEqual(broken, ['start_gateway web web: it is too early for the next repair']);
  const up = { kind: 'up_asked', services: ['web', 'alone'] } as const;
  assert.deepEqual(verdict(calm(), [start], waiting, [up]), [], 'a person asked for everything again');
});

test('what is quarantined is never removed', () => {
  const quarantined = (memory: Memory): void => {
    const member = memory.services['web']?.members['web-primary'];
    if (member) member.quarantinedAt = 1;
  };
  const story = calm();
  story.now = 20_000;
  const broken = verdict(story, [effect('replace', 'web', 'web-primary')], quarantined);
  assert.ok(broken.includes('replace web web-primary: what is quarantined is kept'), broken.join());
});

test('in an emergency what depends on something that is down is not started before it', () => {
  const story = calm(
    { ...alone, name: 'db', members: [{ name: 'db', role: 'primary', startsAtUp: true }] },
    { ...alone, dependsOn: ['db'] },
    { ...alone, name: 'web', members: [{ name: 'web', role: 'primary', startsAtUp: true }] },
  );
  for (const name of ['db', 'alone', 'web']) story.seeMember(name, name, dead);
  const broken = verdict(story, [effect('start', 'alone', 'alone')]);
  assert.deepEqual(broken, ['start alone alone: in this emergency it comes after db']);
});

test('what is well is not repaired, and of one service one running member at a time', () => {
  const one = effect('restart_soft', 'api', 'api-1');
  assert.deepEqual(verdict(calm(api), [one]), ['restart_soft api api-1: it is well']);
  const story = calm(api);
  for (const member of ['api-1', 'api-2']) story.read('api', member, sick);
  const both = verdict(story, [one, effect('restart_soft', 'api', 'api-2')]);
  assert.ok(both.includes('restart_soft api api-1: api-2 is being ended already'), both.join());
});

/** The real one, and one effect too many. */
function faulty(more: EffectAction, whenFrozen = false): Decide {
  return (model, memory, observation, signals, now): Decision => {
    const decision = decide(model, memory, observation, signals, now);
    if (decision.memory.frozen && !whenFrozen) return decision;
    return { ...decision, actions: [...decision.actions, more] };
  };
}

function guarded(story: CoreStory, how: Decide, ...signals: readonly Signal[]): Decision {
  let found: Decision | null = null;
  story.onDecision = ({ model, before, observation, now }) => {
    found = decideGuarded(model, before, observation, signals, now, how);
  };
  story.decide(...signals);
  story.memory = (found as Decision | null)?.memory ?? emptyMemory();
  return found ?? assert.fail();
}

test('a decision that breaks a rule is not carried out: repairs are frozen, it is said once, traffic goes on', () => {
  const story = calm();
  story.seeMember('web', 'web-primary', dead);
  const bad = faulty(effect('stop', 'web', 'web-backup'));
  const decision = guarded(story, bad);
  assert.deepEqual(keysOf(decision.actions), ['lead web web-backup', 'take_out web web-primary']);
  const lines = decision.actions.map(lineOf);
  assert.match(lines[0] ?? '', /^alert project: .*web: the last member that serves is taken from it/);
  assert.match(lines[1] ?? '', /^freeze project: repairs are frozen until thaw or another supervisor/);
  assert.equal(decision.memory.frozen?.cause, 'rule');
  story.now += 1000;
  const next = guarded(story, bad).actions;
  assert.ok(
    next.every(({ kind }) => kind !== 'alert' && kind !== 'tell'),
    next.map(lineOf).join('\n'),
  );
});

test('what breaks a rule even with repairs frozen is not done at all, and is not remembered as done', () => {
  const story = calm();
  const bad = faulty(effect('lead', 'web', 'web-3'), true);
  const decision = guarded(story, bad);
  assert.deepEqual(keysOf(decision.actions), []);
  assert.deepEqual(story.pending(), []);
  assert.equal(decision.memory.services['web']?.leader, 'web-primary');
  story.now += 1000;
  assert.deepEqual(guarded(story, bad).actions.map(lineOf), []);
});

test('thaw ends it, and so does another supervisor', () => {
  const story = calm();
  const bad = faulty(effect('stop', 'alone', 'web'));
  guarded(story, bad);
  assert.equal(story.memory.frozen?.cause, 'rule');
  assert.equal(resumed(story.memory, story.now).frozen, undefined);
  guarded(story, decide, { kind: 'thaw_asked' });
  assert.equal(story.memory.frozen, undefined);
  assert.ok(
    guarded(story, bad).actions.some(({ kind }) => kind === 'alert'),
    'and it is told anew',
  );
});

test('a freeze by a person stays one', () => {
  const story = calm();
  story.decide({ kind: 'freeze_asked', reason: 'moving' });
  guarded(story, faulty(effect('start', 'alone', 'alone'), true));
  assert.deepEqual([story.memory.frozen?.cause, story.memory.frozen?.reason], ['person', 'moving']);
  assert.equal(resumed(story.memory, story.now).frozen?.cause, 'person');
});
