import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { errorCatalogue } from '../src/errors.ts';
import { pages } from './pages.ts';

for (const [name, make] of Object.entries(pages)) {
  test(`docs/${name} says what the code says (script/docs writes it)`, () => {
    assert.equal(readFileSync(join(import.meta.dirname, name), 'utf8'), make());
  });
}

test('every error code is thrown somewhere', () => {
  const source = join(import.meta.dirname, '../src');
  const text = readdirSync(source, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts') && name !== 'errors.ts')
    .map((name) => readFileSync(join(source, name), 'utf8'))
    .join('\n');
  assert.deepEqual(
    Object.keys(errorCatalogue).filter((code) => !text.includes(`'${code}'`)),
    [],
  );
});
