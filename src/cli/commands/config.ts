import { type Command, Option } from 'commander';
import { resolve } from 'node:path';
import type { Project } from '../../compose/project.ts';
import { command, type Context, type ExitCode, type Entry } from '../command.ts';
import { loadProjectOf } from '../place.ts';
import { printable } from '../terminal/printable.ts';

interface Options {
  readonly format?: 'yaml' | 'json';
  readonly explain?: true;
  readonly services?: true;
  readonly volumes?: true;
  readonly images?: true;
  readonly profiles?: true;
  readonly interpolate: boolean;
  readonly quiet?: true;
  readonly output?: string;
  readonly json?: true;
}

const LISTS = ['services', 'volumes', 'images', 'profiles'] as const;

export function configCommand(entry: Entry): Command {
  return command<Options>(entry, {}, config)
    .addOption(new Option('--format <format>', 'how to print it').choices(['yaml', 'json']))
    .option('--explain', 'print every x-twinhull setting with its default, unit and source')
    .option('--services', 'print the names of the services only, one a line')
    .option('--volumes', 'print the names of the volumes only')
    .option('--images', 'print the names of the images only')
    .option('--profiles', 'print the names of the profiles only')
    .option('--no-interpolate', 'leave ${VAR} as it is')
    .option('-o, --output <file>', 'write it to a file instead')
    .option('-q, --quiet', 'check only, print nothing');
}

async function config(context: Context, options: Options): Promise<ExitCode> {
  const { terminal } = context;
  if (options.explain) {
    const { explainSettings } = await import('../../redundancy/settings.ts');
    terminal.say(explainSettings());
    return 0;
  }
  const project = await loadProjectOf(context, { interpolate: options.interpolate });
  if (options.quiet) return 0;
  const list = LISTS.find((name) => options[name] === true);
  if (list !== undefined) {
    const names = namesOf(project, list);
    if (terminal.json) terminal.document(names);
    else for (const name of names) terminal.say(printable(name));
    return 0;
  }
  const { printProject } = await import('../../compose/print.ts');
  const text = printProject(project, terminal.json ? 'json' : (options.format ?? 'yaml'));
  await write(context, text.endsWith('\n') ? text : `${text}\n`, options.output);
  return 0;
}

async function write({ terminal, currentDir }: Context, text: string, output: string | undefined): Promise<void> {
  if (output === undefined) {
    terminal.raw(text);
    return;
  }
  const { writeFileSafely } = await import('../file-writing.ts');
  writeFileSafely(resolve(currentDir, output), text, 0o600);
}

function namesOf(project: Project, list: (typeof LISTS)[number]): string[] {
  switch (list) {
    case 'services':
      return Object.keys(project.services);
    case 'volumes':
      return Object.keys(project.volumes);
    case 'images':
      return [
        ...new Set(Object.entries(project.services).map(([name, { image }]) => image ?? `${project.name}-${name}`)),
      ];
    case 'profiles':
      return [
        ...new Set([
          ...project.activeProfiles,
          ...Object.values(project.services).flatMap(({ profiles }) => profiles ?? []),
        ]),
      ].toSorted();
  }
}
