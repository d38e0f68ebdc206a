import assert from 'node:assert/strict';
import { test } from 'node:test';
import { image, servicePlanOf } from '../../test/support/project.ts';

/** The gateway's ports of a pair with these keys, each as "port protocol check@port". */
async function ports(keys: string, exposed: readonly string[] = []): Promise<readonly string[]> {
  const images = new Map([['acme/web', image({ exposedPorts: exposed })]]);
  const pair = keys.includes('x-twinhull') ? '' : ', x-twinhull: { mode: pair }';
  const { gateway } = await servicePlanOf('web', `services: { web: { image: acme/web, ${keys}${pair} } }`, { images });
  return (gateway?.config.ports ?? []).map(({ port, protocol, check }) => {
    const asked = check.kind === 'http' ? `http ${check.path}${check.expect === 'any' ? '?' : ''}` : check.kind;
    return `${port} ${protocol} ${asked}@${check.port ?? port}`;
  });
}

const health = (command: string) => `healthcheck: { test: "${command}" }`;

const choices: readonly (readonly [title: string, keys: string, expected: readonly string[]])[] = [
  ['a usual port of web servers speaks http; any answer is life', 'ports: ["80"]', ['80 http http /?@80']],
  ['a port that is published as a usual one speaks http', 'ports: ["8080:7777"]', ['7777 http http /?@7777']],
  ['another port speaks tcp', 'ports: ["7777"]', ['7777 tcp connect@7777']],
  [
    'the health check names port and path',
    `expose: ["7777"], ${health('curl -f http://localhost:7777/up')}`,
    ['7777 http http /up@7777'],
  ],
  [
    'the health check can name a port that nothing else does',
    health('curl -f http://localhost:7777/up'),
    ['7777 http http /up@7777'],
  ],
  [
    'a check on another port counts for the served one',
    `ports: ["443"], ${health('curl -f http://localhost:8081/up')}`,
    ['443 tcp http /up@8081', '8081 http http /up@8081'],
  ],
  [
    'a check that only connects leaves it to habit',
    `ports: ["8080"], ${health('nc -z localhost 8080')}`,
    ['8080 http http /?@8080'],
  ],
  ['TLS passes through', `ports: ["8080"], ${health('curl -kf https://localhost:8080/up')}`, ['8080 tcp connect@8080']],
  [
    'app_protocol decides over habit',
    'ports: [{ target: 8080, app_protocol: grpc }, { target: 7777, app_protocol: http }]',
    ['8080 tcp connect@8080', '7777 http connect@8080'],
  ],
  [
    'x-twinhull decides over everything',
    'ports: ["8080"], x-twinhull: { mode: pair, gateway: { protocol: tcp } }',
    ['8080 tcp connect@8080'],
  ],
  [
    'x-twinhull names a path',
    'ports: ["7777"], x-twinhull: { mode: pair, gateway: { protocol: http, check: { path: /up } } }',
    ['7777 http http /up@7777'],
  ],
  [
    'x-twinhull names what is asked',
    'ports: ["7777"], x-twinhull: { mode: pair, gateway: { check: { kind: redis } } }',
    ['7777 tcp redis@7777'],
  ],
  [
    'x-twinhull asks less than the health check does',
    `ports: ["80"], ${health('curl -f http://localhost/up')}, x-twinhull: { mode: pair, gateway: { check: { kind: connect } } }`,
    ['80 http connect@80'],
  ],
  [
    'x-twinhull names ports and their protocols',
    'ports: ["80"], x-twinhull: { mode: pair, gateway: { ports: [{ port: 9001, protocol: http }, 9002] } }',
    ['80 http http /?@80', '9001 http http /?@80', '9002 tcp http /?@80'],
  ],
  [
    "x-twinhull names the check's port",
    'ports: ["80"], x-twinhull: { mode: pair, gateway: { check: { port: 9001 } } }',
    ['80 http http /?@9001'],
  ],
  ['redis is known by its port', 'ports: ["6379"]', ['6379 tcp redis@6379']],
  [
    'a database is known by the ping of its health check',
    `ports: ["5433"], ${health('pg_isready -p 5433')}`,
    ['5433 tcp postgres@5433'],
  ],
  [
    'Traefik was told that a port speaks http',
    'expose: ["7777"], labels: { traefik.http.services.w.loadbalancer.server.port: "7777" }',
    ['7777 http http /?@7777'],
  ],
  [
    'a range is every port of it',
    'expose: ["7001-7003"]',
    ['7001 tcp connect@7001', '7002 tcp connect@7001', '7003 tcp connect@7001'],
  ],
];

for (const [title, keys, expected] of choices) {
  test(title, async () => {
    assert.deepEqual(await ports(keys), expected);
  });
}

test('ports that only the image names come last, and go by the check of the first', async () => {
  assert.deepEqual(await ports('ports: ["8080"]', ['9000/tcp', '53/udp']), [
    '8080 http http /?@8080',
    '9000 tcp http /?@8080',
  ]);
});

test('a health URL has more time than a sign of life, and the settings win over both', async () => {
  const timeout = async (keys: string) =>
    (await servicePlanOf('web', `services: { web: { image: acme/web, ${keys} } }`)).gateway?.config.ports[0]?.check
      .timeoutMs;
  assert.equal(await timeout('ports: ["80"], x-twinhull: { mode: pair }'), 500);
  assert.equal(await timeout(`${health('curl -f http://localhost/up')}, x-twinhull: { mode: pair }`), 1000);
  assert.equal(await timeout('ports: ["80"], x-twinhull: { mode: pair, gateway: { check: { timeout: 3s } } }'), 3000);
});

test('a check that can only connect is named, since a hang would not be seen', async () => {
  const { notes } = await servicePlanOf(
    'web',
    'services: { web: { image: acme/web, ports: ["7777"], x-twinhull: { mode: pair } } }',
  );
  assert.match(notes.find(({ what }) => what === 'check')?.why ?? '', /a member that hangs is seen by nobody/);
});
