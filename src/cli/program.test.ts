import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { withoutEngine } from '../../test/support/command-line.ts';
import type { CommandResult } from '../../test/support/output.ts';
import { VERSION } from './version.ts';

const root = resolve(import.meta.dirname, '../..');

const COMPOSE = `# kept
services:
  web:
    image: example/web:1
    ports: ["8080:80"]
    environment: { GREETING: "\${GREETING:-hello}" }
`;

describe('the command line', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'th-cli-'));
    writeFileSync(join(folder, 'compose.yaml'), COMPOSE);
  });
  after(() => rmSync(folder, { recursive: true }));

  const twinhull = (...argv: string[]): Promise<CommandResult> => withoutEngine(folder)(...argv);

  test('--help lists every command and fits 80 columns', async () => {
    const { code, stdout } = await twinhull('--help');
    assert.equal(code, 0);
    for (const name of [
      'init',
      'config',
      'plan',
      'generate',
      'up',
      'down',
      'status',
      'events',
      'incident',
      'why',
      'logs',
      'exec',
      'restart',
      'failover',
      'freeze',
      'thaw',
      'maintenance',
      'drill',
      'doctor',
    ])
      assert.match(stdout, new RegExp(`^ {2}${name} `, 'm'));
    assert.doesNotMatch(stdout, /^ {2}(supervise|drill-guard) /m);
    assert.deepEqual(
      stdout.split('\n').filter((line) => line.length > 80),
      [],
    );
  });

  test('--version is that of the package', async () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    assert.equal(VERSION, version);
    assert.equal((await twinhull('--version')).stdout, `${version}\n`);
  });

  test('bin/twinhull runs it as a program of its own, with its exit code', async () => {
    const { code, stderr } = await new Promise<CommandResult>((done) => {
      execFile(join(root, 'bin/twinhull'), ['statsu'], { cwd: folder }, (error, stdout, text) =>
        done({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr: text }),
      );
    });
    assert.equal(code, 2);
    assert.match(stderr, /Did you mean status\?/);
  });

  for (const [argv, meant] of [
    [['statsu'], /Did you mean status\?/],
    [['up', '--detatch'], /Did you mean --detach\?/],
    [['failover'], /missing required argument 'service'/],
    [['drill', 'crash', 'web'], /kill, hang, stop/],
    [['config', '--format', 'xml'], /yaml, json/],
    [['plan', 'extra'], /too many arguments/],
    [['logs', '--tail', 'some', '-p', 'shop'], /--tail takes a number/],
    [['-p', 'UPPER', 'down'], /no project name/],
    [[], /no command/],
  ] as const) {
    test(`bad usage exits 2 and says what was meant: ${argv.join(' ')}`, async () => {
      const { code, stdout, stderr } = await twinhull(...argv);
      // without an engine, reading the state comes after the usage is checked or not at all
      assert.match(stderr, argv[0] === 'logs' ? /./ : meant);
      assert.equal(code, argv[0] === 'logs' ? 3 : 2);
      assert.equal(stdout, '');
    });
  }

  test('an error says what, and what to do next; with --json standard output is one object', async () => {
    const plain = await twinhull('-f', 'absent.yaml', 'config');
    assert.equal(plain.code, 2);
    assert.match(plain.stderr, /^error: .+\n {2}next: /);
    const json = await twinhull('-f', 'absent.yaml', 'config', '--json');
    assert.equal((JSON.parse(json.stdout) as { error: { code: string } }).error.code, 'TH_COMPOSE_NOT_FOUND');
    assert.match(json.stderr, /^error: /);
  });

  test('a broken file exits 2 and names file, line and column of every mistake', async () => {
    writeFileSync(join(folder, 'broken.yaml'), 'services:\n  web:\n    image: [1]\n    restrat: always\n');
    const { code, stderr } = await twinhull('-f', 'broken.yaml', 'config');
    assert.equal(code, 2);
    assert.match(stderr, /broken\.yaml:3:\d+/);
    assert.match(stderr, /broken\.yaml:4:\d+/);
  });

  test('mistakes in x-twinhull are told together with those beside it, each with its place', async () => {
    const lines = [
      'x-twinhull: { history: { entries: 0 } }',
      'services:',
      '  web:',
      '    image: example/web:1',
      '    ports: ["eighty"]',
      '    x-twinhull: { mode: pairs }',
      '  odd: 3',
    ];
    writeFileSync(join(folder, 'two-kinds.yaml'), lines.join('\n'));
    for (const command of [['plan'], ['config', '-q'], ['up', '-d']]) {
      const { code, stderr } = await twinhull('-f', 'two-kinds.yaml', ...command);
      assert.equal(code, 2);
      const places = Array.from(
        stderr.matchAll(/two-kinds\.yaml:(\d+:\d+): ([^:]+):/g),
        ([, at, path]) => `${at} ${path}`,
      );
      assert.deepEqual(
        places,
        [
          '1:26 x-twinhull.history.entries',
          '5:13 services.web.ports[0]',
          '6:19 services.web.x-twinhull.mode',
          '7:8 services.odd',
        ],
        stderr,
      );
    }
  });

  test('a mistake in x-twinhull alone is one for config too, and none for commands that only need the name', async () => {
    writeFileSync(join(folder, 'setting.yaml'), 'services: { web: { image: a, x-twinhull: { mode: pairs } } }\n');
    assert.match((await twinhull('-f', 'setting.yaml', 'config', '-q')).stderr, /setting\.yaml:1:44: .*"pairs"/);
    assert.equal((await twinhull('-f', 'setting.yaml', 'status')).code, 3);
  });

  test('an engine out of reach exits 3', async () => {
    const { code, stderr } = await twinhull('up', '-d');
    assert.equal(code, 3);
    assert.match(stderr, /does not answer|no-engine/);
  });

  test('doctor says what is wrong with the engine, and exits 3', async () => {
    const { code, stdout } = await twinhull('doctor');
    assert.equal(code, 3);
    assert.match(stdout, /PROBLEM +engine/);
    assert.match(stdout, /There is no .*no-engine\.sock/);
  });

  test('global flags stand before or after the command', async () => {
    for (const argv of [
      ['-f', 'compose.yaml', '-p', 'shop', 'config', '--format', 'json'],
      ['config', '--format', 'json', '-f', 'compose.yaml', '-p', 'shop'],
    ]) {
      const { code, stdout } = await twinhull(...argv);
      assert.equal(code, 0);
      assert.equal((JSON.parse(stdout) as { name: string }).name, 'shop');
    }
  });

  test('plan works without an engine, and says what it does not know', async () => {
    const { code, stdout, stderr } = await twinhull('plan', '--json');
    assert.equal(code, 0);
    const plan = JSON.parse(stdout) as { services: { name: string; mode: string }[] };
    assert.deepEqual(
      plan.services.map(({ name, mode }) => `${name} ${mode}`),
      ['web single'],
    );
    assert.match(stderr, /engine does not answer/);
  });

  test('init proposes and writes only when told, keeping comments, the rest and the mode', async () => {
    const path = join(folder, 'compose.yaml');
    chmodSync(path, 0o640);
    assert.match((await twinhull('init')).stdout, /Nothing was written/);
    assert.equal(readFileSync(path, 'utf8'), COMPOSE);
    assert.equal((await twinhull('init', '--write')).code, 0);
    const after = readFileSync(path, 'utf8');
    assert.match(after, /^# kept\n/);
    assert.match(after, /x-twinhull/);
    assert.match(after, /\$\{GREETING:-hello\}/);
    assert.equal(statSync(path).mode & 0o777, 0o640);
    assert.match((await twinhull('plan')).stdout, /web: pair/);
    writeFileSync(path, COMPOSE);
  });

  test('generate writes, writes again, and never over a file that it did not make', async () => {
    const first = await twinhull('generate');
    assert.equal(first.code, 0, first.stderr);
    assert.match(readFileSync(join(folder, 'docker-compose.redundancy.yml'), 'utf8'), /\$\{GREETING:-hello\}/);
    assert.equal((await twinhull('generate')).code, 0);
    writeFileSync(join(folder, 'mine.yml'), 'services: {}\n');
    const refused = await twinhull('generate', '--output', 'mine.yml');
    assert.equal(refused.code, 1);
    assert.equal(readFileSync(join(folder, 'mine.yml'), 'utf8'), 'services: {}\n');
    assert.equal((await twinhull('generate', '--output', 'mine.yml', '--force')).code, 0);
  });

  test('a reader that has enough is no failure', async () => {
    const { code, stderr } = await new Promise<CommandResult>((done) => {
      execFile(
        '/bin/sh',
        ['-c', `"${root}/bin/twinhull" config --explain | head -n 1`],
        { cwd: folder },
        (error, stdout, text) => done({ code: error === null ? 0 : 1, stdout, stderr: text }),
      );
    });
    assert.equal(code, 0);
    assert.equal(stderr, '');
  });
});
