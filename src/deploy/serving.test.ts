import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Standby } from '../core/model.ts';
import type { Container } from '../ports/engine.ts';
import type { GatewayReading } from '../ports/gateway.ts';
import type { MemberPlan, ServicePlan } from '../redundancy/fleet.ts';
import { conditionHolds, type SeenMember, waitBoundMs } from './serving.ts';
import type { Condition } from './steps.ts';

const member = (
  name: string,
  container: Partial<Container> | null,
  plan: Partial<MemberPlan> = {},
  runningForMs = 5000,
): SeenMember => ({
  plan: {
    name,
    role: 'primary',
    startsAtUp: true,
    spec: { Image: '', Labels: {}, HostConfig: {}, Networks: [] },
    ...plan,
  } as MemberPlan,
  container:
    container &&
    ({
      state: 'running',
      health: 'none',
      exitCode: 0,
      error: '',
      oomKilled: false,
      healthOutput: '',
      startedAt: 1,
      restartPolicy: 'no',
      ...container,
    } as Container),
  runningForMs,
});

function answer(
  condition: Condition,
  members: readonly SeenMember[],
  options: { gateway?: GatewayReading | 'silent'; completes?: boolean; standby?: Standby } = {},
): string {
  const { completes = false, standby = 'hot' } = options;
  const service = { policy: { completes, standby } } as ServicePlan;
  const result = conditionHolds(service, { members, gateway: options.gateway ?? null }, condition);
  return result.is === 'yes' ? 'yes' : `${result.is}: ${result.why}`;
}

const reading = (serving: boolean, check: 'passing' | 'failing', checkStatus = 'L4CON'): GatewayReading => ({
  configuration: null,
  leader: 'web',
  serving,
  counters: { requests: 0, failed: 0, retried: 0, redispatched: 0 },
  servers: [
    {
      member: 'web',
      port: 80,
      traffic: 'in',
      check,
      checkFailure: check === 'failing' ? 'other' : null,
      checkStatus,
      checkDurationMs: 1,
      checkFailures: 0,
      failuresInARow: 0,
      sessions: 0,
      queued: 0,
    },
  ],
});

describe('serving, without a gateway', () => {
  for (const [what, container, expected] of [
    ['runs, with no check', {}, 'yes'],
    ['is healthy', { health: 'healthy' }, 'yes'],
    [
      'is not healthy yet',
      { health: 'starting', healthOutput: 'a\nconnection refused\n' },
      'not_yet: db runs, and its health check has not passed yet: connection refused',
    ],
    ['is unhealthy', { health: 'unhealthy' }, 'not_yet: db is unhealthy'],
    ['ended and stays so', { state: 'exited', exitCode: 7 }, 'never: db ended with code 7'],
    [
      'ran out of memory',
      { state: 'exited', exitCode: 137, oomKilled: true },
      'never: db ended with code 137 (out of memory)',
    ],
    [
      'ended and will be started again',
      { state: 'exited', exitCode: 7, restartPolicy: 'always' },
      'not_yet: db ended with code 7',
    ],
    [
      'ends again and again',
      { state: 'restarting', exitCode: 7 },
      'not_yet: db ends again and again, last with code 7',
    ],
    ['could not be started', { state: 'created' }, 'not_yet: db is created'],
    ['is not there', null, 'not_yet: db does not exist'],
  ] as const) {
    it(`a member that ${what}: ${expected}`, () =>
      assert.equal(answer('serving', [member('db', container)]), expected));
  }

  it('running for a moment is not enough where nothing else tells', () => {
    assert.equal(answer('serving', [member('db', {}, {}, 999)]), 'not_yet: db has only just started');
    assert.equal(answer('serving', [member('db', { health: 'healthy' }, {}, 0)]), 'yes');
  });

  it('a job that ended well serves, but nobody is healthy who has ended', () => {
    const done = [member('job', { state: 'exited', exitCode: 0 })];
    assert.equal(answer('serving', done, { completes: true }), 'yes');
    assert.equal(answer('serving', done), 'never: job ended with code 0');
    assert.equal(answer('healthy', done, { completes: true }), 'never: job ended with code 0');
  });

  it('of a pair of which one stands by the one that runs counts, of a hot one both', () => {
    const cold = [
      member('w-primary', { state: 'exited', exitCode: 1 }),
      member('w-backup', {}, { role: 'backup', startsAtUp: false }),
    ];
    assert.equal(answer('serving', cold, { standby: 'cold' }), 'yes');
    const warm = [member('w-primary', { state: 'paused' }), member('w-backup', {}, { role: 'backup' })];
    assert.equal(answer('serving', warm, { standby: 'warm' }), 'yes');
    const hot = [member('w-primary', { state: 'exited', exitCode: 1 }), member('w-backup', {}, { role: 'backup' })];
    assert.equal(answer('serving', hot), 'never: w-primary ended with code 1');
  });
});

describe('serving, behind a gateway', () => {
  it('is what the gateway says, whatever the engine thinks of one member', () => {
    assert.equal(
      answer('serving', [member('web', { health: 'unhealthy' })], { gateway: reading(true, 'passing') }),
      'yes',
    );
  });

  it('tells which check does not pass', () => {
    assert.equal(
      answer('serving', [member('web', {})], { gateway: reading(false, 'failing') }),
      'not_yet: the check of web on port 80 does not pass (L4CON)',
    );
    assert.equal(answer('serving', [member('web', {})], { gateway: 'silent' }), 'not_yet: the gateway does not answer');
  });

  it('does not wait for members that have ended for good', () => {
    assert.equal(
      answer('serving', [member('web', { state: 'exited', exitCode: 3 })], { gateway: reading(false, 'failing') }),
      'never: web ended with code 3',
    );
  });
});

describe('what others wait for', () => {
  it('started: it was started, however it went on', () => {
    assert.equal(answer('started', [member('db', { state: 'exited', exitCode: 1 })]), 'yes');
    assert.equal(answer('started', [member('db', { state: 'created', startedAt: 0 })]), 'not_yet: db is not started');
  });

  it('completed: it ended with 0; at work is not yet, another code never', () => {
    assert.equal(answer('completed', [member('job', { state: 'exited', exitCode: 0 })]), 'yes');
    assert.equal(answer('completed', [member('job', {})]), 'not_yet: job is still at work');
    assert.equal(
      answer('completed', [member('job', { state: 'exited', exitCode: 2 })]),
      'never: job ended with code 2',
    );
    assert.equal(
      answer('completed', [member('job', { state: 'exited', exitCode: 2, restartPolicy: 'on-failure' })]),
      'not_yet: job ended with code 2',
    );
  });
});

describe('waitBoundMs', () => {
  const bound = (check: Record<string, unknown> | undefined): number =>
    waitBoundMs({
      members: [
        member('web', null, {
          spec: { Image: '', Labels: {}, HostConfig: {}, Networks: [], ...(check ? { Healthcheck: check } : {}) },
        }).plan,
      ],
    });

  it('is start_period + interval * retries + 30 s, at least a minute', () => {
    assert.equal(bound({ StartPeriod: 40e9, Interval: 30e9, Retries: 3 }), 160_000);
    assert.equal(bound({ Interval: 1e9, Retries: 1 }), 60_000);
    assert.equal(bound(undefined), 60_000);
    assert.equal(bound({ Test: ['NONE'], StartPeriod: 3600e9 }), 60_000);
  });

  it('takes Docker’s defaults for what is left open', () => {
    assert.equal(bound({ Test: ['CMD', 'true'] }), 120_000);
  });
});
