import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { TwinhullError } from '../errors.ts';
import type { Container, Engine } from '../ports/engine.ts';
import { clearLeftovers, drillUnderWay, leftovers, type Marker, mark, ownPidNamespace, unmark } from './leftovers.ts';
import type { Hands } from './undo.ts';

const gone = spawnSync(process.execPath, ['-e', '']).pid;
const marker: Marker = {
  fault: 'hang',
  service: 'web',
  member: 'web-primary',
  containerId: 'c1',
  undo: { kind: 'continue' },
  pid: gone,
  pidNamespace: ownPidNamespace(),
  undoAfter: 5000,
};

describe('what drills leave behind', () => {
  let folder: string;
  let asked: string[];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'th-drills-'));
    asked = [];
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const handsWith = (state: Container['state'] | null): Hands => ({
    engine: engineWith(state),
    startSupervisor: async () => asked.push('start supervisor') > 0,
    startUnit: async (unit) => asked.push(`start ${unit}`) > 0,
  });
  const engineWith = (state: Container['state'] | null): Engine =>
    ({
      inspectContainer: async () => (state === null ? null : { id: 'c1', state }),
      killContainer: async (id: string, signal: string) => void asked.push(`${signal} ${id}`),
      startContainer: async (id: string) => void asked.push(`start ${id}`),
    }) as unknown as Engine;

  test('the marker is for its owner alone', () => {
    const path = mark(folder, marker);
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.equal(statSync(join(folder, 'drills')).mode & 0o777, 0o700);
  });

  test('a drill whose process is gone is one; one that goes on is none until its time is over', () => {
    mark(folder, marker);
    mark(folder, { ...marker, pid: process.pid });
    assert.deepEqual(
      leftovers(folder, 1000).map(({ marker: { pid } }) => pid),
      [gone],
    );
    assert.equal(leftovers(folder, 6000).length, 2);
  });

  test('one that goes on is under way, and nobody begins another one', () => {
    mark(folder, marker);
    assert.equal(drillUnderWay(folder, 1000), null);
    mark(folder, { ...marker, pid: process.pid });
    assert.equal(drillUnderWay(folder, 1000)?.pid, process.pid);
    assert.equal(drillUnderWay(folder, 6000), null);
  });

  test('where its process number means nothing, a drill goes on until its time is over', () => {
    mark(folder, { ...marker, pidNamespace: 'pid:[1]' });
    assert.deepEqual(leftovers(folder, 1000), []);
    assert.equal(leftovers(folder, 6000).length, 1);
  });

  test('a supervisor that was killed is started again', async () => {
    mark(folder, { ...marker, fault: 'supervisor', containerId: '', undo: { kind: 'start_supervisor' } });
    await clearLeftovers(handsWith(null), folder, 1000);
    assert.deepEqual(asked, ['start supervisor']);
  });

  test('a drill that cleaned up itself leaves nothing', () => {
    unmark(mark(folder, marker));
    assert.deepEqual(leftovers(folder, 9000), []);
  });

  test('a frozen container goes on, a stopped one is started, each once', async () => {
    mark(folder, marker);
    mark(folder, { ...marker, fault: 'stop', undo: { kind: 'start' }, containerId: 'c2' });
    await clearLeftovers(handsWith('running'), folder, 1000);
    assert.deepEqual(asked, ['SIGCONT c1']);
    assert.deepEqual(readdirSync(join(folder, 'drills')), []);
    mark(folder, { ...marker, fault: 'stop', undo: { kind: 'start' } });
    await clearLeftovers(handsWith('exited'), folder, 1000);
    assert.deepEqual(asked, ['SIGCONT c1', 'start c1']);
  });

  test('what is no marker is no drill', async () => {
    const drills = dirname(mark(folder, marker));
    const badId = JSON.stringify({ ...marker, containerId: '../../x?force=1' });
    for (const [name, text] of Object.entries({
      a: '{}',
      b: '[1]',
      c: '{"pid":1',
      d: '{"fault":"burn"}',
      e: 'null',
      f: badId,
    }))
      writeFileSync(join(drills, `${name}.json`), text);
    execFileSync('mkfifo', [join(drills, 'pipe.json')]);
    assert.equal(leftovers(folder, 9000).length, 1);
    await clearLeftovers(handsWith('running'), folder, 9000);
    assert.deepEqual(asked, ['SIGCONT c1']);
  });

  test('a fault that the engine refuses to take back holds nobody up', async () => {
    mark(folder, marker);
    const refusal = new TwinhullError('TH_ENGINE_REFUSED', 'it is being removed');
    const engine = { ...engineWith('running'), killContainer: () => Promise.reject(refusal) };
    const [line] = await clearLeftovers({ ...handsWith('running'), engine }, folder, 9000);
    assert.match(line ?? '', /could not be taken back: it is being removed/);
    assert.deepEqual(leftovers(folder, 9000), []);
  });

  test('a container that was replaced in the meantime is left alone', async () => {
    mark(folder, marker);
    const [line] = await clearLeftovers(handsWith(null), folder, 1000);
    assert.deepEqual(asked, []);
    assert.doesNotMatch(line ?? '', /taken back/);
  });
});
