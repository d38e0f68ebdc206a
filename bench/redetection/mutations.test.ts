import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { messageOf } from '../../src/errors.ts';
import { type Mutation, mutated } from './mutation.ts';
import { mutations } from './mutations.ts';

const ROOT = join(import.meta.dirname, '..', '..');

for (const file of new Set(mutations.map((mutation) => mutation.file))) {
  test(`each mutation of ${file} changes one place of it`, async () => {
    const source = await readFile(join(ROOT, file), 'utf8');
    const own = mutations.filter((one) => one.file === file);
    assert.deepEqual(
      own.map((mutation) => complaint(source, mutation)).filter((words) => words !== ''),
      [],
    );
  });
}

function complaint(source: string, mutation: Mutation): string {
  try {
    return mutated(source, mutation) === source ? `${mutation.name}: it changes nothing` : '';
  } catch (error) {
    return messageOf(error);
  }
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
