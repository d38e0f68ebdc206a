import { join, resolve } from 'node:path';

import { TwinhullError } from '../errors.ts';
import { readDotenv } from './dotenv.ts';
import type { Problem } from './problems.ts';
import type { FileText } from './read-file.ts';

export interface EnvironmentSources {
  /** the process's environment: wins over every file */
  readonly process: Readonly<Record<string, string | undefined>>;
  /** --env-file, in order; instead of .env */
  readonly envFiles: readonly string[];
  readonly currentDir: string;
  /** variables are looked for twice, and a pipe (--env-file <(...)) can be read only once */
  readonly readFile: (path: string) => Promise<FileText>;
}

/** The variables for interpolation: the process's, then those of --env-file, or of .env in the first of `folders` that has one. */
export async function readEnvironment(
  sources: EnvironmentSources,
  folders: readonly string[],
  problems: Problem[],
): Promise<Map<string, string>> {
  const variables = new Map<string, string>();
  for (const [name, value] of Object.entries(sources.process)) if (value !== undefined) variables.set(name, value);
  const fromFiles = new Map<string, string>();
  const get = (name: string): string | undefined => variables.get(name) ?? fromFiles.get(name);
  for (const { path, required } of await environmentFiles(sources, variables, folders)) {
    const read = await sources.readFile(path);
    if ('text' in read) {
      for (const [name, variable] of readDotenv(read.text, { file: path, get, raw: false }, problems))
        fromFiles.set(name, variable.value);
    } else if (required || 'refused' in read) {
      throw new TwinhullError(
        'TH_COMPOSE_NOT_FOUND',
        `the environment file ${path} ${'refused' in read ? read.refused : 'does not exist'}`,
        { next: 'Correct --env-file (or COMPOSE_ENV_FILES).' },
      );
    }
  }
  return new Map([...fromFiles, ...variables]);
}

async function environmentFiles(
  sources: EnvironmentSources,
  variables: ReadonlyMap<string, string>,
  folders: readonly string[],
): Promise<{ readonly path: string; readonly required: boolean }[]> {
  const fromVariable = (variables.get('COMPOSE_ENV_FILES') ?? '').split(',').filter((file) => file !== '');
  const named = sources.envFiles.length > 0 ? sources.envFiles : fromVariable;
  if (named.length > 0) return named.map((file) => ({ path: resolve(sources.currentDir, file), required: true }));
  if (isTrue(variables.get('COMPOSE_DISABLE_ENV_FILE'))) return [];
  for (const folder of folders) {
    const path = join(folder, '.env');
    if (!('missing' in (await sources.readFile(path)))) return [{ path, required: false }];
  }
  return [];
}

function isTrue(value: string | undefined): boolean {
  return /^(1|true|t|yes|y|on)$/i.test(value ?? '');
}
