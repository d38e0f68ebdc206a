import { buildKeys } from './keys/build.ts';
import { deployKeys } from './keys/deploy.ts';
import { configKeys, secretKeys } from './keys/file-definition.ts';
import { healthcheckKeys } from './keys/healthcheck.ts';
import type { EngineUse, Key, KeyTable } from './keys/key.ts';
import { networkKeys } from './keys/network.ts';
import { projectKeys } from './keys/project.ts';
import { serviceKeys } from './keys/service.ts';
import { volumeKeys } from './keys/volume.ts';

/** docs/compose-keys.md: every key twinhull reads, what it is for and what becomes of it. */
export function keysPage(): string {
  return [
    '# Compose keys',
    '',
    'twinhull reads the files of the Compose Specification. This page is made from the table in `src/compose/keys`',
    'by `script/docs`; a key that is not here is refused with its place. Keys that begin with `x-` are yours, and',
    'are kept everywhere.',
    '',
    ...section('Top level', projectKeys),
    ...section('Services', serviceKeys),
    ...section('build', buildKeys),
    ...section('healthcheck', healthcheckKeys),
    ...section('deploy', deployKeys),
    ...section('Networks', networkKeys),
    ...section('Volumes', volumeKeys),
    ...section('Configs', configKeys),
    ...section('Secrets', secretKeys),
  ].join('\n');
}

function section(title: string, keys: KeyTable): string[] {
  const carriedOut = Object.values(keys).some((key) => key.engine);
  const head = carriedOut
    ? ['| key | meaning | what twinhull does |', '| --- | --- | --- |']
    : ['| key | meaning |', '| --- | --- |'];
  const rows = Object.entries(keys).sort(([a], [b]) => (a < b ? -1 : 1));
  return [`## ${title}`, '', ...head, ...rows.map(([name, key]) => row(name, key, carriedOut)), ''];
}

function row(name: string, key: Key, carriedOut: boolean): string {
  const cells = [`\`${name}\``, `${key.doc} Expected: ${key.shape.expected}.`];
  if (carriedOut) cells.push(key.engine ? useInWords(key.engine) : 'read');
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

function useInWords(use: EngineUse<unknown>): string {
  if ('put' in use) return 'passed to the engine';
  if ('elsewhere' in use) return `used: ${use.elsewhere}`;
  return 'ignored' in use ? `no effect: ${use.ignored}` : `not supported: ${use.unsupported}`;
}
