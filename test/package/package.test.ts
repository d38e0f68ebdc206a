import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { publint } from 'publint';

const root = resolve(import.meta.dirname, '../..');
let folder: string;
let tarball: string;
let names: string[];

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'twinhull-package-'));
  execFileSync('npm', ['pack', '--pack-destination', folder, '--silent'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  tarball = join(folder, `twinhull-${version}.tgz`);
  names = execFileSync('tar', ['tzf', tarball], { encoding: 'utf8' }).trim().split('\n');
});
after(() => rmSync(folder, { recursive: true, force: true }));

test('holds what users need and nothing else', () => {
  const odd = names.filter(
    (name) => !/^package\/(dist\/.*\.js|package\.json|README\.md|LICENSE|CHANGELOG\.md)$/.test(name),
  );
  assert.deepEqual(odd, []);
  assert.deepEqual(
    names.filter((name) => name.includes('.test.')),
    [],
  );
  for (const wanted of ['dist/main.js', 'README.md', 'LICENSE']) assert.ok(names.includes(`package/${wanted}`), wanted);
});

test('asks for at most 10 packages, each pinned exactly', () => {
  const { dependencies, scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
    scripts: Record<string, string>;
  };
  assert.ok(Object.keys(dependencies).length <= 10);
  for (const version of Object.values(dependencies)) assert.match(version, /^\d+\.\d+\.\d+$/);
  for (const hook of ['preinstall', 'install', 'postinstall', 'prepare']) assert.equal(scripts[hook], undefined);
});

test('passes publint', async () => {
  const file = readFileSync(tarball);
  const tarballBytes = file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength);
  const { messages } = await publint({ strict: true, pack: { tarball: tarballBytes } });
  assert.deepEqual(messages, []);
});

test('installs without scripts and runs', () => {
  const home = mkdtempSync(join(folder, 'install-'));
  execFileSync(
    'npm',
    ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--engine-strict=false', '--prefix', home, tarball],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  const main = join(home, 'node_modules/twinhull/dist/main.js');
  assert.ok(existsSync(main));
  const help = execFileSync(process.execPath, [main, '--help'], { encoding: 'utf8' });
  for (const command of ['up', 'plan', 'status', 'drill']) assert.match(help, new RegExp(`^\\s+${command}\\b`, 'm'));
  const config = execFileSync(
    process.execPath,
    [main, '-f', join(root, 'examples/ai-company/compose.yaml'), 'config', '--format', 'json'],
    { encoding: 'utf8' },
  );
  assert.equal((JSON.parse(config) as { name: string }).name, 'ai-company');
});
