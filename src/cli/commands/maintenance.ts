import { Argument, type Command } from 'commander';
import { parseDuration } from '../../duration.ts';
import { TwinhullError } from '../../errors.ts';
import { command, type Context, type Entry, type ExitCode } from '../command.ts';
import { giveOrder } from '../order.ts';
import { showObeyed } from '../terminal/obeyed.ts';

interface Options {
  readonly for?: string;
}

const LONGEST_MS = 30 * 24 * 3_600_000;

export function maintenanceCommand(entry: Entry): Command {
  return command<Options>(
    entry,
    {
      description:
        'While you work on a service: its members are watched and traffic is led away from what fails; nothing of it is repaired, no incident is opened and no alert made.',
    },
    (context, options, args) => maintain(context, args[0] === 'on', args[1] as string, options),
  )
    .addArgument(new Argument('<switch>', 'on or off').choices(['on', 'off']))
    .argument('<service>', 'the service')
    .option('--for <time>', 'ends by itself after this long, such as 30m; default: until "maintenance off"');
}

async function maintain(context: Context, on: boolean, service: string, options: Options): Promise<ExitCode> {
  const until = on && options.for !== undefined ? Date.now() + duration(options.for) : null;
  const order = { kind: 'maintenance_asked', service, on, until } as const;
  const obeyed = await giveOrder(context, 'maintenance', order);
  if (context.terminal.json) context.terminal.document({ ...obeyed, service, maintenance: on, until });
  else showObeyed(context, obeyed, `${service} was not in maintenance`);
  return 0;
}

function duration(text: string): number {
  const ms = parseDuration(text);
  if (ms !== null && ms > 0 && ms <= LONGEST_MS) return ms;
  throw new TwinhullError('TH_USAGE', `--for takes a time such as 30m, up to 30 days, not "${text}"`);
}
