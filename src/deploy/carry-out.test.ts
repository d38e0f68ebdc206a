import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { carryOut, type Outcome } from './carry-out.ts';
import type { Step } from './steps.ts';

const start = (id: string, ...after: string[]): Step => ({
  id,
  service: null,
  after,
  kind: 'start_container',
  name: id,
  paused: false,
  restartPolicy: null,
});
const wait = (id: string, optional: boolean, ...after: string[]): Step => ({
  id,
  service: null,
  after,
  kind: 'wait_for',
  condition: 'started',
  waitMs: 1,
  optional,
});

interface Run {
  readonly log: string[];
  readonly outcome: Outcome;
  readonly most: number;
}

/** Each step takes a turn of the event loop; those in `failing` fail. */
async function run(
  steps: readonly Step[],
  options: { failing?: readonly string[]; atOnce?: number; signal?: AbortSignal } = {},
): Promise<Run> {
  const log: string[] = [];
  let now = 0;
  let most = 0;
  const outcome = await carryOut(steps, {
    perform: async (step) => {
      most = Math.max(most, ++now);
      await new Promise((resolve) => setImmediate(resolve));
      now--;
      if (options.failing?.includes(step.id)) throw new Error(`${step.id} is broken`);
    },
    onEvent: ({ kind, step }) => log.push(`${kind} ${step.id}`),
    signal: options.signal ?? new AbortController().signal,
    ...(options.atOnce === undefined ? {} : { atOnce: options.atOnce }),
  });
  return { log, outcome, most };
}

const ids = (list: readonly { readonly step: Step }[]): string[] => list.map(({ step }) => step.id);

describe('carryOut', () => {
  it('does what waits for others after them, whatever the order of the list', async () => {
    const { log } = await run([start('c', 'b'), start('b', 'a'), start('a')]);
    assert.deepEqual(log, ['begun a', 'done a', 'begun b', 'done b', 'begun c', 'done c']);
  });

  it('works side by side, on so many containers at once and no more', async () => {
    const steps = Array.from({ length: 10 }, (_, index) => start(`s${index}`));
    assert.equal((await run(steps)).most, 4);
    assert.equal((await run(steps, { atOnce: 2 })).most, 2);
  });

  it('does not let waiting take a place from working', async () => {
    const waits = Array.from({ length: 10 }, (_, index) => wait(`w${index}`, false));
    assert.equal((await run(waits, { atOnce: 1 })).most, 10);
  });

  it('skips what a failed step stood before, names it, and goes on with the rest', async () => {
    const { outcome, log } = await run([start('a'), start('b', 'a'), start('c', 'b'), start('d')], { failing: ['a'] });
    assert.deepEqual(ids(outcome.failed), ['a']);
    assert.deepEqual(
      outcome.skipped.map(({ step, because }) => [step.id, because.id]),
      [
        ['b', 'a'],
        ['c', 'a'],
      ],
    );
    assert.ok(log.includes('done d'));
  });

  it('lets an optional wait stand in nobody’s way, failed or skipped', async () => {
    const { outcome, log } = await run(
      [start('a'), wait('never', true, 'a'), start('b', 'never'), wait('late', true), start('c', 'late')],
      { failing: ['a', 'late'] },
    );
    assert.deepEqual(ids(outcome.failed), ['a']);
    assert.deepEqual(outcome.skipped, []);
    assert.ok(log.includes('done b') && log.includes('done c') && log.includes('skipped never'));
  });

  it('begins nothing more after an abort, and still ends', async () => {
    const abort = new AbortController();
    abort.abort(new Error('interrupted'));
    const { outcome, log } = await run([start('a'), start('b', 'a')], { signal: abort.signal });
    assert.deepEqual(ids(outcome.failed), ['a']);
    assert.deepEqual(log, ['failed a', 'skipped b']);
  });

  it('rejects plans that could never end', async () => {
    await assert.rejects(run([start('a', 'b'), start('b', 'a')]), /wait for each other: a, b/);
    await assert.rejects(run([start('a', 'nobody')]), /waits for nobody/);
    await assert.rejects(run([start('a'), start('a')]), /same id/);
  });
});
