import type { Command } from 'commander';
import { TwinhullError } from '../../errors.ts';
import { command, type Context, type ExitCode, type Entry } from '../command.ts';
import { hostForAMoment } from '../host.ts';
import { interruption } from '../interruption.ts';
import { type Place, withPlace } from '../place.ts';
import { reporter } from '../terminal/reporter.ts';
import { removeSupervisorContainer } from '../start-supervisor.ts';

interface Options {
  readonly volumes?: true;
  readonly timeout?: string;
}

export function downCommand(entry: Entry): Command {
  return command<Options>(
    entry,
    {
      description: 'Takes the project down: containers, gateways, networks, supervisor. Volumes stay unless asked for.',
    },
    (context, options) => withPlace(context, (place) => down(context, place, options)),
  )
    .option('-v, --volumes', 'remove the named volumes of the project too, with all their data')
    .option('-t, --timeout <seconds>', "how long a container may take to stop; default: each container's own");
}

async function down(context: Context, place: Place, options: Options): Promise<ExitCode> {
  const request = { volumes: options.volumes === true, timeoutSeconds: seconds(options.timeout) };
  using interrupted = interruption();
  const { signal } = interrupted;
  if ((await place.control.status()) !== null) {
    await place.control.down(request, reporter(context), signal);
  } else {
    await hostForAMoment(context, place, 'down', (project) => project.down(request, reporter(context)));
  }
  await removeSupervisorContainer(place);
  if (context.terminal.json)
    context.terminal.document({ project: place.project, down: true, volumesRemoved: request.volumes });
  return 0;
}

function seconds(text: string | undefined): number | null {
  if (text === undefined) return null;
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new TwinhullError('TH_USAGE', `--timeout takes a number of seconds, not "${text}"`);
}
