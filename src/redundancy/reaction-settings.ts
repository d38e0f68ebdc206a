/** `failover.on`: what is done about each kind of failure, where that is not the usual. */

import type { FailureKind, LadderRung } from '../core/model.ts';
import { defaults } from './defaults.ts';
import { duration, group, listOfDifferent, oneOf, type Shape, whole } from './shape.ts';

const SECOND = 1000;
const HOUR = 3_600_000;

/** The steps that can help with each kind. */
const HELPING = {
  container_exit: ['start', 'restart_hard', 'replace'],
  unresponsive: ['unpause', 'restart_soft', 'restart_hard', 'replace'],
  network_partition: ['reconnect', 'restart_soft', 'restart_hard', 'replace'],
  resource_exhaustion: ['scale_up', 'restart_soft', 'restart_hard', 'replace'],
  critical_failure: ['start', 'unpause', 'reconnect', 'restart_soft', 'restart_hard', 'replace'],
} as const satisfies Record<FailureKind, readonly LadderRung[]>;

const EVERY: readonly LadderRung[] = [
  'scale_up',
  'start',
  'unpause',
  'reconnect',
  'restart_soft',
  'restart_hard',
  'replace',
];

/** What people take for steps, and why they are none. */
const NO_STEPS: Readonly<Record<string, string>> = {
  switch: 'is no step: traffic is moved before anything is repaired',
  escalate: 'is no step: quarantine and an alert come by themselves after the last one',
  quarantine: 'is no step: it comes by itself when the budget is used up',
  alert: 'is no step: say action: alert_only where nothing shall be done',
};

function ladder(kind: FailureKind): Shape<readonly LadderRung[]> {
  const helping: readonly LadderRung[] = HELPING[kind];
  const useless = EVERY.filter((rung) => !helping.includes(rung)).map(
    (rung) => [rung, `cannot help when a member fails as ${kind}`] as const,
  );
  const step = oneOf(helping, { ...NO_STEPS, ...Object.fromEntries(useless) });
  return listOfDifferent(step, 'leave it out for the usual one, or say action: alert_only');
}

function common(kind: FailureKind, usual: string, deadline: { readonly text: string; readonly source: string }) {
  return {
    ladder: {
      shape: ladder(kind),
      doc: 'Repairs to try in this order. What fits the moment is used: an exited container is started, not restarted.',
      default: { text: usual, source: 'the mildest that can help comes first' },
    },
    deadline: {
      shape: duration({ minMs: SECOND, maxMs: HOUR }),
      doc: 'How long one of them may take before the next.',
      default: deadline,
    },
    action: {
      shape: oneOf(['repair', 'alert_only']),
      doc: 'alert_only: it is said and recorded, traffic moves, and nothing is done to a container.',
      default: { text: 'repair', source: 'what failed is to serve again' },
    },
  };
}

function threshold(of: { readonly text: string; readonly source: string }) {
  return { shape: whole(1, 100), doc: 'Failed checks in a row before it is repaired.', default: of };
}

const TIMEOUT = { text: 'failover.timeout', source: defaults.failoverTimeoutMs.source };
const THRESHOLD = { text: 'failover.threshold', source: defaults.failoverThreshold.source };

export const reactions = group({
  container_exit: {
    shape: group(common('container_exit', 'start, restart_hard, replace', TIMEOUT)),
    doc: 'A container exits and nobody asked for it. It is met at once.',
  },
  unresponsive: {
    shape: group({
      ...common('unresponsive', 'unpause, restart_soft, restart_hard, replace', TIMEOUT),
      threshold: threshold(THRESHOLD),
    }),
    doc: 'A member runs and fails its checks, shows no heartbeat, or makes no progress.',
  },
  network_partition: {
    shape: group({
      ...common('network_partition', 'reconnect, replace', defaults.partitionTimeoutMs),
      threshold: threshold(THRESHOLD),
    }),
    doc: 'A member is well inside and out of reach, or has lost a network.',
  },
  resource_exhaustion: {
    shape: group(
      common('resource_exhaustion', 'scale_up, restart_soft, restart_hard, replace', defaults.resourceTimeoutMs),
    ),
    doc: 'A member uses up what it may use.',
  },
  critical_failure: {
    shape: group(
      common('critical_failure', 'that of what failed', { text: 'that of what failed', source: 'it is met at once' }),
    ),
    doc: 'Nothing of a service with several members serves any more.',
  },
});
