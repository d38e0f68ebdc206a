import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { test } from 'node:test';

/**
 * Imports run one way. Each folder (or file) of src names what it may import besides itself and the leaves;
 * what is not listed is refused, so a new folder has to take its place here first.
 */
const LEAVES = [
  'errors.ts',
  'duration.ts',
  'bytes.ts',
  'copy.ts',
  'labels.ts',
  'sealed.ts',
  'state-folder.ts',
  'socket-path.ts',
  'private-folder.ts',
  'replace-file.ts',
];
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: ['copy.ts'],
  ports: ['core'],
  compose: ['ports'],
  redundancy: ['compose', 'core', 'ports'],
  deploy: ['fencing', 'redundancy', 'ports'],
  adapters: ['ports'],
  supervisor: ['fencing', 'redundancy', 'core', 'ports'],
  fencing: ['redundancy', 'ports'],
  drill: ['redundancy', 'compose', 'core', 'ports'],
  api: ['supervisor', 'redundancy', 'core', 'ports'],
  simulator: ['api', 'supervisor', 'deploy', 'redundancy', 'compose', 'core', 'ports', 'adapters'],
  cli: ['api', 'supervisor', 'deploy', 'drill', 'redundancy', 'compose', 'core', 'ports', 'wire.ts'],
  'wire.ts': ['supervisor', 'deploy', 'redundancy', 'ports', 'adapters'],
  'main.ts': ['cli', 'wire.ts'],
  'errors.ts': [],
  'duration.ts': [],
  'bytes.ts': [],
  'copy.ts': [],
  'labels.ts': [],
  'sealed.ts': [],
  'state-folder.ts': [],
  'socket-path.ts': [],
  'private-folder.ts': [],
  'replace-file.ts': [],
};

const source = resolve(import.meta.dirname, '../../src');

function* modules(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* modules(path);
    else if (/\.tsx?$/.test(entry.name) && !entry.name.endsWith('.test.ts')) yield path;
  }
}

function room(path: string): string {
  return relative(source, path).split('/')[0] ?? '';
}

function importsOf(path: string): string[] {
  const text = readFileSync(path, 'utf8');
  const found = text.matchAll(
    /(?:^|\n)\s*(?:import|export)\b[^;'"]*?(?:\bfrom\s*)?['"](\.[^'"]+)['"]|import\(\s*['"](\.[^'"]+)['"]\s*\)/g,
  );
  return [...found].map(([, fixed, dynamic]) => resolve(dirname(path), fixed ?? dynamic ?? ''));
}

for (const [from, allowed] of Object.entries(MAY_IMPORT)) {
  test(`${from} imports only ${[...allowed, 'itself', 'leaves'].join(', ')}`, () => {
    const wrong: string[] = [];
    for (const path of modules(source)) {
      if (room(path) !== from) continue;
      for (const target of importsOf(path)) {
        const to = room(target);
        if (to === from || allowed.includes(to) || (LEAVES.includes(to) && from !== 'core')) continue;
        wrong.push(`${relative(source, path)} -> ${relative(source, target)}`);
      }
    }
    assert.deepEqual(wrong, []);
  });
}

test('every folder and file of src has its place', () => {
  const rooms = readdirSync(source).filter((name) => !name.endsWith('.test.ts'));
  assert.deepEqual(
    rooms.filter((name) => !(name in MAY_IMPORT)),
    [],
  );
});

test('the core reads no clock, no random number and nothing outside', () => {
  const banned =
    /\b(Date\.now|new Date\(\)|Math\.random|performance\.now|setTimeout|setInterval|process\.)|from 'node:/;
  const guilty = [...modules(join(source, 'core'))].filter((path) => banned.test(readFileSync(path, 'utf8')));
  assert.deepEqual(
    guilty.map((path) => relative(source, path)),
    [],
  );
});
