import assert from 'node:assert/strict';
import { it } from 'node:test';

import { keysPage } from './keys-page.ts';
import type { KeyTable } from './keys/key.ts';
import { projectKeys } from './keys/project.ts';

function* everyKey(
  keys: KeyTable,
  path: string,
  seen: ReadonlySet<KeyTable>,
): Generator<{ readonly path: string; readonly doc: string; readonly expected: string }> {
  for (const [name, { doc, shape }] of Object.entries(keys)) {
    yield { path: `${path}${name}`, doc, expected: shape.expected };
    if (shape.keys && !seen.has(shape.keys))
      yield* everyKey(shape.keys, `${path}${name}.`, new Set([...seen, shape.keys]));
  }
}

it('every key, at every depth, says what it is for and what it expects', () => {
  const keys = [...everyKey(projectKeys, '', new Set())];
  assert.ok(keys.length > 300, `${keys.length} keys`);
  for (const { path, doc, expected } of keys) {
    assert.match(doc, /^[A-Z0-9].*[.)]$|^[a-z].*\.$/, path);
    assert.notEqual(expected, '', path);
  }
});

it('the page names every key of a service once, and what becomes of it', () => {
  const lines = keysPage().split('\n');
  for (const name of ['image', 'ports', 'healthcheck', 'depends_on', 'oom_score_adj']) {
    const rows = lines.filter((line) => line.startsWith(`| \`${name}\` |`) && line.split(/(?<!\\)\|/).length === 5);
    assert.equal(rows.length, 1, name);
  }
});
