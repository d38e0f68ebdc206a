import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import { image, projectOf } from '../../test/support/project.ts';
import { applyProposal } from './apply-proposal.ts';
import { type Proposal, proposeRedundancy } from './propose.ts';

async function proposals(text: string): Promise<readonly Proposal[]> {
  const project = await projectOf(text);
  const images = new Map(Object.values(project.services).map((service) => [service.image ?? '', image({})]));
  return proposeRedundancy(project, { images });
}

test('each service gets a mode with its reason', async () => {
  const found = await proposals(`
services:
  web: { image: acme/web, ports: ["80"] }
  worker: { image: acme/worker, restart: unless-stopped }
  job: { image: acme/job }
  db: { image: acme/db, restart: always, volumes: ["data:/data"] }
  copy: { image: acme/copy, volumes: ["data:/data"] }
  log: { image: acme/log, restart: always, volumes: ["/var/log"] }
  many: { image: acme/many, deploy: { replicas: 4 } }
  done: { image: acme/done, ports: ["80"], x-twinhull: { mode: single } }
  setup: { image: acme/setup, restart: always }
  app: { image: acme/app, ports: ["53/udp"], depends_on: { setup: { condition: service_completed_successfully } } }
volumes: { data: }
`);
  assert.deepEqual(
    found.map(({ service, mode, settings }) => [service, mode, settings]),
    [
      ['web', 'pair', { mode: 'pair' }],
      ['worker', 'pair', { mode: 'pair' }],
      ['job', 'single', {}],
      ['db', 'pair', { mode: 'pair' }],
      ['copy', 'single', {}],
      ['log', 'single', {}],
      ['many', 'cluster', {}],
      ['done', 'single', {}],
      ['setup', 'single', {}],
      ['app', 'single', {}],
    ],
  );
  for (const { service, reason } of found) assert.ok(reason.length > 20, `${service}: ${reason}`);
  const db = found.find(({ service }) => service === 'db');
  assert.match(db?.reason ?? '', /keeps state \(data:\/data\).*a switch costs the twin's start time without service/);
  const [retried] = await proposals('services: { retried: { image: acme/job, restart: on-failure } }');
  assert.match(retried?.reason ?? '', /no port and restart: on-failure, so/);
});

const pair = (...names: readonly string[]): readonly Proposal[] =>
  names.map((service) => ({ service, mode: 'pair', reason: '', settings: { mode: 'pair' } }));

const files: readonly (readonly [title: string, before: string, after: string])[] = [
  [
    'a block keeps its comments and its indentation',
    '# my shop\nservices:\n    web:   # the front\n        image: "acme/web"  # pinned later\n\n        # open\n        ports: [ "80" ]   # public\n\n    # the other\n    db: {image: pg}\n',
    '# my shop\nservices:\n    web:   # the front\n        image: "acme/web"  # pinned later\n\n        # open\n        ports: [ "80" ]   # public\n        x-twinhull:\n          mode: pair\n\n    # the other\n    db: {image: pg}\n',
  ],
  [
    'a file without a newline at its end',
    'services:\n  web:\n    image: acme/web',
    'services:\n  web:\n    image: acme/web\n    x-twinhull:\n      mode: pair',
  ],
  [
    'lines that end as on Windows',
    'services:\r\n  web:\r\n    image: acme/web\r\n',
    'services:\r\n  web:\r\n    image: acme/web\r\n    x-twinhull:\r\n      mode: pair\r\n',
  ],
  [
    'nested values and a text block at the end',
    'services:\n  web:\n    environment:\n      A: |\n        one\n        two\n  db:\n    image: pg\n',
    'services:\n  web:\n    environment:\n      A: |\n        one\n        two\n    x-twinhull:\n      mode: pair\n  db:\n    image: pg\n',
  ],
  [
    'a key without a value at the end',
    'services:\n  web:\n    image: a\n    networks:\n      front:\n',
    'services:\n  web:\n    image: a\n    networks:\n      front:\n    x-twinhull:\n      mode: pair\n',
  ],
  [
    'braces',
    'services: { web: { image: a, ports: ["80"] } }\n',
    'services: { web: { image: a, ports: ["80"], x-twinhull: { mode: pair } } }\n',
  ],
  [
    'braces with a comma at the end',
    'services: { web: { image: a, } }\n',
    'services: { web: { image: a, x-twinhull: { mode: pair } } }\n',
  ],
  [
    'an alias',
    'x-base: &base { image: a }\nservices:\n  web: *base\n',
    'x-base: &base { image: a }\nservices:\n  web: { <<: *base, x-twinhull: { mode: pair } }\n',
  ],
];

for (const [title, before, after] of files) {
  test(`x-twinhull is written into the file as it is: ${title}`, () => {
    assert.equal(applyProposal(before, pair('web')), after);
  });
}

test('what is there already is not touched, and a second run changes nothing', () => {
  const text = 'services:\n  web:\n    image: a\n    x-twinhull: { mode: single }\n  api:\n    image: a\n';
  const once = applyProposal(text, pair('web', 'api'));
  assert.match(once, /x-twinhull: \{ mode: single \}/);
  assert.equal(applyProposal(once, pair('web', 'api')), once);
});

test('services that another file defines are left alone', () => {
  const text = 'services:\n  web:\n    image: a\n';
  assert.equal(applyProposal(text, pair('elsewhere')), text);
});

test('a service that others are made from does not hand its mode on to them', () => {
  const text = 'services:\n  web: &web\n    image: a\n    ports: ["80"]\n  job:\n    <<: *web\n    command: once\n';
  const single: Proposal = { service: 'job', mode: 'single', reason: '', settings: {} };
  const { services } = parse(applyProposal(text, [...pair('web'), single]), { merge: true }) as {
    services: Record<string, { 'x-twinhull': { mode: string } }>;
  };
  assert.equal(services['web']?.['x-twinhull'].mode, 'pair');
  assert.equal(services['job']?.['x-twinhull'].mode, 'single');
});
