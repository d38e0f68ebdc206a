import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CoreStory, serviceModel } from '../../test/support/core-story.ts';
import { brokenRules } from './guard.ts';
import type { MemberSeen, ServiceModel, Signal } from './model.ts';

const replica = (name: string): ServiceModel['members'][number] => ({ name, role: 'replica', startsAtUp: true });
const services: readonly ServiceModel[] = [
  serviceModel('web'),
  serviceModel('api', { mode: 'cluster', balance: 'spread', members: ['api-1', 'api-2', 'api-3'].map(replica) }),
  serviceModel('worker', {
    balance: null,
    policy: { ...serviceModel('worker').policy, standby: 'cold', hasGateway: false },
  }),
  serviceModel('alone', {
    mode: 'single',
    balance: null,
    members: [{ name: 'alone', role: 'primary', startsAtUp: true }],
  }),
  serviceModel('db', { policy: { ...serviceModel('db').policy, standby: 'cold', oneWriter: true } }),
  serviceModel('store', {
    balance: null,
    policy: { ...serviceModel('store').policy, standby: 'cold', oneWriter: true, hasGateway: false },
  }),
  serviceModel('front', { policy: { ...serviceModel('front').policy, standby: 'cold' } }),
  serviceModel('mild', { policy: { ...serviceModel('mild').policy, standby: 'warm' } }),
];
const members = services.flatMap(({ name, members: all }) => all.map((member) => [name, member.name] as const));

type Step = (story: CoreStory) => Signal[];

const someMember = fc.constantFrom(...members);
const become = (change: Partial<MemberSeen>): fc.Arbitrary<Step> =>
  someMember.map(([service, member]) => (story: CoreStory): Signal[] => {
    story.seeMember(service, member, change);
    return [];
  });
const said = (kind: 'check_failed' | 'check_passed' | 'stalled'): fc.Arbitrary<Step> =>
  someMember.map(([service, member]) => (story: CoreStory): Signal[] => {
    if (kind === 'stalled') return [{ kind, service, member, forMs: 200 }];
    story.read(service, member, { check: kind === 'check_failed' ? 'failing' : 'passing' });
    return kind === 'check_failed'
      ? [{ kind, service, member, port: 80, checkFailure: 'other', detail: '' }]
      : [{ kind, service, member, port: 80 }];
  });
/** The oldest effect under way ends; done, the gateway shows it. */
const ending = fc.boolean().map((isDone) => (story: CoreStory): Signal[] => {
  const key = story.pending()[0];
  if (key === undefined) return [];
  const [kind = '', service = '', member = ''] = key.split(' ');
  if (isDone) show(story, kind, service, member);
  return [
    { kind: 'action_ended', key, service, outcome: isDone ? 'done' : 'failed', missedCheck: !isDone, detail: '' },
  ];
});

function show(story: CoreStory, kind: string, service: string, member: string): void {
  story.now += 1;
  if (kind === 'take_out') story.read(service, member, { traffic: 'out', check: 'unknown' });
  if (kind === 'drain') story.read(service, member, { traffic: 'draining' });
  if (kind === 'put_in') story.read(service, member, { traffic: 'in', check: 'passing' });
  if (kind.startsWith('start') || kind.startsWith('restart') || kind === 'unpause') {
    story.seeMember(service, member, { state: 'running', ended: 'unseen', startedAt: story.now });
  }
  if (kind === 'stop' || kind === 'fence') story.seeMember(service, member, { state: 'exited', ended: 'unseen' });
  if (kind === 'rest') {
    story.seeMember(service, member, { state: 'paused' });
    story.read(service, member, { traffic: 'out', check: 'unknown' });
  }
}

const step: fc.Arbitrary<Step> = fc.oneof(
  said('check_failed'),
  said('check_passed'),
  said('stalled'),
  ending,
  ending,
  become({ state: 'exited', ended: 'failed', exitCode: 137 }),
  become({ state: 'exited', ended: 'asked', exitCode: 0 }),
  become({ state: 'paused' }),
  become({ attached: false }),
  become({ state: 'created', ended: 'unseen' }),
  become({ state: 'restarting' }),
  become({ partial: true }),
  become({ partial: false }),
  become({ asideRuns: true }),
  become({ asideRuns: false }),
  someMember.map(([service, to]) => (): Signal[] => [{ kind: 'switch_asked', service, to }]),
  become({ state: 'running', ended: 'unseen', attached: true, health: 'none', healthFailures: 0 }),
  become({ health: 'unhealthy', healthFailures: 3 }),
  fc.integer({ min: 1, max: 90_000 }).map((ms) => (story: CoreStory): Signal[] => {
    story.now += ms;
    return [];
  }),
  fc.boolean().map((answers) => (story: CoreStory): Signal[] => {
    story.engineAnswers = answers;
    return answers ? [] : [{ kind: 'engine_lost' }];
  }),
  fc
    .constantFrom<Signal[]>(
      [{ kind: 'freeze_asked', reason: '' }],
      [{ kind: 'thaw_asked' }],
      [{ kind: 'thaw_asked' }],
      [{ kind: 'maintenance_asked', service: 'api', on: true, until: null }],
      [{ kind: 'maintenance_asked', service: 'api', on: false, until: null }],
      [{ kind: 'up_asked', services: ['web', 'alone'] }],
      [{ kind: 'drill_announced', service: 'web', member: 'web-primary', until: Number.MAX_SAFE_INTEGER }],
    )
    .map((signals) => (): Signal[] => signals),
  fc.constantFrom<string[]>([], ['web'], ['api', 'alone']).map((busy) => (story: CoreStory): Signal[] => {
    story.busy = busy;
    return [];
  }),
);

test('whatever happens, no decision breaks what must hold', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 60 }), (steps) => {
      const story = new CoreStory(services);
      story.onDecision = (judged) => {
        assert.deepEqual(brokenRules(judged), []);
        assert.ok(judged.decision.wakeAt > story.now, 'asks to be asked again later, never now');
      };
      story.decide();
      for (const take of steps) story.decide(...take(story));
    }),
    { numRuns: 400 },
  );
});

test('the same history gives the same decisions', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 30 }), (steps) => {
      const run = (): string[] => {
        const story = new CoreStory(services);
        return steps.map((take) => JSON.stringify(story.decide(...take(story))));
      };
      assert.deepEqual(run(), run());
    }),
    { numRuns: 50 },
  );
});

test('a decision about 50 services takes less than 5 ms', () => {
  const story = new CoreStory(Array.from({ length: 50 }, (_, at) => serviceModel(`web${at}`)));
  for (let i = 0; i < 50; i++) story.decide();
  const tookMs = Array.from({ length: 50 }, () => {
    const began = performance.now();
    const where = { service: 'web7', member: 'web7-backup', port: 80 };
    story.decide({ kind: 'check_failed', ...where, checkFailure: 'other', detail: '' });
    return performance.now() - began;
  });
  assert.ok(Math.min(...tookMs) < 5, `${Math.min(...tookMs)} ms at best`);
});
