import assert from 'node:assert/strict';
import { test } from 'node:test';
import { servicePlanOf, planOf } from '../../test/support/project.ts';
import type { ServicePolicy } from '../core/model.ts';

async function policyOf(service: string, project = ''): Promise<ServicePolicy> {
  const own = service === '' ? '' : `    x-twinhull: ${service}\n`;
  const whole = project === '' ? '' : `x-twinhull: ${project}\n`;
  return (await servicePlanOf('web', `${whole}services:\n  web:\n    image: acme/web\n${own}`)).policy;
}

const usual = { ladder: null, alertOnly: false };

test('with nothing said, every kind of failure is met as usual', async () => {
  const { reactions, deadlineMs, threshold, partitionThreshold, resources } = await policyOf('');
  assert.deepEqual(reactions, {
    container_exit: usual,
    unresponsive: usual,
    network_partition: usual,
    resource_exhaustion: usual,
    critical_failure: usual,
  });
  assert.deepEqual(deadlineMs, {
    container_exit: 30_000,
    unresponsive: 30_000,
    network_partition: 10_000,
    resource_exhaustion: 60_000,
    critical_failure: 0,
  });
  assert.deepEqual([threshold, partitionThreshold], [3, 3]);
  assert.deepEqual(resources, {
    windowMs: 60_000,
    memoryShare: 0.9,
    cpuShare: 0.9,
    throttledShare: 0.5,
    pidsShare: 0.9,
    descriptorsShare: 0.9,
    oomKills: 3,
  });
});

test('what a kind says for itself counts more than what failover says for all', async () => {
  const { reactions, deadlineMs, threshold, partitionThreshold } = await policyOf(
    `{ failover: { threshold: 4, timeout: 20s, on: {
      container_exit: { ladder: [replace], deadline: 5s },
      unresponsive: { threshold: 6 },
      network_partition: { threshold: 2, deadline: 1m },
      resource_exhaustion: { action: alert_only } } } }`.replaceAll('\n', ' '),
  );
  assert.deepEqual(reactions.container_exit, { ladder: ['replace'], alertOnly: false });
  assert.deepEqual(reactions.resource_exhaustion, { ladder: null, alertOnly: true });
  assert.deepEqual(deadlineMs, {
    container_exit: 5000,
    unresponsive: 20_000,
    network_partition: 60_000,
    resource_exhaustion: 60_000,
    critical_failure: 0,
  });
  assert.deepEqual([threshold, partitionThreshold], [6, 2]);
});

test('a service adds to what the project says, key by key', async () => {
  const { reactions, deadlineMs, resources } = await policyOf(
    '{ failover: { on: { unresponsive: { deadline: 7s } } }, resources: { memory: 80% } }',
    '{ failover: { on: { unresponsive: { ladder: [restart_hard] } } }, resources: { cpu: 95%, window: 2m } }',
  );
  assert.deepEqual([reactions.unresponsive.ladder, deadlineMs.unresponsive], [['restart_hard'], 7000]);
  assert.deepEqual([resources.memoryShare, resources.cpuShare, resources.windowMs], [0.8, 0.95, 120_000]);
});

test('the host has thresholds of its own', async () => {
  const whole = await planOf('x-twinhull: { host: { disk: 80% } }\nservices: { web: { image: acme/web } }');
  assert.deepEqual(whole.policy.host, { windowMs: 60_000, memoryShare: 0.95, diskShare: 0.8, inodesShare: 0.95 });
});
