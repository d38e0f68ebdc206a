import type { Command } from 'commander';
import { readFile } from 'node:fs/promises';
import { TwinhullError } from '../../errors.ts';
import type { Project } from '../../compose/project.ts';
import { command, type Context, type ExitCode, type Entry } from '../command.ts';
import { loadProjectOf } from '../place.ts';
import { factsIfReachable } from '../planning.ts';
import { printable } from '../terminal/printable.ts';
import { table, wrap } from '../terminal/table.ts';

interface Options {
  readonly write?: true;
}

export function initCommand(entry: Entry): Command {
  return command<Options>(
    entry,
    {
      description:
        'Proposes x-twinhull for each service, with its reason. Writes it into the Compose file only with --write.',
    },
    init,
  ).option('--write', 'write the proposals into the Compose file, comments and format kept');
}

async function init(context: Context, options: Options): Promise<ExitCode> {
  const { terminal } = context;
  const project = await loadProjectOf(context);
  const facts = await factsIfReachable(context, project);
  const [{ applyProposal }, { proposeRedundancy }] = await Promise.all([
    import('../../redundancy/apply-proposal.ts'),
    import('../../redundancy/propose.ts'),
  ]);
  const proposals = proposeRedundancy(project, facts);
  const written = options.write ? await writeInto(fileOf(project), (text) => applyProposal(text, proposals)) : null;
  if (terminal.json) {
    terminal.document({ project: project.name, file: fileOf(project), written: written === true, proposals });
    return 0;
  }
  for (const line of table([['SERVICE', 'MODE'], ...proposals.map(({ service, mode }) => [printable(service), mode])]))
    terminal.say(line);
  for (const { service, reason } of proposals)
    terminal.say(['', printable(service), ...wrap(printable(reason), terminal.columns, '  ')].join('\n'));
  terminal.say(`\n${outcome(project, written)}`);
  return 0;
}

/** With several files the proposals belong into the first: the others are laid over it. */
function fileOf(project: Project): string {
  const [file] = project.files;
  if (file === undefined || file === '-')
    throw new TwinhullError('TH_USAGE', 'the project was read from standard input, there is no file to write');
  return file;
}

/** true when the file was changed. */
async function writeInto(path: string, change: (text: string) => string): Promise<boolean> {
  const { writeFileSafely } = await import('../file-writing.ts');
  const before = await readFile(path, 'utf8');
  const after = change(before);
  if (after !== before) writeFileSafely(path, after, 0o644);
  return after !== before;
}

function outcome(project: Project, written: boolean | null): string {
  const file = printable(fileOf(project));
  if (written === null)
    return `Nothing was written. "twinhull init --write" writes this into ${file}; "twinhull plan" shows what would exist.`;
  return written
    ? `Written into ${file}. "twinhull plan" shows what would exist, "twinhull up" starts it.`
    : `${file} says all of this already.`;
}
