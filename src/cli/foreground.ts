import type { UpOptions } from '../api/control.ts';
import { TwinhullError } from '../errors.ts';
import type { Fleet } from '../redundancy/fleet.ts';
import type { Context, ExitCode } from './command.ts';
import { eventLine } from './terminal/event-line.ts';
import { type Host, host } from './host.ts';
import { type Interruption, interruption } from './interruption.ts';
import type { Place } from './place.ts';
import { reporter } from './terminal/reporter.ts';
import { showResult } from './terminal/up-result.ts';
import type { Ending } from '../api/supervised-project.ts';

/**
 * `up` in the foreground: this process is the supervisor and shows what happens. The first Ctrl-C stops the
 * project as `docker compose up` does, containers stopped and kept; a second one leaves at once.
 */
export async function supervisedHere(
  context: Context,
  place: Place,
  fleet: Fleet,
  options: UpOptions,
): Promise<ExitCode> {
  const { terminal } = context;
  const log = (line: string): void => terminal.warn(line);
  const here = await host(place, {
    purpose: 'supervisor',
    kind: 'foreground',
    environment: context.environment,
    reachable: true,
    log,
    trace: () => undefined,
  });
  using interrupted = interruption(() =>
    terminal.say('\nStopping the project; Ctrl-C again leaves at once, with containers as they are.'),
  );
  const watching = new AbortController();
  let shown = Promise.resolve();
  try {
    terminal.say('Ctrl-C stops the project. "twinhull up -d" leaves it running, supervised in the background.');
    shown = showEvents(context, here, watching.signal);
    const code = await startedHere(context, here, fleet, options, interrupted.signal);
    const ending = await untilTheEnd(context, here, interrupted);
    if (ending.why === 'failed') throw ending.error;
    return code;
  } finally {
    watching.abort();
    await shown;
    await here.close();
  }
}

/** 0 when every service serves; an `up` that fails leaves what it started, as Compose does. */
async function startedHere(
  context: Context,
  { project }: Host,
  fleet: Fleet,
  options: UpOptions,
  signal: AbortSignal,
): Promise<ExitCode> {
  try {
    const result = await project.up(fleet, options, reporter(context), signal);
    if (context.terminal.json) context.terminal.object({ kind: 'up', project: fleet.project, ...result });
    showResult(context, result);
    return result.notServing.length === 0 ? 0 : 1;
  } catch (error) {
    if (signal.aborted) return 1;
    throw error;
  }
}

async function untilTheEnd(context: Context, { project, ended }: Host, { signal }: Interruption): Promise<Ending> {
  const asked = new Promise<'interrupted'>((resolve) => {
    if (signal.aborted) resolve('interrupted');
    signal.addEventListener('abort', () => resolve('interrupted'));
  });
  const first = await Promise.race([ended, asked]);
  if (first === 'interrupted') {
    await project.stop({ report: reporter(context) });
    return ended;
  }
  if (first.why === 'gone')
    throw new TwinhullError('TH_NOT_RUNNING', 'the project was taken down by another tool', {
      next: 'twinhull up starts it again.',
    });
  return first;
}

async function showEvents({ terminal }: Context, { project }: Host, signal: AbortSignal): Promise<void> {
  for await (const event of project.events({ sinceMs: Date.now(), follow: true }, signal)) {
    if (terminal.json) terminal.object(event);
    else terminal.say(eventLine(event, Date.now()));
  }
}
