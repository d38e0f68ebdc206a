import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { UpOptions, UpResult } from './control.ts';
import { MemoryLease, MemoryRecords, MemoryStore } from '../adapters/memory/store.ts';
import { systemClock } from '../adapters/node/clock.ts';
import { isCode } from '../errors.ts';
import type { Fleet } from '../redundancy/fleet.ts';
import { PatientStore } from '../supervisor/patient-store.ts';
import type { SupervisorHandle } from '../supervisor/parts.ts';
import { type Deployer, SupervisedProject } from './supervised-project.ts';

const options: UpOptions = { removeOrphans: false, forceRecreate: false, waitTimeoutMs: null };
const fleet = { project: 'shop', services: [{ name: 'web', members: [{ name: 'web-primary' }] }] } as unknown as Fleet;
const serving: UpResult = { serving: ['web'], finished: [], notServing: [], orphans: [] };
const never = new AbortController().signal;
const nothing = (): void => undefined;

/** A project whose supervisor and deployer write down what is asked of them. */
function scene(deploying: Partial<Deployer> = {}, there = true, onOrder: () => void = nothing) {
  const log: string[] = [];
  const records = new MemoryRecords();
  const store = new PatientStore(new MemoryStore(new MemoryLease(), records), systemClock);
  const gone = Promise.withResolvers<{ ended: 'gone' }>();
  const handle: Partial<SupervisorHandle> = {
    run: (signal) => {
      log.push('run');
      const stopped = new Promise<{ ended: 'stopped' }>((resolve) =>
        signal.addEventListener('abort', () => {
          log.push('stopped');
          resolve({ ended: 'stopped' });
        }),
      );
      return Promise.race([stopped, gone.promise]);
    },
    whenSeen: async () => undefined,
    setFleet: () => void log.push('new plan'),
    withBusy: async (services, work) => {
      log.push(`aside ${services.join()}`);
      const result = await work();
      log.push('back');
      return result;
    },
    order: ({ kind }) => {
      log.push(kind);
      onOrder();
      return [];
    },
    announceDrill: () => void log.push('drill'),
    restart: async () => void log.push('restart'),
    failover: async (service) => {
      log.push(`failover ${service}`);
      return { from: null, to: 'x' };
    },
  };
  const project = new SupervisedProject({
    project: 'shop',
    store,
    clock: systemClock,
    makeSupervisor: () => handle as SupervisorHandle,
    isThere: async () => there,
    info: { pid: 1, startedAt: 0, version: '0', kind: 'process' },
    deployer: {
      up: (_fleet, _options, { aside }) =>
        aside(['web'], async () => {
          log.push('deploy');
          return serving;
        }),
      down: async () => void log.push('down'),
      finishBegun: async (_fleet, report) => {
        log.push('finish');
        report({ at: 0, service: null, text: 'web was put back' });
      },
      stop: async () => void log.push('containers stopped'),
      ...deploying,
    },
  });
  return { log, store, records, project, gone };
}

describe('a supervised project', () => {
  test('the first up starts the supervisor with the changing services set aside', async () => {
    const { log, project, store } = scene();
    assert.deepEqual(await project.up(fleet, options, nothing, never), serving);
    assert.deepEqual(log, ['aside web', 'run', 'new plan', 'deploy', 'back']);
    assert.deepEqual(store.document('fleet'), fleet);
  });

  test('the next up gives the running one the new plan', async () => {
    const { log, project } = scene();
    await project.up(fleet, options, nothing, never);
    log.length = 0;
    await project.up(fleet, options, nothing, never);
    assert.deepEqual(log, ['aside web', 'new plan', 'deploy', 'back']);
  });

  test('a plan that is refused before anything is touched leaves no plan on record, and this process ends', async () => {
    const { project, store } = scene({ up: () => Promise.reject(new Error('port in use')) });
    await assert.rejects(project.up(fleet, options, nothing, never), /port in use/);
    assert.equal(store.document('fleet'), null);
    assert.deepEqual(await project.ended, { why: 'stopped' });
  });

  test('a refused second up leaves the first plan and its supervisor', async () => {
    let refuse = false;
    const { project, store, log } = scene({
      up: (_fleet, _options, { aside }) => (refuse ? Promise.reject(new Error('no')) : aside([], async () => serving)),
    });
    await project.up(fleet, options, nothing, never);
    refuse = true;
    await assert.rejects(project.up({ ...fleet, files: ['other'] }, options, nothing, never), /no/);
    assert.deepEqual(store.document('fleet'), fleet);
    assert.equal(project.isIdle(), false);
    assert.ok(!log.includes('stopped'));
  });

  test('operations run one after the other, and say that they wait', async () => {
    const release = Promise.withResolvers<void>();
    const { log, project } = scene({
      up: (_fleet, _options, { aside }) => aside([], () => release.promise.then(() => serving)),
    });
    const first = project.up(fleet, options, nothing, never);
    const said: string[] = [];
    const second = project.failover({ service: 'web', to: null }, ({ text }) => said.push(text));
    await systemClock.sleep(700);
    assert.ok(!log.includes('failover web'));
    assert.match(said.join(), /waiting for another/);
    release.resolve();
    await first;
    await second;
    assert.ok(log.includes('failover web'));
  });

  test('a freeze waits for nobody', async () => {
    const release = Promise.withResolvers<void>();
    const { log, project } = scene({
      up: (_fleet, _options, { aside }) => aside([], () => release.promise.then(() => serving)),
    });
    const first = project.up(fleet, options, nothing, never);
    await systemClock.sleep(0);
    await project.order({ kind: 'freeze_asked', reason: '' });
    assert.ok(log.includes('freeze_asked') && !log.includes('back'));
    release.resolve();
    await first;
    const maintenance = { kind: 'maintenance_asked', service: 'wep', on: true, until: null } as const;
    await assert.rejects(project.order(maintenance), (error) => isCode(error, 'TH_UNKNOWN_NAME'));
  });

  test('with a full disk what a person asks for is refused before anything of it is done, and no plan takes its place', async () => {
    const { log, project, store, records } = scene();
    await project.up(fleet, options, nothing, never);
    log.length = 0;
    records.isFull = true;
    const refusals: readonly (() => Promise<unknown>)[] = [
      () => project.order({ kind: 'freeze_asked', reason: '' }),
      () => project.order({ kind: 'maintenance_asked', service: 'web', on: true, until: null }),
      () => project.failover({ service: 'web', to: null }, nothing),
      () => project.restart({ target: 'web' }, nothing),
      () => project.drill({ service: 'web', member: 'web-primary', forMs: 1 }, nothing),
      () => project.up({ ...fleet, files: ['other'] }, options, nothing, never),
    ];
    for (const refused of refusals)
      await assert.rejects(
        refused,
        (error) => isCode(error, 'TH_STATE_FULL') && error.state === 'Nothing was changed.',
      );
    assert.deepEqual(log, []);
    records.isFull = false;
    assert.deepEqual(store.document('fleet'), fleet);
    await project.order({ kind: 'freeze_asked', reason: '' });
    assert.deepEqual(log, ['freeze_asked']);
  });

  test('a disk that fills up in the middle of an order: nobody is told that it is done', async () => {
    const { project, records, log } = scene({}, true, () => (records.isFull = true));
    await project.up(fleet, options, nothing, never);
    await assert.rejects(
      project.order({ kind: 'freeze_asked', reason: '' }),
      (error) => isCode(error, 'TH_STATE_FULL') && /until this supervisor ends/.test(error.state ?? ''),
    );
    assert.ok(log.includes('freeze_asked'));
  });

  test('a project can be taken down with a full disk', async () => {
    const { project, records } = scene();
    await project.up(fleet, options, nothing, never);
    records.isFull = true;
    await project.down({ volumes: false, timeoutSeconds: null }, nothing);
    assert.deepEqual(await project.ended, { why: 'down' });
  });

  test('the fleet of another project is refused', async () => {
    const { project } = scene();
    await assert.rejects(
      async () => project.up({ ...fleet, project: 'other' }, options, nothing, never),
      (error) => isCode(error, 'TH_USAGE'),
    );
  });

  test('an unknown name is refused with the known ones', async () => {
    const { project } = scene();
    await project.up(fleet, options, nothing, never);
    await assert.rejects(
      async () => project.restart({ target: 'wep' }, nothing),
      (error) => isCode(error, 'TH_UNKNOWN_NAME') && /web, web-primary/.test(error.message),
    );
  });

  test('down ends supervising first, and forgets the plan', async () => {
    const { log, project, store } = scene();
    await project.up(fleet, options, nothing, never);
    log.length = 0;
    await project.down({ volumes: false, timeoutSeconds: null }, nothing);
    assert.deepEqual(log, ['stopped', 'down']);
    assert.equal(store.document('fleet'), null);
    assert.deepEqual(await project.ended, { why: 'down' });
  });

  test('down closes the record: nothing of what was known comes back with the next up', async () => {
    const { project, store } = scene();
    await project.up(fleet, options, nothing, never);
    store.saveDocument('core', { memory: {}, lastEventAt: 1 });
    store.announce(1, { kind: 'start' }, null);
    store.saveIncident({
      id: 'one',
      service: 'web',
      member: 'web-primary',
      kind: 'container_exit',
      startedAt: 1,
      endedAt: null,
      evidence: [],
      actions: [],
      outcome: null,
      impact: { failedRequests: 0, retriedRequests: 0, withoutServiceMs: 0 },
    });
    store.saveDocument('emergencies', [{ id: 'two', endedAt: null, steps: [] }]);
    await project.down({ volumes: false, timeoutSeconds: null }, nothing);
    assert.equal(store.document('core'), null);
    assert.equal((store.document('emergencies') as { endedAt: unknown }[])[0]?.endedAt !== null, true);
    assert.deepEqual(store.pending(), []);
    assert.equal(store.incident('one')?.outcome, 'superseded');
  });

  test('a down that fails can be tried again', async () => {
    let attempts = 0;
    const { project } = scene({
      down: () => (attempts++ === 0 ? Promise.reject(new Error('busy')) : Promise.resolve()),
    });
    await project.up(fleet, options, nothing, never);
    await assert.rejects(project.down({ volumes: false, timeoutSeconds: null }, nothing), /busy/);
    await project.down({ volumes: false, timeoutSeconds: null }, nothing);
    assert.deepEqual(await project.ended, { why: 'down' });
  });

  test('a project taken down by another tool ends it, and a later start does not bring it back', async () => {
    const { project, store, gone } = scene();
    await project.up(fleet, options, nothing, never);
    gone.resolve({ ended: 'gone' });
    assert.deepEqual(await project.ended, { why: 'gone' });
    assert.equal(store.document('fleet'), null);
  });

  test('stop leaves containers alone unless asked', async () => {
    const { log, project } = scene();
    await project.up(fleet, options, nothing, never);
    await project.stop();
    assert.ok(!log.includes('containers stopped'));
    assert.deepEqual(await project.ended, { why: 'stopped' });
  });

  test('resume goes on with the plan on record', async () => {
    const { log, project, store } = scene();
    store.saveDocument('fleet', fleet);
    await project.resume();
    assert.deepEqual(log, ['finish', 'run']);
    assert.equal(store.events()[0]?.message, 'web was put back');
  });

  test('what cannot be finished keeps nobody from supervising', async () => {
    const { log, project, store } = scene({ finishBegun: () => Promise.reject(new Error('engine is busy')) });
    store.saveDocument('fleet', fleet);
    await project.resume();
    assert.deepEqual(log, ['run']);
    assert.match(store.events()[0]?.message ?? '', /engine is busy/);
  });

  test('resume brings nothing back that was taken down while nobody supervised', async () => {
    const { log, project, store } = scene({}, false);
    store.saveDocument('fleet', fleet);
    await project.resume();
    assert.deepEqual(log, []);
    assert.equal(project.isIdle(), true);
  });

  test('resume leaves a project alone that was stopped on purpose, until the next up', async () => {
    const first = scene();
    await first.project.up(fleet, options, nothing, never);
    await first.project.stop({ report: nothing });
    assert.equal(first.store.document('stopped'), true);
    const { log, project, store } = scene();
    store.saveDocument('fleet', fleet);
    store.saveDocument('stopped', true);
    await project.resume();
    assert.deepEqual(log, []);
    await project.up(fleet, options, nothing, never);
    assert.equal(store.document('stopped'), false);
  });
});
