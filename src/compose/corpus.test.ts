/**
 * The corpus. bad: one file, one mistake; its first comment lines are the exact message. good: a project as
 * people write them, and beside it what it comes to (expected.yaml, with the project's folder as /project);
 * UPDATE_EXPECTED=1 writes it anew.
 */

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';

import { loadProject } from './load.ts';
import { printProject } from './print.ts';
import { ComposeProblems } from './problems.ts';
import type { Project } from './project.ts';

const testdata = join(import.meta.dirname, 'testdata');
const bad = join(testdata, 'bad');
const good = join(testdata, 'good');
const environment = { HOME: '/home/someone' };

describe('bad files', () => {
  for (const file of readdirSync(bad)) {
    it(file, async () => {
      const expected = expectedProblems(readFileSync(join(bad, file), 'utf8'));
      assert.ok(expected.length > 0, 'the file begins with the expected message');
      assert.deepEqual(await problemsOf(file), expected);
    });
  }
});

function expectedProblems(text: string): string[] {
  const lines = text.split('\n');
  const end = lines.findIndex((line) => !line.startsWith('# '));
  return lines.slice(0, end).map((line) => line.slice(2));
}

async function problemsOf(file: string): Promise<string[]> {
  try {
    await loadProject({ files: [file], projectName: 'bad', environment, currentDir: bad });
    return [];
  } catch (error) {
    assert.ok(error instanceof ComposeProblems, String(error));
    return error.message.replaceAll(`${bad}/`, '').split('\n');
  }
}

describe('good projects', () => {
  for (const name of readdirSync(good)) {
    const folder = join(good, name);
    it(name, async () => {
      const project = await loadProject({ environment, currentDir: folder });
      const printed = printProject(project, 'yaml').replaceAll(good, '/project');
      const file = join(folder, 'expected.yaml');
      if (process.env['UPDATE_EXPECTED'] === '1' || !existsSync(file)) writeFileSync(file, printed);
      assert.equal(printed, readFileSync(file, 'utf8'));
    });
    for (const format of ['yaml', 'json'] as const) {
      it(`${name}, printed as ${format} and read again, is the same`, async () => {
        const project = await loadProject({ environment, currentDir: folder });
        const again = await reloaded(printProject(project, format), folder);
        assert.deepEqual(substance(again), substance(project));
      });
    }
    it(`${name} loads with its variables as they are written`, async () => {
      const project = await loadProject({ environment, currentDir: folder, interpolate: false });
      assert.deepEqual(
        Object.keys(project.services),
        Object.keys((await loadProject({ environment, currentDir: folder })).services),
      );
    });
  }
});

async function reloaded(text: string, currentDir: string): Promise<Project> {
  return loadProject({
    files: ['-'],
    readStandardInput: async () => text,
    profiles: ['*'],
    environment: { ...environment, ...secretsOfTheCorpus },
    currentDir: join(currentDir),
  });
}

const secretsOfTheCorpus = { COMPOSE_DISABLE_ENV_FILE: '1', GRAFANA_PASSWORD: 'x' };

/** What a project is, without where it came from. */
function substance({ name, services, networks, volumes, configs, secrets, extensions }: Project): unknown {
  return { name, services, networks, volumes, configs, secrets, extensions };
}
