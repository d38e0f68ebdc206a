import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { mutated } from './mutation.ts';
import { mutations } from './mutations.ts';

const ROOT = join(import.meta.dirname, '..', '..');

for (const file of new Set(mutations.map((mutation) => mutation.file))) {
  test(`each mutation of ${file} changes one place of it`, async () => {
    const source = await readFile(join(ROOT, file), 'utf8');
    for (const mutation of mutations.filter((one) => one.file === file))
      assert.notEqual(mutated(source, mutation), source, mutation.name);
  });
}

test('each mutation has a name of its own', () => {
  const names = mutations.map(({ name }) => name);
  assert.deepEqual(
    names.filter((name, index) => names.indexOf(name) !== index),
    [],
  );
});

test('a text that is not there, or there twice, is told', () => {
  const mutation = { name: 'this', file: 'a.ts', find: 'x', replace: 'y', whatItBreaks: 'it' };
  assert.equal(mutated('a x b', mutation), 'a y b');
  assert.throws(() => mutated('a b', mutation), /this: its text occurs 0 times in a\.ts/);
  assert.throws(() => mutated('x x', mutation), /this: its text occurs 2 times in a\.ts/);
});
