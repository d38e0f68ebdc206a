/** What a service wants done about a kind of failure, where that is not the usual. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CoreStory, lineOf, serviceModel } from '../../test/support/core-story.ts';
import { done, effectsIn, pass } from '../../test/support/core-signs.ts';
import type { FailureKind, LadderRung, Reaction, ServiceModel } from './model.ts';

const { policy } = serviceModel('web');

function wanting(kind: FailureKind, reaction: Partial<Reaction>, single = false): ServiceModel {
  const usual: Reaction = { ladder: null, alertOnly: false };
  const reactions = { ...policy.reactions, [kind]: { ...usual, ...reaction } };
  const members = [{ name: 'web', role: 'primary' as const, startsAtUp: true }];
  return serviceModel('web', {
    ...(single ? { mode: 'single', balance: null, members } : {}),
    policy: { ...policy, reactions },
  });
}

function well(model: ServiceModel): CoreStory {
  const story = new CoreStory([model]);
  story.decide();
  story.now += 20_000;
  story.decide();
  return story;
}

function fails(story: CoreStory, key: string): string[] {
  story.now += 100;
  const ended = {
    kind: 'action_ended',
    key,
    service: 'web',
    outcome: 'failed',
    missedCheck: false,
    detail: 'no',
  } as const;
  return story.decide(ended).map(lineOf);
}

const exited = { state: 'exited', ended: 'failed', exitCode: 1 } as const;
const alertsIn = (lines: readonly string[]): string[] => lines.filter((line) => line.startsWith('alert'));

test('alert_only: traffic moves, it is said once and recorded, and the container is left as it is', () => {
  const story = well(wanting('container_exit', { alertOnly: true }));
  story.seeMember('web', 'web-primary', exited);
  const lines = pass(story, 60);
  assert.deepEqual([...new Set(effectsIn(lines))], ['lead web web-backup', 'take_out web web-primary']);
  assert.deepEqual(alertsIn(lines), [
    'alert web: web-primary exited with code 1; it is left alone: failover.on.container_exit is alert_only',
  ]);
  assert.equal(lines.filter((line) => line.startsWith('open_incident')).length, 1);
});

test('alert_only of one kind leaves the others to be repaired', () => {
  const story = well(wanting('unresponsive', { alertOnly: true }, true));
  story.seeMember('web', 'web', exited);
  assert.deepEqual(effectsIn(pass(story, 1)), ['start web web']);
});

test('the usual ladders: each step follows the one that did not help', () => {
  const steps: [FailureKind, LadderRung[]][] = [['container_exit', ['start', 'restart_hard', 'replace']]];
  for (const [kind, ladder] of steps) {
    const story = well(wanting(kind, {}, true));
    story.seeMember('web', 'web', exited);
    let lines = story.decide().map(lineOf);
    for (const rung of ladder) {
      assert.deepEqual(effectsIn(lines), [`${rung} web web`]);
      lines = fails(story, `${rung} web web`);
    }
  }
});

test('a ladder of its own is climbed instead of the usual', () => {
  const story = well(wanting('container_exit', { ladder: ['replace', 'start'] }, true));
  story.seeMember('web', 'web', exited);
  assert.deepEqual(effectsIn(story.decide().map(lineOf)), ['replace web web']);
  assert.deepEqual(effectsIn(fails(story, 'replace web web')), ['start web web']);
});

test('steps that do not fit the moment are left out; where none fits, somebody is told', () => {
  const story = well(wanting('unresponsive', { ladder: ['unpause'] }, true));
  story.seeMember('web', 'web', { health: 'unhealthy', healthFailures: 5 });
  const lines = pass(story, 60);
  assert.deepEqual(effectsIn(lines), []);
  assert.match(alertsIn(lines).join('\n'), /it is left alone: no step of its ladder can help it/);
  story.seeMember('web', 'web', { state: 'paused' });
  assert.deepEqual(effectsIn(pass(story, 1)), ['unpause web web'], 'paused, it fits');
});

test('a member that has no container is made anew, whatever its ladder says', () => {
  const story = well(wanting('container_exit', { ladder: ['start'] }, true));
  story.seeMember('web', 'web', { state: 'absent', ended: 'failed' });
  assert.deepEqual(effectsIn(story.decide().map(lineOf)), ['replace web web']);
});

test('nothing of the service serves: what is wanted for critical_failure counts', () => {
  const story = well(wanting('critical_failure', { ladder: ['replace'] }));
  story.seeMember('web', 'web-primary', exited);
  assert.ok(effectsIn(pass(story, 1)).includes('start web web-primary'));
  story.seeMember('web', 'web-backup', exited);
  const lines = pass(story, 1);
  assert.ok(
    lines.some((line) => line.startsWith('open_incident web-backup critical_failure')),
    lines.join('\n'),
  );
  assert.ok(effectsIn(lines).includes('replace web web-backup'), lines.join('\n'));
});

test('alert_only for critical_failure leaves the last ones as they are', () => {
  const story = well(wanting('critical_failure', { alertOnly: true }));
  for (const name of ['web-primary', 'web-backup']) story.seeMember('web', name, exited);
  const lines = pass(story, 30);
  assert.ok(!effectsIn(lines).some((line) => /^(start|restart|replace) .*web-backup/.test(line)), lines.join('\n'));
});

test('a threshold of its own for members out of reach', () => {
  for (const [partitionThreshold, expected] of [
    [3, 12],
    [5, 20],
  ] as const) {
    const story = well(serviceModel('web', { policy: { ...policy, partitionThreshold } }));
    story.seeMember('web', 'web-primary', { health: 'healthy' });
    let checks = 0;
    while (checks < 40) {
      checks += 1;
      story.now += 400;
      const where = { service: 'web', member: 'web-primary', port: 80 };
      const lines = story
        .decide({ kind: 'check_failed', ...where, checkFailure: 'unreachable', detail: 'L4TOUT' })
        .map(lineOf);
      if (effectsIn(lines).includes('reconnect web web-primary')) break;
    }
    assert.equal(checks, expected);
  }
});

test('cut off from a network of the project: connected again at once, requests inside are not cut, brake or not', () => {
  const story = well(serviceModel('web'));
  for (const name of ['web-primary', 'web-backup']) story.seeMember('web', name, { detachedFrom: ['shop_default'] });
  const lines = story.decide().map(lineOf);
  assert.match(lines.join('\n'), /network_partition: web-primary is cut off from the network shop_default/);
  assert.deepEqual(effectsIn(lines), ['reconnect web web-primary', 'reconnect web web-backup']);
});

test('connecting it did not help: then it is replaced', () => {
  const story = well(serviceModel('web'));
  story.seeMember('web', 'web-backup', { detachedFrom: ['shop_default'] });
  assert.deepEqual(effectsIn(story.decide().map(lineOf)), ['reconnect web web-backup']);
  const lines = [...done(story, 'reconnect web web-backup'), ...pass(story, 6)];
  assert.deepEqual([...new Set(effectsIn(lines))], ['take_out web web-backup']);
  assert.deepEqual(effectsIn(done(story, 'take_out web web-backup')), ['replace web web-backup']);
});

test('a cold pair is not moved for a network that can be given back', () => {
  const cold = serviceModel('web', {
    balance: null,
    policy: { ...policy, standby: 'cold', hasGateway: false },
    members: [
      { name: 'web-primary', role: 'primary', startsAtUp: true },
      { name: 'web-backup', role: 'backup', startsAtUp: false },
    ],
  });
  const story = new CoreStory([cold]);
  story.seeMember('web', 'web-backup', { state: 'created' });
  story.decide();
  story.now += 20_000;
  story.seeMember('web', 'web-primary', { detachedFrom: ['shop_default'] });
  assert.deepEqual(effectsIn(story.decide().map(lineOf)), ['reconnect web web-primary']);
});

test('requests that stood still for a moment restart nobody, also where one failed check is enough', () => {
  const story = well(serviceModel('web', { policy: { ...policy, threshold: 1 } }));
  story.now += 1000;
  story.decide({ kind: 'stalled', service: 'web', member: 'web-backup', forMs: 800 });
  assert.deepEqual(
    effectsIn(pass(story, 60)).filter((key) => /restart|replace/.test(key)),
    [],
  );
});

test('a partition, the member exits, and the disk has no room for a new one: it is started, and not without end', () => {
  const story = well(serviceModel('web'));
  const fileSystems = [{ what: 'the engine', diskShare: 0.99, inodesShare: null, isEngines: true }];
  story.host = { memoryShare: null, fileSystems };
  story.seeMember('web', 'web-backup', { attached: false });
  const effects = effectsIn(story.decide().map(lineOf));
  assert.ok(effects.includes('reconnect web web-backup'), effects.join());
  story.seeMember('web', 'web-backup', exited);
  for (let rounds = 0; rounds < 200; rounds++) {
    const [key] = story.pending().filter((pending) => /reconnect|start/.test(pending));
    const lines = key === undefined ? story.decide().map(lineOf) : fails(story, key);
    effects.push(...effectsIn(lines));
    story.now += 100;
  }
  assert.ok(effects.includes('start web web-backup'), effects.join());
  assert.ok(effects.filter((key) => /reconnect|start/.test(key)).length <= 6, effects.join());
});
