import { type Command, Option } from 'commander';
import { setTimeout as sleep } from 'node:timers/promises';
import { TwinhullError } from '../../errors.ts';
import { command, type Context, type ExitCode, type Entry } from '../command.ts';
import { type Host, host } from '../host.ts';
import { interruption } from '../interruption.ts';
import { openPlace, type Place } from '../place.ts';
import type { Ending } from '../../api/supervised-project.ts';

interface Options {
  readonly project?: string;
  readonly container?: string;
}

/** how long a supervisor with no plan on record waits for one, in milliseconds */
const WAIT_FOR_PLAN_MS = 60_000;

/** Docker or a person ended this process: its container stays and is started again with the next boot. */
type Interrupted = { readonly why: 'interrupted' };

/** The supervisor itself, as `up -d` starts it: a detached process, or the program of a container. */
export function superviseCommand(entry: Entry): Command {
  return command<Options>(entry, {}, supervise)
    .option('--project <name>', 'the project')
    .addOption(
      new Option(
        '--container <name>',
        'the container that this runs in; removed when there is nothing left to supervise',
      ),
    );
}

async function supervise(context: Context, options: Options): Promise<ExitCode> {
  const project = options.project ?? context.flags.projectName;
  if (project === null) throw new TwinhullError('TH_USAGE', 'supervise needs --project');
  const place = await openPlace(context, project);
  const log = (line: string): void => context.terminal.warn(`${new Date().toISOString()} ${line}`);
  try {
    const ending = await superviseAt(place, context, options.container ?? null, log);
    if (ending.why === 'failed') throw ending.error;
    log(`ended: ${wordsFor(ending.why, project)}`);
    if (options.container !== undefined && ending.why !== 'interrupted') await removeSelf(place, options.container);
    return 0;
  } finally {
    await place.engine.close();
  }
}

async function superviseAt(
  place: Place,
  context: Context,
  container: string | null,
  log: (line: string) => void,
): Promise<Ending | Interrupted> {
  using interrupted = interruption();
  const { signal } = interrupted;
  const kind = container === null ? 'process' : 'container';
  const here = await host(place, {
    purpose: 'supervisor',
    kind,
    environment: context.environment,
    reachable: true,
    log,
    trace: log,
  });
  log(`supervising ${place.project}, process ${process.pid}`);
  try {
    const asked = new Promise<Interrupted>((resolve) =>
      signal.addEventListener('abort', () => resolve({ why: 'interrupted' })),
    );
    const worked = here.project.resume().then(() => here.ended);
    return await Promise.race([here.ended, asked, worked, nothingToDo(here)]);
  } finally {
    await here.close();
  }
}

/** Ends a supervisor to which nobody gave a plan; never resolves otherwise. */
async function nothingToDo({ project }: Host): Promise<Ending> {
  await sleep(WAIT_FOR_PLAN_MS, undefined, { ref: false });
  return project.isIdle() ? { why: 'stopped' } : new Promise<Ending>(() => undefined);
}

/** Docker would start a container with `restart: always` again for ever; ended by removing it, it stays ended. */
async function removeSelf({ engine }: Place, container: string): Promise<void> {
  await engine.setRestartPolicy(container, 'no');
  await engine.removeContainer(container, { force: true, volumes: false });
}

function wordsFor(why: 'interrupted' | 'stopped' | 'down' | 'gone', project: string): string {
  switch (why) {
    case 'interrupted':
      return `a signal; ${project} goes on as it is`;
    case 'stopped':
      return `asked to stop; ${project} goes on as it is`;
    case 'down':
      return `${project} was taken down`;
    case 'gone':
      return `${project} was taken down by another tool`;
  }
}
