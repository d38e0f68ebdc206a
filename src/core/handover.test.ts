import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CoreStory, keysOf, lineOf, serviceModel } from '../../test/support/core-story.ts';
import { type Action, keyOf } from './actions.ts';
import type { MemberSeen, SeenState, ServiceModel, Signal } from './model.ts';
import { isProvenStopped, isUp } from './one-writer.ts';

const MEMBERS = ['db-primary', 'db-backup'] as const;
const policy = { ...serviceModel('db').policy, standby: 'cold', oneWriter: true, startPeriodMs: 0 } as const;
const withGateway = serviceModel('db', { policy });
const withoutGateway = serviceModel('db', { balance: null, policy: { ...policy, hasGateway: false } });
const models: Readonly<Record<string, ServiceModel>> = { 'a gateway': withGateway, 'no gateway': withoutGateway };

function begin(model: ServiceModel): CoreStory {
  const story = new CoreStory([model]);
  for (const name of MEMBERS) story.seeMember('db', name, { restartPolicy: 'no' });
  story.seeMember('db', 'db-backup', { state: 'created', startedAt: 0 });
  story.read('db', 'db-backup', { traffic: 'out', check: 'unknown' });
  story.decide();
  return story;
}

function memberOf(story: CoreStory, name: string): MemberSeen {
  return story.service('db').members.find((member) => member.name === name) ?? assert.fail(name);
}

/** The world after an effect of ours has come to its end. */
function become(story: CoreStory, kind: string, member: string): void {
  story.now += 1;
  const runs = { state: 'running', ended: 'unseen', startedAt: story.now, partial: false } as const;
  switch (kind) {
    case 'start':
    case 'start_standby':
    case 'restart_soft':
    case 'restart_hard':
    case 'replace':
      return story.seeMember('db', member, runs);
    case 'unpause':
      return story.seeMember('db', member, { state: 'running' });
    case 'stop':
    case 'fence':
      return story.seeMember('db', member, { state: 'exited', ended: 'unseen', exitCode: 137, asideRuns: false });
    case 'replace_standby':
      return story.seeMember('db', member, { state: 'created', ended: 'unseen' });
    case 'reconnect':
      return story.seeMember('db', member, { attached: true });
    case 'take_out':
      return story.read('db', member, { traffic: 'out', check: 'unknown' });
    case 'put_in':
      return story.read('db', member, { traffic: 'in', check: 'passing' });
    case 'lead': {
      const { gateway } = story.service('db');
      if (gateway) story.see('db', { gateway: { ...gateway, leader: member } });
    }
  }
}

function end(story: CoreStory, key: string, outcome: 'done' | 'failed' | 'unreachable'): Signal {
  const [kind = '', service = '', member = ''] = key.split(' ');
  const fits = kind !== 'put_in' || memberOf(story, member).state === 'running';
  if (outcome === 'done' && fits) become(story, kind, member);
  return {
    kind: 'action_ended',
    key,
    service,
    outcome: fits ? outcome : 'failed',
    missedCheck: kind === 'put_in' && !fits,
    detail: outcome,
  };
}

const underWay = (story: CoreStory): string[] =>
  Object.values(story.memory.services['db']?.pending ?? {}).flatMap(({ kind, member, ended }) =>
    ended ? [] : [keyOf({ kind, service: 'db', member })],
  );

/** Faults stop, effects come to their end, time passes. */
function calmDown(story: CoreStory): void {
  story.engineAnswers = true;
  for (const name of MEMBERS) {
    story.seeMember('db', name, { partial: false, asideRuns: false, attached: true, ended: 'failed', unclearUntil: 0 });
    if (memberOf(story, name).state === 'unknown') story.seeMember('db', name, { state: 'exited' });
  }
  for (let i = 0; i < 300; i++) {
    for (const name of MEMBERS) {
      const { state, gateway } = memberOf(story, name);
      if (gateway?.traffic === 'in') story.read('db', name, { check: state === 'running' ? 'passing' : 'failing' });
    }
    for (const key of underWay(story)) story.decide(end(story, key, 'done'));
    story.now = Number.isFinite(story.wakeAt) ? Math.max(story.now + 1, story.wakeAt) : story.now + 10_000;
    story.decide();
  }
}

const states: readonly SeenState[] = ['running', 'paused', 'restarting', 'exited', 'created', 'dead', 'unknown'];
const someMember = fc.constantFrom(...MEMBERS);
/** In words, for a counterexample, and what it does. */
type Fate = readonly [what: string, strike: (story: CoreStory) => Signal[]];

const see = (name: string, change: Partial<MemberSeen>): Fate => [
  `${name} ${JSON.stringify(change)}`,
  (story) => {
    story.seeMember('db', name, change);
    return [];
  },
];

const fate: fc.Arbitrary<Fate> = fc.oneof(
  {
    arbitrary: fc
      .tuple(someMember, fc.constantFrom(...states))
      .map(([name, state]) => see(name, { state, ended: 'failed' })),
    weight: 3,
  },
  fc.tuple(someMember, fc.boolean()).map(([name, partial]) => see(name, { partial })),
  fc.tuple(someMember, fc.boolean()).map(([name, asideRuns]) => see(name, { asideRuns })),
  someMember.map(
    (name): Fate => [
      `${name} fails its check`,
      (story) => {
        if (memberOf(story, name).gateway?.traffic === 'in') story.read('db', name, { check: 'failing' });
        return [{ kind: 'check_failed', service: 'db', member: name, port: 80, checkFailure: 'answered', detail: '' }];
      },
    ],
  ),
  someMember.map((to): Fate => [`switch to ${to}`, () => [{ kind: 'switch_asked', service: 'db', to }]]),
  {
    arbitrary: fc.constantFrom('done', 'failed', 'unreachable').map(
      (outcome): Fate => [
        `the first effect ends: ${outcome}`,
        (story) => {
          const [key] = underWay(story);
          return key === undefined ? [] : [end(story, key, outcome)];
        },
      ],
    ),
    weight: 6,
  },
  fc.integer({ min: 1, max: 40_000 }).map(
    (ms): Fate => [
      `${ms} ms pass`,
      (story) => {
        story.now += ms;
        return [];
      },
    ],
  ),
  fc.boolean().map(
    (answers): Fate => [
      answers ? 'the engine answers' : 'the engine is lost',
      (story) => {
        story.engineAnswers = answers;
        return answers ? [] : [{ kind: 'engine_lost' }];
      },
    ],
  ),
);

const STARTS = new Set(['start', 'start_standby', 'unpause', 'restart_soft', 'restart_hard', 'replace']);

for (const [where, model] of Object.entries(models)) {
  test(`one writer behind ${where}: whatever happens no second one is started, and when it is over one runs and leads`, () => {
    fc.assert(
      fc.property(fc.array(fate, { maxLength: 40 }), (fates) => {
        const story = begin(model);
        story.onDecision = ({ decision }) => {
          for (const key of keysOf(decision.actions)) {
            const [kind = '', , member = ''] = key.split(' ');
            const other = MEMBERS.find((name) => name !== member) ?? '';
            if (STARTS.has(kind)) assert.ok(isProvenStopped(memberOf(story, other)), `${key} beside ${other}`);
          }
        };
        for (const [, strike] of fates) story.decide(...strike(story));
        calmDown(story);
        const running = MEMBERS.filter((name) => isUp(memberOf(story, name)));
        const told = JSON.stringify({ service: story.service('db'), memory: story.memory.services['db'] }, null, 1);
        assert.equal(running.length, 1, told);
        assert.equal(story.memory.services['db']?.leader, running[0], told);
        assert.equal(story.memory.services['db']?.handover, undefined, told);
      }),
      { numRuns: 150 },
    );
  });
}

test('what is no proof: paused, restarting, being removed, unknown, told by a list alone, put aside and running', () => {
  const story = begin(withGateway);
  const seen = (change: Partial<MemberSeen>): boolean =>
    isProvenStopped({ ...memberOf(story, 'db-primary'), ...change });
  for (const state of ['running', 'paused', 'restarting', 'removing', 'unknown'] as const)
    assert.equal(seen({ state }), false, state);
  for (const state of ['absent', 'created', 'exited', 'dead'] as const) {
    assert.equal(seen({ state }), true, state);
    assert.equal(seen({ state, partial: true }), false, `${state}, told by a list`);
    assert.equal(seen({ state, asideRuns: true }), false, `${state}, another container of it runs`);
  }
});

/** The primary has died, and the backup is being started. */
function takingOver(): CoreStory {
  const story = begin(withGateway);
  story.now += 10_000;
  story.seeMember('db', 'db-primary', { state: 'exited', ended: 'failed', exitCode: 1 });
  assert.ok(keysOf(story.decide()).includes('start_standby db db-backup'));
  return story;
}

test('a start that was refused because the old one may still run: it is fenced, somebody is told, and it goes on', () => {
  const story = takingOver();
  story.seeMember('db', 'db-primary', { state: 'running', partial: true });
  story.decide(end(story, 'start_standby db db-backup', 'failed'));
  const told: Action[] = [];
  for (let second = 0; second < 40; second++) {
    for (const key of underWay(story)) if (key.startsWith('fence')) story.decide(end(story, key, 'failed'));
    told.push(...story.pass(1));
  }
  assert.ok(keysOf(told).includes('fence db db-primary'));
  const alerts = told.filter(({ kind }) => kind === 'alert').map(lineOf);
  assert.match(alerts.join('\n'), /db-primary is not proven stopped .*; db-backup is not started/);
  story.seeMember('db', 'db-primary', { state: 'exited', partial: false });
  assert.ok(keysOf(story.pass(3)).includes('start_standby db db-backup'));
});

test('the old one has ended, and somebody has started the new one meanwhile: it leads, and is not ended', () => {
  const story = begin(withGateway);
  story.now += 10_000;
  story.seeMember('db', 'db-primary', { state: 'paused' });
  const told: Action[] = [...story.pass(20)];
  for (const key of underWay(story))
    if (!key.startsWith('fence')) told.push(...story.decide(end(story, key, 'failed')));
  told.push(...story.pass(20));
  assert.ok(keysOf(told).includes('fence db db-primary'), keysOf(told).join());
  story.seeMember('db', 'db-primary', { state: 'exited', ended: 'unseen', exitCode: 137 });
  story.seeMember('db', 'db-backup', { state: 'running', startedAt: story.now });
  const after = [...story.decide(), ...story.pass(5)];
  assert.ok(!keysOf(after).includes('fence db db-backup'), keysOf(after).join());
  assert.equal(story.memory.services['db']?.leader, 'db-backup');
  assert.equal(story.memory.services['db']?.handover, undefined);
});

test('the old one was fenced, and somebody has started it again before the new one was: it goes on, and is not ended', () => {
  const story = begin(withGateway);
  story.now += 10_000;
  story.seeMember('db', 'db-primary', { state: 'paused' });
  story.pass(20);
  for (const key of underWay(story)) if (!key.startsWith('fence')) story.decide(end(story, key, 'failed'));
  story.pass(20);
  for (const key of underWay(story)) story.decide(end(story, key, 'done'));
  assert.equal(story.memory.services['db']?.handover?.step, 'start');
  story.seeMember('db', 'db-primary', { state: 'running', startedAt: story.now });
  story.read('db', 'db-primary', { traffic: 'in', check: 'passing' });
  const after = [...story.decide(end(story, 'start_standby db db-backup', 'failed')), ...story.pass(10)];
  assert.ok(!keysOf(after).includes('fence db db-primary'), keysOf(after).join());
  assert.equal(story.memory.services['db']?.leader, 'db-primary');
});

test('that traffic was led away from the new one is no start of it', () => {
  const story = takingOver();
  story.memory.services['db']!.pending['take_out db db-backup'] = {
    kind: 'take_out',
    member: 'db-backup',
    until: story.now + 5000,
    ended: false,
  };
  story.decide(end(story, 'take_out db db-backup', 'done'));
  assert.equal(story.memory.services['db']?.handover?.started, false);
});

test('who has just taken over has the time of a start, and then each change back waits longer than the last', () => {
  const story = takingOver();
  const startedAt: number[] = [];
  story.decide(end(story, 'start_standby db db-backup', 'done'));
  const begunAt = story.now;
  while (story.now < begunAt + 600_000) {
    story.now += 500;
    for (const key of underWay(story)) {
      if (key.startsWith('start_standby')) startedAt.push(story.now);
      const ended = end(story, key, key.startsWith('put_in') ? 'failed' : 'done');
      story.decide({ ...ended, ...(key.startsWith('put_in') ? { missedCheck: true } : {}) } as Signal);
    }
    story.decide();
  }
  const waits = startedAt.map((at, index) => at - (startedAt[index - 1] ?? begunAt));
  assert.ok(waits.length > 2, JSON.stringify(waits));
  assert.ok(Math.min(...waits) >= 30_000, JSON.stringify(waits));
  assert.ok((waits.at(-1) ?? 0) > (waits[0] ?? 0) + 20_000, JSON.stringify(waits));
});
