import type { Command } from 'commander';
import { command, type Context, type ExitCode, type Entry } from '../command.ts';
import { interruption } from '../interruption.ts';
import { type Place, withPlace } from '../place.ts';
import { printable } from '../terminal/printable.ts';
import { reporter } from '../terminal/reporter.ts';
import { withSupervisor } from '../with-supervisor.ts';

export function restartCommand(entry: Entry): Command {
  return command(
    entry,
    {
      description:
        'Restarts services or members, one member at a time; traffic is led away first, so that a hot pair loses no request.',
    },
    (context, _options, args) => withPlace(context, (place) => restart(context, place, args[0] as string[])),
  ).argument('<names...>', 'services or members');
}

async function restart(context: Context, place: Place, targets: readonly string[]): Promise<ExitCode> {
  using interrupted = interruption();
  const { signal } = interrupted;
  await withSupervisor(context, place, 'restart', async (control) => {
    for (const target of targets) await control.restart({ target }, reporter(context), signal);
  });
  if (context.terminal.json) context.terminal.document({ restarted: targets });
  else context.terminal.say(`restarted ${targets.map(printable).join(', ')}`);
  return 0;
}
