/** One document of a Compose file: variables filled in, keys read by the table. */

import { homedir } from 'node:os';
import { isAbsolute, join, relative, resolve } from 'node:path';

import { interpolate, InterpolationError, type Variables } from './interpolate.ts';
import type { Reading } from './keys/key.ts';
import { project } from './keys/project.ts';
import { get, list, map, scalar, textOf, type Entry, type Node, type Path } from './node.ts';
import { problemAt, showValue, type Problem } from './problems.ts';

export interface DocumentContext {
  readonly variables: ReadonlyMap<string, string>;
  readonly interpolated: boolean;
  /** the folder that paths in this file are relative to */
  readonly folder: string;
  readonly workingDir: string;
  readonly problems: Problem[];
  readonly warnings: Problem[];
  /** variables that had no value, told once */
  readonly missing: Set<string>;
  /** how much variables and short forms may still add, over all files; in characters */
  readonly growth: { left: number };
}

/** The canonical form of a document, or null where it is not even a map. */
export function readDocument(root: Node, context: DocumentContext): Node | null {
  const filled = context.interpolated ? fillIn(root, [], context) : root;
  refuseLaterKeys(filled, context.problems);
  const reading: Reading = {
    problems: context.problems,
    warnings: context.warnings,
    interpolated: context.interpolated,
    resolvePath: (written) => resolvePath(written, context),
    growth: context.growth,
  };
  return project.read(filled, { path: [], reading });
}

function fillIn(node: Node, path: Path, context: DocumentContext): Node {
  switch (node.kind) {
    case 'scalar':
      return typeof node.value === 'string' && node.value.includes('$')
        ? scalar(filledText(node.value, node, path, context), node.at)
        : node;
    case 'list':
      return list(
        node.items.map((item, index) => fillIn(item, [...path, index], context)),
        node.at,
      );
    case 'map': {
      const entries = new Map<string, Entry>();
      for (const [name, entry] of node.entries)
        entries.set(name, { keyAt: entry.keyAt, value: fillIn(entry.value, [...path, name], context) });
      return map(entries, node.at);
    }
  }
}

function filledText(text: string, node: Node, path: Path, context: DocumentContext): string {
  const variables: Variables = {
    get: (name) => context.variables.get(name),
    onMissing: (name) => warnOfMissing(name, node, path, context),
  };
  try {
    const filled = interpolate(text, variables);
    return withinGrowth(filled, context) ? filled : refuseGrowth(node, path, context);
  } catch (error) {
    if (!(error instanceof InterpolationError)) throw error;
    context.problems.push(problemAt(node.at, path, showValue(text), error.message, error.expected));
    return text;
  }
}

function warnOfMissing(name: string, node: Node, path: Path, { missing, warnings }: DocumentContext): void {
  if (missing.has(name)) return;
  missing.add(name);
  warnings.push(problemAt(node.at, path, '', `the variable ${name} is not set; an empty string is used`));
}

function withinGrowth(filled: string, { growth }: DocumentContext): boolean {
  growth.left -= filled.length;
  return growth.left >= 0;
}

function refuseGrowth(node: Node, path: Path, { growth, problems }: DocumentContext): string {
  const message = 'the files grow too large when their variables are filled in';
  if (growth.left > -Infinity) problems.push(problemAt(node.at, path, '', message, 'at most 32 MiB of text'));
  growth.left = -Infinity;
  return '';
}

/** Interpolated: absolute. As written: relative to the project's folder, and untouched where that is the file's own. */
function resolvePath(written: string, context: DocumentContext): string {
  const path =
    written === '~' || written.startsWith('~/')
      ? join(context.variables.get('HOME') || homedir(), written.slice(1))
      : written;
  if (/^[a-zA-Z]:[\\/]|^\\\\/.test(path)) return path;
  if (context.interpolated) return resolve(context.folder, path);
  if (isAbsolute(path) || context.folder === context.workingDir) return written;
  const rebased = relative(context.workingDir, resolve(context.folder, path));
  return rebased.startsWith('.') ? rebased : `./${rebased}`;
}

/** Keys of the specification that twinhull does not carry out, where leaving them out would change what runs. */
const LATER: Readonly<Record<string, string>> = {
  models: 'the address of the model as an environment variable of your own',
  provider: 'a service with an image, or the provider run by hand',
};

function refuseLaterKeys(root: Node, problems: Problem[]): void {
  const include = root.kind === 'map' ? root.entries.get('include') : undefined;
  if (include && !(include.value.kind === 'list' && include.value.items.length === 0)) {
    problems.push(
      problemAt(
        include.keyAt,
        ['include'],
        '',
        'is not carried out by twinhull yet',
        'the files given one after the other with -f',
      ),
    );
  }
  const services = get(root, 'services');
  for (const [name, { value }] of services?.kind === 'map' ? services.entries : []) {
    for (const [key, expected] of Object.entries(LATER)) {
      const entry = value.kind === 'map' ? value.entries.get(key) : undefined;
      if (entry)
        problems.push(
          problemAt(entry.keyAt, ['services', name, key], '', 'is not carried out by twinhull yet', expected),
        );
    }
  }
}

/** `name:` of a document, with variables filled in; undefined where there is none. */
export function documentName(root: Node, variables: ReadonlyMap<string, string>): string | undefined {
  const written = textOf(root, 'name');
  if (written === undefined) return undefined;
  try {
    return interpolate(written, { get: (name) => variables.get(name), onMissing: () => undefined });
  } catch {
    return undefined;
  }
}
