import assert from 'node:assert/strict';
import { test } from 'node:test';
import { projectOf } from '../../test/support/project.ts';
import { ComposeProblems } from '../compose/problems.ts';
import { parseDuration } from '../duration.ts';
import { defaults } from './defaults.ts';
import { parsePercent } from './shape.ts';
import { explainSettings, gatewaySettings, readSettings } from './settings.ts';

async function complaints(settings: string): Promise<readonly string[]> {
  const project = await projectOf(
    `services:\n  web:\n    image: acme/web\n    x-twinhull:\n${settings.replaceAll(/^/gm, '      ')}\n`,
  );
  try {
    readSettings(project);
    return [];
  } catch (error) {
    assert.ok(error instanceof ComposeProblems);
    return error.message.split('\n').map((line) => line.replace(/^.*compose\.yaml:/, ''));
  }
}

const mistakes: readonly (readonly [settings: string, expected: string])[] = [
  [
    'mode: pairs',
    '5:7: services.web.x-twinhull.mode: "pairs" is not one of the choices; did you mean "pair"?; expected single, pair, cluster, pair+cluster',
  ],
  [
    'moed: pair',
    '5:7: services.web.x-twinhull.moed: "moed" is no key here; did you mean "mode"?; expected mode, standby, gateway, shared_volumes, signs, failover, budget, resources, drain_timeout',
  ],
  [
    'standby: lukewarm',
    '5:7: services.web.x-twinhull.standby: "lukewarm" is not one of the choices; expected hot, warm, cold',
  ],
  [
    'drain_timeout: 30',
    '5:7: services.web.x-twinhull.drain_timeout: 30 has no unit; expected a duration with a unit, 0s to 24h, such as "10s"',
  ],
  [
    'drain_timeout: soon',
    '5:7: services.web.x-twinhull.drain_timeout: "soon" is not a duration; expected a duration with a unit, 0s to 24h, such as "10s"',
  ],
  [
    'failover: { timeout: 10ms }',
    '5:19: services.web.x-twinhull.failover.timeout: "10ms" is out of range; expected a duration with a unit, 1s to 1h, such as "10s"',
  ],
  [
    'failover: { threshold: 0 }',
    '5:19: services.web.x-twinhull.failover.threshold: 0 is out of range; expected a whole number from 1 to 100',
  ],
  ['gateway: off', '5:7: services.web.x-twinhull.gateway: "off" is not one of the choices; expected none'],
  [
    'gateway: { check: { path: health } }',
    '5:27: services.web.x-twinhull.gateway.check.path: "health" does not fit; expected a path that begins with "/", without spaces',
  ],
  [
    'gateway: { ports: [80, http] }',
    '5:30: services.web.x-twinhull.gateway.ports[1]: "http" is not a mapping; expected a mapping with port, protocol',
  ],
  [
    'failover: { on: { container_exit: { ladder: [] } } }',
    '5:43: services.web.x-twinhull.failover.on.container_exit.ladder: [] is empty; leave it out for the usual one, or say action: alert_only; expected a list, each: start, restart_hard, replace',
  ],
  [
    'failover: { on: { container_exit: { ladder: [unpause] } } }',
    '5:52: services.web.x-twinhull.failover.on.container_exit.ladder[0]: "unpause" cannot help when a member fails as container_exit; expected start, restart_hard, replace',
  ],
  [
    'failover: { on: { unresponsive: { ladder: [restart_soft, switch] } } }',
    '5:64: services.web.x-twinhull.failover.on.unresponsive.ladder[1]: "switch" is no step: traffic is moved before anything is repaired; expected unpause, restart_soft, restart_hard, replace',
  ],
  [
    'failover: { on: { unresponsive: { ladder: [replace, replace] } } }',
    '5:59: services.web.x-twinhull.failover.on.unresponsive.ladder[1]: "replace" is there twice; expected a list, each: unpause, restart_soft, restart_hard, replace',
  ],
  [
    'failover: { on: { unresponsive: { ladder: [restart] } } }',
    '5:50: services.web.x-twinhull.failover.on.unresponsive.ladder[0]: "restart" is not one of the choices; expected unpause, restart_soft, restart_hard, replace',
  ],
  [
    'failover: { on: { container_exit: { threshold: 2 } } }',
    '5:43: services.web.x-twinhull.failover.on.container_exit.threshold: "threshold" is no key here; expected ladder, deadline, action',
  ],
  [
    'failover: { on: { hang: { action: alert_only } } }',
    '5:25: services.web.x-twinhull.failover.on.hang: "hang" is no key here; expected container_exit, unresponsive, network_partition, resource_exhaustion, critical_failure',
  ],
  [
    'resources: { memory: 90 }',
    '5:20: services.web.x-twinhull.resources.memory: 90 has no percent sign; expected a share with a percent sign, 1% to 100%, such as "90%"',
  ],
  [
    'resources: { cpu: 900% }',
    '5:20: services.web.x-twinhull.resources.cpu: "900%" is out of range; expected a share with a percent sign, 1% to 100%, such as "90%"',
  ],
  [
    'resources: { pids: most }',
    '5:20: services.web.x-twinhull.resources.pids: "most" is not a share; expected a share with a percent sign, 1% to 100%, such as "90%"',
  ],
  [
    'shared_volumes: "yes"',
    '5:7: services.web.x-twinhull.shared_volumes: "yes" is neither true nor false; expected true or false',
  ],
];

for (const [settings, expected] of mistakes) {
  test(`x-twinhull with a mistake is refused at its place: ${settings}`, async () => {
    assert.deepEqual(await complaints(settings), [expected]);
  });
}

test('everything wrong is said in one go', async () => {
  assert.equal((await complaints('mode: pear\nstandby: lukewarm\nbudget: { actions: many }')).length, 3);
});

test('a host header, a path or a port cannot carry anything into the configuration of the gateway', async () => {
  for (const setting of [
    'check: { path: "/x\\nbackend evil" }',
    'check: { host: "a b" }',
    'check: { port: 70000 }',
    'check: { path: "/a b" }',
  ]) {
    assert.equal((await complaints(`gateway: { ${setting} }`)).length, 1, setting);
  }
});

test('both ways of wanting no gateway mean the same', () => {
  assert.equal(gatewaySettings({ gateway: 'none' }).wanted, false);
  assert.equal(gatewaySettings({ gateway: { protocol: 'none' } }).wanted, false);
  assert.equal(gatewaySettings({}).wanted, true);
});

test('every default is what its text says', () => {
  for (const [name, { text, value }] of Object.entries(defaults)) {
    if (name.endsWith('Ms')) assert.equal(parseDuration(text), value, name);
    else if (name.endsWith('Share')) assert.equal(parsePercent(text), value, name);
    else assert.equal(String(value), text, name);
  }
});

test('the usual ladders are ladders that the settings accept', async () => {
  const accepted = await complaints(
    'failover: { on: { container_exit: { ladder: [start, restart_hard, replace] }, unresponsive: { ladder: [unpause, restart_soft, restart_hard, replace] },\n' +
      '  network_partition: { ladder: [reconnect, replace] }, resource_exhaustion: { ladder: [scale_up, restart_soft, restart_hard, replace] } } }',
  );
  assert.deepEqual(accepted, []);
});

test('every default is a value that the settings accept', async () => {
  const accepted = await complaints(
    `drain_timeout: ${defaults.drainTimeoutMs.text}\nfailover: { threshold: ${defaults.failoverThreshold.text}, timeout: ${defaults.failoverTimeoutMs.text} }\n` +
      `gateway: { max_connections: ${defaults.maxConnections.text}, check: { interval: ${defaults.checkIntervalMs.text}, timeout: ${defaults.healthUrlTimeoutMs.text} } }`,
  );
  assert.deepEqual(accepted, []);
});

test('the explanation has every key, also those inside of gateway', () => {
  const page = explainSettings();
  for (const key of [
    '`mode`',
    '`gateway.check.path`',
    '`gateway.ports`',
    '`failover.threshold`',
    '`address_pool`',
    '`history.retention`',
  ]) {
    assert.ok(page.includes(key), key);
  }
});
