import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runSeed } from './run.ts';

test('one seed is one run, to the letter', async () => {
  const options = { seed: '7', minutes: 2, services: 2 };
  const [first, second] = [await runSeed(options), await runSeed(options)];
  assert.ok(first.trace.length > 20);
  assert.equal(first.trace.join('\n'), second.trace.join('\n'));
  assert.notEqual(first.trace.join('\n'), (await runSeed({ ...options, seed: '8' })).trace.join('\n'));
});

test('what is broken on purpose is noticed: a supervisor that never comes back', async () => {
  const gone = {
    name: 'gone',
    family: 'self',
    begin: (world: Parameters<typeof kill>[0]) => kill(world),
  } as const;
  const { violations } = await runSeed({ seed: '1', minutes: 2, services: 2, faults: [gone] });
  assert.ok(violations.some(({ rule }) => rule === 'repaired at the end'));
});

function kill(world: { readonly twinhull: { kill(startsAgain: boolean): void } }) {
  world.twinhull.kill(false);
  return { what: 'the supervisor is gone for good', causes: [], lastsMs: 0, end: () => undefined };
}
