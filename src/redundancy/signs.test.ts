import assert from 'node:assert/strict';
import { test } from 'node:test';
import { servicePlanOf } from '../../test/support/project.ts';
import { ComposeProblems } from '../compose/problems.ts';

const project = (signs: string): string => `services:
  queue: { image: acme/redis }
  worker:
    image: acme/worker
    x-twinhull:
      signs:
${signs.replaceAll(/^/gm, '        ')}
`;

async function complaint(signs: string): Promise<string> {
  try {
    await servicePlanOf('worker', project(signs));
    return '';
  } catch (error) {
    assert.ok(error instanceof ComposeProblems);
    return error.message.replaceAll(/^.*compose\.yaml:/gm, '').replaceAll('services.worker.x-twinhull.signs', 'signs');
  }
}

test('every kind of sign, with where its numbers come from and from when on they are bad', async () => {
  const { signs, policy } = await servicePlanOf(
    'worker',
    project(`- queue: { redis: { service: queue, list: tasks }, warn: 200, fail_age: 5m }
- queue: { redis: { service: queue, stream: jobs, group: workers, database: 2, user: u, password: p } }
- queue: { rabbitmq: { service: queue, queue: mail } }
- errors:
    failed: { prometheus: { port: 9090, metric: failed_total, labels: { kind: mail } } }
    all: { prometheus: { port: 9090, metric: all_total } }
    fail: 20%
- progress: { json: { port: 9090, path: /stats, pointer: /done }, while: { redis: { service: queue, list: tasks } } }
- zombies: {}
- heartbeat: { file: /tmp/beat, warn: 30s }
- heartbeat: { http: { port: 9090, path: /live }, fail: 2m }`),
  );
  const redis = { kind: 'redis', port: 6379, database: 0, user: '', password: '' };
  const list = { service: 'queue', question: { ...redis, ask: { kind: 'list', key: 'tasks' } } };
  const metric = (name: string, labels = {}) => ({
    service: null,
    question: { kind: 'prometheus', port: 9090, path: '/metrics', metric: name, labels },
  });
  assert.deepEqual(signs, [
    { name: 'the queue tasks', kind: 'queue', windowMs: 60_000, from: list },
    {
      name: 'the queue jobs',
      kind: 'queue',
      windowMs: 60_000,
      from: {
        service: 'queue',
        question: {
          ...redis,
          database: 2,
          user: 'u',
          password: 'p',
          ask: { kind: 'stream', key: 'jobs', group: 'workers' },
        },
      },
    },
    {
      name: 'the queue mail',
      kind: 'queue',
      windowMs: 60_000,
      from: {
        service: 'queue',
        question: { kind: 'rabbitmq', port: 15_672, vhost: '/', queue: 'mail', user: 'guest', password: 'guest' },
      },
    },
    {
      name: 'the errors failed_total',
      kind: 'errors',
      windowMs: 60_000,
      failed: metric('failed_total', { kind: 'mail' }),
      all: metric('all_total'),
    },
    {
      name: 'the progress /done',
      kind: 'progress',
      number: { service: null, question: { kind: 'json', port: 9090, path: '/stats', pointer: '/done' } },
      work: list,
    },
    { name: 'zombies', kind: 'zombies', windowMs: 60_000 },
    { name: 'the heartbeat /tmp/beat', kind: 'heartbeat', file: '/tmp/beat', question: null },
    {
      name: 'the heartbeat on port 9090, /live',
      kind: 'heartbeat',
      file: null,
      question: { kind: 'answers', port: 9090, path: '/live' },
    },
  ]);
  assert.deepEqual(
    policy.signs.map(({ warn, fail, warnAgeMs, failAgeMs }) => [warn, fail, warnAgeMs, failAgeMs]),
    [
      [200, 1000, null, 300_000],
      [100, 1000, null, null],
      [100, 1000, null, null],
      [0.05, 0.2, null, null],
      [null, 60_000, null, null],
      [10, 100, null, null],
      [30_000, 60_000, null, null],
      [null, 120_000, null, null],
    ],
  );
});

test('two signs of one name are told apart, and a threshold past the other default moves that', async () => {
  const { signs, policy } = await servicePlanOf(
    'worker',
    project(`- queue: { redis: { service: queue, list: tasks }, warn: 5000 }
- queue: { redis: { service: queue, list: tasks }, fail: 50 }`),
  );
  assert.deepEqual(
    signs?.map(({ name }) => name),
    ['the queue tasks', 'the queue tasks (2)'],
  );
  assert.deepEqual(
    policy.signs.map(({ name, warn, fail }) => [name, warn, fail]),
    [
      ['the queue tasks', 5000, 5000],
      ['the queue tasks (2)', 50, 50],
    ],
  );
});

const mistakes: readonly (readonly [signs: string, expected: string])[] = [
  [
    '- { queue: { redis: { service: queue, list: a } }, zombies: {} }',
    '7:11: signs[0]: ["queue","zombies"] needs just one of queue, errors, progress, zombies, heartbeat; expected a mapping with queue, errors, progress, zombies, heartbeat',
  ],
  [
    '- heartbeat: { warn: 30s }',
    '7:11: signs[0].heartbeat: ["warn"] needs just one of file, http; expected a mapping with file, http, warn, fail',
  ],
  [
    '- heartbeat: { file: beat }',
    '7:24: signs[0].heartbeat.file: "beat" does not fit; expected a path in the container that begins with "/"',
  ],
  [
    '- queue: { redis: { service: queu, list: tasks } }',
    '7:29: signs[0].queue.redis.service: "queu" is no service of this project; expected queue, worker',
  ],
  [
    '- progress: { redis: { service: queue, number: n }, while: { json: { service: web, port: 1, path: /, pointer: "" } } }',
    '7:78: signs[0].progress.while.json.service: "web" is no service of this project; expected queue, worker',
  ],
  [
    '- queue: { redis: { list: tasks } }',
    '7:20: signs[0].queue.redis: ["list"] lacks service; expected a mapping with service, port, database, user, password, list, stream, group, number',
  ],
  [
    '- errors: { failed: { json: { port: 80, path: /a, pointer: /f } } }',
    '7:11: signs[0].errors: ["failed"] lacks all; expected a mapping with failed, all, warn, fail, window',
  ],
  [
    '- zombies: { warn: 0 }',
    '7:22: signs[0].zombies.warn: 0 is out of range; expected a whole number from 1 to 1000000',
  ],
  [
    '- heartbeats: { file: /a }',
    '7:11: signs[0].heartbeats: "heartbeats" is no key here; did you mean "heartbeat"?; expected queue, errors, progress, zombies, heartbeat',
  ],
];

for (const [signs, expected] of mistakes) {
  test(`a sign with a mistake is refused at its place: ${signs}`, async () => {
    assert.equal(await complaint(signs), expected);
  });
}

test('what is asked cannot be made to reach elsewhere, or to say something else', async () => {
  for (const sign of [
    '- heartbeat: { http: { port: 80, path: "/a b" } }',
    '- heartbeat: { http: { port: 80, path: "/a\\r\\nHost: evil" } }',
    '- heartbeat: { http: { port: 80, path: "//evil.example/" , host: evil } }',
    '- queue: { json: { port: 80, path: "http://evil.example/", pointer: /n } }',
    '- queue: { prometheus: { port: 80, metric: "a b" } }',
    '- queue: { redis: { service: 10.0.0.1, list: a } }',
  ]) {
    assert.notEqual(await complaint(sign), '', sign);
  }
});
