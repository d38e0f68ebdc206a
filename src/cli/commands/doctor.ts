import type { Command } from 'commander';
import { command, type Context, type ExitCode, type Entry } from '../command.ts';
import type { Finding } from '../doctor-findings.ts';
import { printable } from '../terminal/printable.ts';
import { wrap } from '../terminal/table.ts';

interface Options {
  readonly fix?: true;
}

export function doctorCommand(entry: Entry): Command {
  return command<Options>(
    entry,
    {
      description:
        'Checks what twinhull needs and what it may have left behind. Exits 1 when something is wrong, 3 when the engine does not answer.',
    },
    doctor,
  ).option('--fix', 'clean up leftovers');
}

async function doctor(context: Context, options: Options): Promise<ExitCode> {
  const { examine } = await import('../doctor-findings.ts');
  const findings = await examine(context, options.fix === true);
  if (context.terminal.json)
    context.terminal.document({ healthy: findings.every(({ level }) => level !== 'problem'), findings });
  else for (const finding of findings) show(context, finding);
  if (findings.some(({ what, level }) => what === 'engine' && level === 'problem')) return 3;
  return findings.some(({ level }) => level === 'problem') ? 1 : 0;
}

const MARKS = { ok: ['ok      ', 'green'], note: ['note    ', 'yellow'], problem: ['PROBLEM ', 'red'] } as const;

function show({ terminal }: Context, { level, what, detail, next }: Finding): void {
  const [mark, colour] = MARKS[level];
  const indent = ' '.repeat(mark.length);
  const lines = wrap(printable(`${what}: ${detail}`), terminal.columns, indent);
  terminal.say([terminal.colour(colour, mark) + (lines[0] ?? '').slice(indent.length), ...lines.slice(1)].join('\n'));
  if (next !== '') terminal.say(wrap(`-> ${printable(next)}`, terminal.columns, indent).join('\n'));
}
