import type { Deploy } from '../project.ts';
import { deviceRequests } from './devices.ts';
import type { KeyTable } from './key.ts';
import { byKey, replace } from './merge.ts';
import { choice, containerCount, duration, integer, number, text, textBytes } from './scalars.ts';
import { labels, listOf, nullable, object, texts } from './shapes.ts';

const updateKeys: KeyTable = {
  parallelism: { shape: integer({ min: 0 }), doc: 'How many containers at a time; 0: all.' },
  delay: { shape: duration, doc: 'Wait between groups.' },
  failure_action: { shape: choice(['continue', 'pause', 'rollback']), doc: 'What to do when an update fails.' },
  monitor: { shape: duration, doc: 'How long each container is watched after its start.' },
  max_failure_ratio: { shape: number({ min: 0 }), doc: 'Failures to tolerate, 0 to 1.' },
  order: { shape: choice(['start-first', 'stop-first']), doc: 'What comes first.' },
};

const limitKeys: KeyTable = {
  cpus: { shape: number({ min: 0 }), doc: 'Number of CPUs.' },
  memory: { shape: textBytes, doc: 'Memory.' },
  pids: { shape: integer(), doc: 'Number of processes.' },
};

const genericResource = object(
  {
    discrete_resource_spec: {
      shape: object({ kind: { shape: text, doc: 'Kind.' }, value: { shape: number(), doc: 'How many.' } }),
      doc: 'A countable resource.',
    },
  },
  { of: 'a generic resource' },
);

const reservationKeys: KeyTable = {
  cpus: { shape: number({ min: 0 }), doc: 'Number of CPUs.' },
  memory: { shape: textBytes, doc: 'Memory.' },
  generic_resources: { shape: listOf(genericResource), doc: 'Resources of your own (Swarm).' },
  devices: { shape: deviceRequests, doc: 'Devices such as GPUs.' },
};

const restartPolicyKeys: KeyTable = {
  condition: { shape: choice(['none', 'on-failure', 'any']), doc: 'When a container is started again.' },
  delay: { shape: duration, doc: 'Wait before it.' },
  max_attempts: { shape: integer({ min: 0 }), doc: 'How often.' },
  window: { shape: duration, doc: 'How long a container must run to count as started.' },
};

const placementKeys: KeyTable = {
  constraints: { shape: texts, doc: 'Which nodes (Swarm).' },
  preferences: {
    shape: listOf(object({ spread: { shape: text, doc: 'Node label to spread over.' } })),
    doc: 'How to spread (Swarm).',
  },
  max_replicas_per_node: { shape: integer({ min: 0 }), doc: 'Replicas on one node (Swarm).' },
};

export const deployKeys: KeyTable = {
  mode: { shape: choice(['replicated', 'global', 'replicated-job', 'global-job']), doc: 'replicated or global.' },
  endpoint_mode: { shape: text, doc: 'vip or dnsrr (Swarm).' },
  replicas: { shape: containerCount, doc: 'Number of containers.' },
  labels: { shape: labels, merge: byKey(() => replace), doc: 'Labels of the service, not of its containers.' },
  rollback_config: { shape: object(updateKeys, { of: 'rollback_config' }), doc: 'How a rollback proceeds.' },
  update_config: { shape: object(updateKeys, { of: 'update_config' }), doc: 'How an update proceeds.' },
  resources: {
    shape: object(
      {
        limits: { shape: object(limitKeys, { of: 'limits' }), doc: 'Upper bounds.' },
        reservations: { shape: object(reservationKeys, { of: 'reservations' }), doc: 'What must be there.' },
      },
      { of: 'resources' },
    ),
    doc: 'CPU, memory, processes, devices.',
  },
  restart_policy: {
    shape: object(restartPolicyKeys, { of: 'restart_policy' }),
    doc: 'When containers are started again.',
  },
  placement: { shape: object(placementKeys, { of: 'placement' }), doc: 'Where containers run (Swarm).' },
};

export const deploy = nullable(object<Deploy>(deployKeys, { of: 'deploy' }));
