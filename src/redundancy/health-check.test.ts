import assert from 'node:assert/strict';
import { test } from 'node:test';
import { image } from '../../test/support/project.ts';
import type { Service } from '../compose/project.ts';
import { healthTarget } from './health-check.ts';

function shell(command: string, service: Service = {}) {
  return healthTarget('web', { ...service, healthcheck: { test: ['CMD-SHELL', command] } }, null);
}

const asksUrl = (port: number, path: string, host: string, expect: 'success' | 'any' = 'success') => ({
  kind: 'http',
  port,
  path,
  host,
  expect,
  tls: false,
});

const commands: readonly (readonly [command: string, expected: unknown])[] = [
  ['curl -f http://localhost:8080/health || exit 1', asksUrl(8080, '/health', 'localhost:8080')],
  ['curl -fsS http://localhost/ > /dev/null', asksUrl(80, '/', 'localhost')],
  ['curl http://localhost:8080/health', asksUrl(8080, '/health', 'localhost:8080', 'any')],
  ['curl --fail localhost:9000/ping', asksUrl(9000, '/ping', 'localhost:9000')],
  ['wget -qO- http://127.0.0.1:3000/api/health?full=1', asksUrl(3000, '/api/health?full=1', '127.0.0.1:3000')],
  [
    'wget --no-verbose --tries=1 --spider http://localhost:8080/status || exit 1',
    asksUrl(8080, '/status', 'localhost:8080'),
  ],
  [
    'node -e "fetch(\'http://localhost:8080/health\').then((r) => process.exit(r.ok ? 0 : 1))"',
    asksUrl(8080, '/health', 'localhost:8080'),
  ],
  [
    'python -c "import urllib.request; urllib.request.urlopen(\'http://localhost:8000/healthz\')"',
    asksUrl(8000, '/healthz', 'localhost:8000'),
  ],
  ['curl -f -H "Host: shop.example" http://localhost/health', asksUrl(80, '/health', 'shop.example')],
  ['curl -f http://web:8080/health', asksUrl(8080, '/health', 'web:8080')],
  ['curl -f http://[::1]:8080/health', asksUrl(8080, '/health', '[::1]:8080')],
  ['curl -f -X POST http://localhost:8080/check', { kind: 'http', port: 8080, path: '/', expect: 'any', tls: false }],
  [
    'curl -f http://user:secret@localhost:8080/health',
    { kind: 'http', port: 8080, path: '/', expect: 'any', tls: false },
  ],
  ['curl -kf https://localhost:8443/health', { kind: 'connect', port: 8443, tls: true }],
  ['redis-cli ping', { kind: 'redis', port: 6379, tls: false }],
  ['redis-cli -p 6380 -a secret ping | grep PONG', { kind: 'redis', port: 6380, tls: false }],
  ['pg_isready -U postgres', { kind: 'postgres', port: 5432, tls: false }],
  ['mysqladmin ping -h localhost -u root -psecret', { kind: 'mysql', port: 3306, tls: false }],
  ['nc -z localhost 5672', { kind: 'connect', port: 5672, tls: false }],
  ['bash -c "</dev/tcp/127.0.0.1/1883"', { kind: 'connect', port: 1883, tls: false }],
  ['curl -f http://example.com/', null],
  ['curl -f http://localhost.example.com/', null],
  ['test -f /tmp/ready', null],
];

for (const [command, expected] of commands) {
  test(`a health check tells: ${command}`, () => {
    assert.deepEqual(shell(command), expected);
  });
}

test("variables are the container's own; an unknown one tells nothing", () => {
  assert.deepEqual(
    shell('curl -f http://localhost:$PORT/up', { environment: { PORT: '4000' } }),
    asksUrl(4000, '/up', 'localhost:4000'),
  );
  assert.deepEqual(shell('curl -f http://localhost:${PORT:-5000}/up'), asksUrl(5000, '/up', 'localhost:5000'));
  assert.equal(shell('curl -f http://localhost:$PORT/up'), null);
});

test('a health check that is switched off tells nothing', () => {
  assert.equal(healthTarget('web', { healthcheck: { test: ['NONE'] } }, null), null);
  assert.equal(
    healthTarget('web', { healthcheck: { disable: true, test: ['CMD', 'curl', 'http://localhost/'] } }, null),
    null,
  );
  assert.equal(healthTarget('web', {}, null), null);
});

test("without one of the project the image's own health check counts, with the variables of the image", () => {
  const own = {
    ...image({}),
    healthcheckTest: ['CMD-SHELL', 'curl -f http://localhost:$PORT/up'],
    env: ['PORT=4000', 'A=b=c'],
  };
  assert.deepEqual(healthTarget('web', {}, own), asksUrl(4000, '/up', 'localhost:4000'));
  assert.deepEqual(healthTarget('web', { environment: { PORT: '5000' } }, own), asksUrl(5000, '/up', 'localhost:5000'));
  assert.equal(healthTarget('web', { healthcheck: { disable: true } }, own), null);
});

test('a long hostile command is read in no time', () => {
  const began = performance.now();
  shell(`curl ${'-f '.repeat(20_000)} ${'http://localhost:'.repeat(5000)}`);
  assert.ok(performance.now() - began < 1000);
});
