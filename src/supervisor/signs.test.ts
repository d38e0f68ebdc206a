import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Answer, known, type Question } from '../ports/prober.ts';
import type { Service } from '../compose/project.ts';
import { hotPair, single, Story } from '../../test/support/story.ts';

const worker = (...signs: object[]): Service => ({
  image: 'shop/worker:1',
  restart: 'unless-stopped',
  'x-twinhull': { mode: 'single', signs },
});
const queue: Service = { image: 'shop/queue:1', restart: 'unless-stopped' };
const heartbeat = { heartbeat: { file: '/tmp/beat' } };
const tasks = { redis: { service: 'queue', list: 'tasks' } };
const done = { redis: { service: 'queue', number: 'done' } };

const alerts = (story: Story): string[] => story.events('alert').map(({ message }) => message);

/** The process in this member writes its file every five seconds, as long as `beats` says so. */
async function beat(story: Story, member: string, forMs: number, beats: () => boolean = () => true): Promise<void> {
  for (let passed = 0; passed < forMs; passed += 5000) {
    if (beats()) story.engine.touch(story.container(member).id, '/tmp/beat');
    await story.advance('5s');
  }
}

/** What Redis of the queue answers, by key. */
function redis(story: Story, answers: Readonly<Record<string, () => number>>): void {
  const address = Object.values(story.container('queue').networks)[0]?.ipv4 ?? '';
  story.prober.put(address, 6379, (question: Question): Answer | null => {
    if (question.kind !== 'redis') return null;
    return known(answers[question.ask.key]?.() ?? 0);
  });
}

test('a worker whose heart stops is restarted, and repaired when it beats again', async () => {
  await using story = await Story.begin({ worker: worker(heartbeat) });
  await beat(story, 'worker', 60_000);
  story.expectVerdicts({ worker: 'healthy' });
  const { startedAt } = story.container('worker');
  const isNew = (): boolean => story.container('worker').startedAt > startedAt;
  await beat(story, 'worker', 100_000, isNew);
  assert.deepEqual(story.done(), ['restart_soft worker'], story.told());
  const [incident] = story.incidents();
  assert.deepEqual([incident?.kind, incident?.outcome], ['unresponsive', 'repaired']);
  assert.match(incident?.evidence[0] ?? '', /the heartbeat \/tmp\/beat was last seen 1 min/);
});

test('a restart that brings no heartbeat back is followed by the next step', async () => {
  await using story = await Story.begin({ worker: worker(heartbeat) });
  await beat(story, 'worker', 60_000);
  await story.advance('3m');
  const steps = story.done();
  assert.deepEqual(steps.slice(0, 2), ['restart_soft worker', 'restart_hard worker'], story.told());
});

test('a worker that has not beaten yet is starting, and healthy with its first beat', async () => {
  await using story = await Story.begin({ worker: worker(heartbeat) });
  await story.advance('10s');
  story.expectVerdicts({ worker: 'starting' });
  await beat(story, 'worker', 10_000);
  story.expectVerdicts({ worker: 'healthy' });
});

test('an engine that is away for a while stops no heart', async () => {
  await using story = await Story.begin({ worker: worker(heartbeat) });
  await beat(story, 'worker', 60_000);
  story.engine.goAway();
  await story.advance('5m');
  story.engine.comeBack();
  await beat(story, 'worker', 120_000);
  assert.deepEqual(story.done(), [], story.told());
});

test('a queue that grows is told as load at each level, and nobody is restarted', async () => {
  const signs = worker({ queue: { ...tasks, warn_age: '2m', fail_age: '10m' } });
  await using story = await Story.begin({ worker: signs, queue });
  let length = 0;
  redis(story, { tasks: () => length });
  await story.advance('90s');
  assert.deepEqual(alerts(story), []);
  length = 300;
  await story.advance('90s');
  assert.match(
    alerts(story)[0] ?? '',
    /^the queue tasks has 300 entries or more; more members could help; scale_up is not available/,
  );
  length = 3000;
  await story.advance('3m');
  assert.equal(alerts(story).length, 2, story.told());
  assert.deepEqual([story.done(), story.incidents()], [[], []]);
});

test('no progress while the queue is not empty: the worker hangs, and is restarted', async () => {
  await using story = await Story.begin({ worker: worker({ progress: { ...done, while: tasks } }), queue });
  let waiting = 0;
  redis(story, { tasks: () => waiting, done: () => 17 });
  await story.advance('3m');
  assert.deepEqual(story.done(), [], 'an idle worker is well');
  waiting = 5;
  await story.advance('80s');
  assert.deepEqual(story.done(), ['restart_soft worker'], story.told());
  assert.match(
    story.incidents()[0]?.evidence[0] ?? '',
    /the progress done has not grown for 1 min while there is work/,
  );
});

test('a queue that cannot be asked is told after a minute, and nobody is judged by it', async () => {
  await using story = await Story.begin({
    worker: worker({ progress: { ...done, while: tasks } }, { queue: tasks }),
    queue,
  });
  await story.advance('5m');
  assert.deepEqual(story.done(), []);
  assert.deepEqual(alerts(story).toSorted(), [
    'the queue tasks cannot be read: nobody answers there',
    'worker: the progress done cannot be read: nobody answers there',
  ]);
});

test('a service that is asked through its gateway is asked at the gateway, else at its member', async () => {
  const kept: Service = { ...hotPair, ports: [{ target: 6379, protocol: 'tcp', mode: 'ingress' }] };
  await using story = await Story.begin({ worker: worker({ queue: tasks }), queue: kept });
  const address = Object.values(story.container('queue').networks)[0]?.ipv4 ?? '';
  const asked: string[] = [];
  story.prober.put(address, 6379, ({ kind }) => {
    asked.push(kind);
    return known(0);
  });
  await story.advance('30s');
  assert.ok(asked.length >= 5, story.told());
});

test('a page that stops answering is a heart that stops', async () => {
  await using story = await Story.begin({ worker: worker({ heartbeat: { http: { port: 9000, path: '/live' } } }) });
  const address = Object.values(story.container('worker').networks)[0]?.ipv4 ?? '';
  story.prober.put(address, 9000, () => known(1));
  await story.advance('2m');
  story.expectVerdicts({ worker: 'healthy' });
  story.prober.put(address, 9000, null);
  await story.advance('75s');
  assert.deepEqual(story.done(), ['restart_soft worker'], story.told());
});

test('alert_only for unresponsive: a heart that stops is told once', async () => {
  const service = worker(heartbeat);
  const settings = { mode: 'single', signs: [heartbeat], failover: { on: { unresponsive: { action: 'alert_only' } } } };
  await using story = await Story.begin({ worker: { ...service, 'x-twinhull': settings }, other: single });
  await beat(story, 'worker', 60_000);
  await story.advance('5m');
  assert.deepEqual(story.done(), []);
  assert.equal(alerts(story).length, 1, story.told());
});

test('zombies are counted only where they are asked for', async () => {
  await using story = await Story.begin({ worker: worker({ zombies: { warn: 5 } }), other: single });
  for (const name of ['worker', 'other']) story.meter.set(story.container(name).id, () => ({ zombies: 7 }));
  await story.advance('2m');
  assert.deepEqual(alerts(story), ['worker: 7 processes have ended and are not reaped']);
});
