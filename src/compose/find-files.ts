import { access } from 'node:fs/promises';
import { delimiter, dirname, join, resolve } from 'node:path';

import { TwinhullError } from '../errors.ts';

/** Compose's own names, the preferred first. */
const NAMES = ['compose.yaml', 'compose.yml', 'docker-compose.yml', 'docker-compose.yaml'];
const OVERRIDES = [
  'compose.override.yml',
  'compose.override.yaml',
  'docker-compose.override.yml',
  'docker-compose.override.yaml',
];

export interface FileSearch {
  /** -f, in order */
  readonly files: readonly string[];
  readonly projectDirectory: string | undefined;
  readonly currentDir: string;
  /** with the first .env taken in: COMPOSE_FILE may stand there */
  readonly variables: ReadonlyMap<string, string>;
}

/**
 * The files a project is made of, absolute, in merge order; "-" is standard input. -f, then COMPOSE_FILE, then
 * the first folder upwards that has a Compose file, with the override file beside it.
 * @throws TwinhullError TH_COMPOSE_NOT_FOUND
 */
export async function findComposeFiles(search: FileSearch): Promise<string[]> {
  const named = search.files.length > 0 ? search.files : filesOfVariable(search.variables);
  if (named.length > 0) return Promise.all(named.map((file) => existing(file, search.currentDir)));
  const start = resolve(search.currentDir, search.projectDirectory ?? '.');
  for (let folder = start; ; folder = dirname(folder)) {
    const file = await firstOf(folder, NAMES);
    if (file !== null) {
      const override = await firstOf(folder, OVERRIDES);
      return override === null ? [file] : [file, override];
    }
    if (folder === dirname(folder)) break;
  }
  throw new TwinhullError(
    'TH_COMPOSE_NOT_FOUND',
    `no Compose file in ${start} or a folder above it (${NAMES.join(', ')})`,
  );
}

function filesOfVariable(variables: ReadonlyMap<string, string>): string[] {
  const value = variables.get('COMPOSE_FILE') ?? '';
  return value === ''
    ? []
    : value.split(variables.get('COMPOSE_PATH_SEPARATOR') || delimiter).filter((file) => file !== '');
}

async function existing(file: string, currentDir: string): Promise<string> {
  if (file === '-') return file;
  const path = resolve(currentDir, file);
  if (await exists(path)) return path;
  throw new TwinhullError('TH_COMPOSE_NOT_FOUND', `${path} does not exist`);
}

async function firstOf(folder: string, names: readonly string[]): Promise<string | null> {
  for (const name of names) {
    const path = join(folder, name);
    if (await exists(path)) return path;
  }
  return null;
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}
