import { basename } from 'node:path';

import { TwinhullError } from '../errors.ts';
import { showValue } from './problems.ts';

const VALID = /^[a-z0-9][a-z0-9_-]*$/;

export interface NameSources {
  /** -p */
  readonly flag: string | undefined;
  /** COMPOSE_PROJECT_NAME */
  readonly variable: string | undefined;
  /** `name:` of the last file that has one, with variables filled in */
  readonly file: string | undefined;
  readonly workingDir: string;
}

/**
 * The project's name by Compose's order; that of the folder is made to fit, one that a person gave is not.
 * @throws TwinhullError TH_COMPOSE_INVALID
 */
export function projectName(sources: NameSources): string {
  const given = [
    { from: '-p', name: sources.flag },
    { from: 'COMPOSE_PROJECT_NAME', name: sources.variable },
    { from: '"name:" of the Compose file', name: sources.file },
  ].find(({ name }) => name !== undefined && name !== '');
  if (given?.name !== undefined) return checked(given.name, given.from);
  const name = fitted(basename(sources.workingDir));
  if (name !== '') return name;
  throw invalid(`the folder ${sources.workingDir} gives no project name`, 'Give one with -p.');
}

/** Small letters, digits, - and _; nothing else at the beginning than a letter or a digit. */
function fitted(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]/g, '')
    .replace(/^[_-]+/, '');
}

function checked(name: string, from: string): string {
  if (VALID.test(name) && name.length <= 200) return name;
  const better = fitted(name);
  throw invalid(
    `${showValue(name)}, from ${from}, is no project name; expected small letters, digits, - and _, with a letter or digit first`,
    better === '' ? 'Choose another name.' : `Take for example ${better}.`,
  );
}

function invalid(message: string, next: string): TwinhullError {
  return new TwinhullError('TH_COMPOSE_INVALID', message, { next });
}
