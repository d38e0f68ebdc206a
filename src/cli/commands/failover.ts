import type { Command } from 'commander';
import { command, type Context, type ExitCode, type Entry } from '../command.ts';
import { interruption } from '../interruption.ts';
import { type Place, withPlace } from '../place.ts';
import { printable } from '../terminal/printable.ts';
import { reporter } from '../terminal/reporter.ts';
import { withSupervisor } from '../with-supervisor.ts';

interface Options {
  readonly to?: string;
}

export function failoverCommand(entry: Entry): Command {
  return command<Options>(entry, {}, (context, options, args) =>
    withPlace(context, (place) => failover(context, place, args[0] as string, options.to ?? null)),
  )
    .argument('<service>', 'the service to switch')
    .option('--to <member>', 'the member to switch to; default: the healthiest other one');
}

async function failover(context: Context, place: Place, service: string, to: string | null): Promise<ExitCode> {
  using interrupted = interruption();
  const { signal } = interrupted;
  const switched = await withSupervisor(context, place, 'failover', (control) =>
    control.failover({ service, to }, reporter(context), signal),
  );
  if (context.terminal.json) context.terminal.document({ service, ...switched });
  else
    context.terminal.say(
      `${printable(service)}: ${printable(switched.to)} is primary now${switched.from === null ? '' : `, ${printable(switched.from)} was before`}`,
    );
  return 0;
}
