import type { Command } from 'commander';
import { readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { TwinhullError } from '../../errors.ts';
import { command, type Context, type ExitCode, type Entry } from '../command.ts';
import { loadProjectOf } from '../place.ts';
import { factsIfReachable, planWith } from '../planning.ts';
import { printable } from '../terminal/printable.ts';

interface Options {
  readonly output: string;
  readonly force?: true;
}

const DEFAULT_OUTPUT = 'docker-compose.redundancy.yml';

export function generateCommand(entry: Entry): Command {
  return command<Options>(
    entry,
    {
      description: `Writes ${DEFAULT_OUTPUT} and, beside it, the gateways' configurations: plain Compose, with no supervisor.`,
    },
    generate,
  )
    .option('-o, --output <file>', 'the Compose file to write; the folder beside it has its name', DEFAULT_OUTPUT)
    .option('--force', 'overwrite files that twinhull did not make');
}

async function generate(context: Context, options: Options): Promise<ExitCode> {
  const [project, asWritten] = await Promise.all([
    loadProjectOf(context),
    loadProjectOf(context, { interpolate: false }),
  ]);
  const fleet = await planWith(context, project, await factsIfReachable(context, project));
  const [{ generateFiles }, { gatewayDriver }] = await Promise.all([
    import('../../redundancy/generate.ts'),
    import('../../wire.ts'),
  ]);
  const target = resolve(project.workingDir, options.output);
  const files = generateFiles(asWritten, fleet, gatewayDriver(context.environment), { fileName: basename(target) });
  const placed = files.map((file) => ({ ...file, path: join(dirname(target), file.path) }));
  if (!options.force) refuseStrangers(placed.map(({ path }) => path));
  const { writeFileSafely } = await import('../file-writing.ts');
  for (const { path, text, mode } of placed) writeFileSafely(path, text, mode);
  report(
    context,
    fleet.project,
    placed.map(({ path }) => path),
  );
  return 0;
}

/** Files of ours say in their first lines that twinhull made them. */
function refuseStrangers(paths: readonly string[]): void {
  const strangers = paths.filter((path) => {
    const text = textOf(path);
    return text !== null && !/twinhull/i.test(text.slice(0, 400));
  });
  if (strangers.length === 0) return;
  throw new TwinhullError(
    'TH_FILE_EXISTS',
    `twinhull did not make ${strangers.map(printable).join(', ')} and leaves it as it is`,
  );
}

function textOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return null;
    throw error;
  }
}

function report({ terminal }: Context, project: string, paths: readonly string[]): void {
  if (terminal.json) {
    terminal.document({ project, files: paths });
    return;
  }
  for (const path of paths) terminal.say(`wrote ${printable(path)}`);
  terminal.say(`\nStart it with: docker compose -f ${printable(paths[0] ?? '')} up -d`);
}
