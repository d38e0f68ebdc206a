/**
 * `signs`: what a service tells of itself beside its port. Each is one key with what it says and from when on that is
 * bad; where a number comes from is one key too. Where no service is named, the member itself is asked.
 */

import { defaults } from './defaults.ts';
import {
  duration,
  type Fields,
  type Group,
  group,
  list,
  percent,
  ruled,
  text,
  texts,
  type ValueOf,
  whole,
} from './shape.ts';

const SECOND = 1000;
const HOUR = 3_600_000;

const port = whole(1, 65_535);
const path = text('a path that begins with "/", without spaces', (value) => /^\/[\x21-\x7e]*$/.test(value));
const word = text('a text of 1 to 500 characters', (value) => value.length > 0 && value.length <= 500);
const anything = text('a text of up to 500 characters', (value) => value.length <= 500);
const pointer = text('a JSON Pointer such as "/queue/length"', (value) => value === '' || value.startsWith('/'));
const metric = text('the name of a metric', (value) => /^[a-zA-Z_:][\w:]*$/.test(value));
const file = text('a path in the container that begins with "/"', (value) => /^\/[^\0]*$/.test(value));
/** looked at every five seconds, and never judged by one look */
const time = duration({ minMs: 10 * SECOND, maxMs: 24 * HOUR });

/** Just one of these keys, and all of those. */
function having<F extends Fields>(
  shape: Group<F>,
  {
    one = [],
    all = [],
  }: { readonly one?: readonly (keyof F & string)[]; readonly all?: readonly (keyof F & string)[] },
): Group<F> {
  return ruled(shape, (keys) => {
    const missing = all.filter((key) => !keys.includes(key));
    if (missing.length > 0) return `lacks ${missing.join(' and ')}`;
    const given = one.filter((key) => keys.includes(key));
    return one.length === 0 || given.length === 1 ? null : `needs just one of ${one.join(', ')}`;
  });
}

const other = { shape: word, doc: 'The service of this project that is asked.' };
const service = {
  ...other,
  default: { text: 'the member itself', source: 'what it knows of itself it tells itself' },
};

const login = {
  user: { shape: anything, doc: 'Who asks.', default: { text: 'none', source: 'as the server comes' } },
  password: { shape: anything, doc: 'Its password; take it from the environment: `${NAME}`.' },
};

const redis = having(
  group({
    service: other,
    port: { shape: port, doc: 'Its port.', default: { text: '6379', source: "Redis' own" } },
    database: { shape: whole(0, 1000), doc: 'The database.', default: { text: '0', source: "Redis' own" } },
    ...login,
    list: { shape: word, doc: 'Key of a list. Its age is for how long the same entry lies at one of its ends.' },
    stream: { shape: word, doc: 'Key of a stream.' },
    group: { shape: word, doc: 'Consumer group of the stream: only what it has not acknowledged counts (Redis 7).' },
    number: { shape: word, doc: 'Key of a number.' },
  }),
  { one: ['list', 'stream', 'number'], all: ['service'] },
);

const rabbitmq = having(
  group({
    service: other,
    port: { shape: port, doc: 'Of its management interface.', default: { text: '15672', source: "RabbitMQ's own" } },
    vhost: { shape: word, doc: 'The virtual host.', default: { text: '/', source: "RabbitMQ's own" } },
    queue: { shape: word, doc: 'The queue.' },
    user: { ...login.user, default: { text: 'guest', source: "RabbitMQ's own" } },
    password: { ...login.password, default: { text: 'guest', source: "RabbitMQ's own" } },
  }),
  { all: ['service', 'queue'] },
);

const json = having(
  group({
    service,
    port: { shape: port, doc: 'The port in the container.' },
    path: { shape: path, doc: 'The page.' },
    pointer: { shape: pointer, doc: 'Where in the document the number is, as a JSON Pointer: `/queue/length`.' },
  }),
  { all: ['port', 'path', 'pointer'] },
);

const prometheus = having(
  group({
    service,
    port: { shape: port, doc: 'The port in the container.' },
    path: { shape: path, doc: 'The page.', default: { text: '/metrics', source: 'where Prometheus looks' } },
    metric: { shape: metric, doc: 'The metric; several series of it are summed up.' },
    labels: { shape: texts, doc: 'Only series with these labels count.' },
  }),
  { all: ['port', 'metric'] },
);

/** Where a number comes from. */
const sources = {
  redis: { shape: redis, doc: 'Asked by the protocol of Redis.' },
  rabbitmq: { shape: rabbitmq, doc: 'Asked by the management interface of RabbitMQ.' },
  json: { shape: json, doc: 'A number in a JSON document.' },
  prometheus: { shape: prometheus, doc: "A metric in Prometheus' text format." },
};
const ANY = ['redis', 'rabbitmq', 'json', 'prometheus'] as const;
/** Where a number comes from: just one of them. */
export const number = having(group(sources), { one: ANY });

const window = {
  shape: duration({ minMs: 15 * SECOND, maxMs: HOUR }),
  doc: 'For how long it must be so.',
  default: defaults.resourceWindowMs,
};

const queue = having(
  group({
    ...sources,
    warn: { shape: whole(1, 1e9), doc: 'Entries from which on it is said.', default: defaults.queueLength },
    fail: { shape: whole(1, 1e9), doc: 'Entries that are far too many.', default: defaults.queueLengthFail },
    warn_age: { shape: time, doc: 'Age of the oldest entry from which on it is said.' },
    fail_age: { shape: time, doc: 'Age of the oldest entry that is far too high.' },
    window,
  }),
  { one: ANY },
);

const errors = having(
  group({
    failed: { shape: number, doc: 'A number that grows with each failure.' },
    all: { shape: number, doc: 'A number that grows with each piece of work, failed or not.' },
    warn: { shape: percent(0.1, 100), doc: 'Share that is said.', default: defaults.errorsWarnShare },
    fail: { shape: percent(0.1, 100), doc: 'Share that is a failure.', default: defaults.errorsShare },
    window,
  }),
  { all: ['failed', 'all'] },
);

const progress = having(
  group({
    ...sources,
    while: { shape: number, doc: 'A queue: only while it is not empty must the number grow.' },
    warn: { shape: time, doc: 'For how long it may stand still until it is said.' },
    fail: { shape: time, doc: 'For how long it may stand still.', default: defaults.progressMs },
  }),
  { one: ANY },
);

const zombies = group({
  warn: { shape: whole(1, 1e6), doc: 'Processes that are said.', default: defaults.zombies },
  fail: { shape: whole(1, 1e6), doc: 'Processes that are a failure.', default: defaults.zombiesFail },
  window,
});

const heartbeat = having(
  group({
    file: {
      shape: file,
      doc: 'A file that the process writes again and again. Not on a tmpfs mount: the engine does not see into those.',
    },
    http: {
      shape: having(group({ port: { shape: port, doc: 'The port.' }, path: { shape: path, doc: 'The page.' } }), {
        all: ['port', 'path'],
      }),
      doc: 'A page that answers with a success.',
    },
    warn: { shape: time, doc: 'For how long it may be away until it is said.' },
    fail: { shape: time, doc: 'For how long it may be away.', default: defaults.heartbeatMs },
  }),
  { one: ['file', 'http'] },
);

export const sign = having(
  group({
    queue: { shape: queue, doc: 'How much work waits. Too much is load: it is said, and nobody is restarted for it.' },
    errors: {
      shape: errors,
      doc: 'How much of the work fails. Restarted only where another member has little of that.',
    },
    progress: { shape: progress, doc: 'A number that grows while there is work. Standing still is `unresponsive`.' },
    zombies: { shape: zombies, doc: 'Processes that have ended and that nobody has reaped.' },
    heartbeat: { shape: heartbeat, doc: 'A sign of life. Its absence is `unresponsive`.' },
  }),
  { one: ['queue', 'errors', 'progress', 'zombies', 'heartbeat'] },
);

export const signs = list(sign);

export type SignSettings = ValueOf<typeof sign>;
export type SourceSettings = Pick<NonNullable<SignSettings['queue']>, 'redis' | 'rabbitmq' | 'json' | 'prometheus'>;
