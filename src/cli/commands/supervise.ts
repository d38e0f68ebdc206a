import { type Command, Option } from 'commander';
import { setTimeout as sleep } from 'node:timers/promises';
import { isCode, messageOf, TwinhullError } from '../../errors.ts';
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
const LOOK_FOR_ROOM_EVERY_MS = 1000;

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
  const { environment } = context;
  const begin = (): Promise<Host> =>
    host(place, { purpose: 'supervisor', kind, environment, reachable: true, log, trace: log });
  const here = await onceThereIsRoom(begin, log, signal);
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

/**
 * A state that cannot even be opened, since its disk is full, is waited for: an end would be followed by another start
 * at once, and after five of them by none. Gateways go on by themselves meanwhile.
 */
async function onceThereIsRoom(
  begin: () => Promise<Host>,
  log: (line: string) => void,
  signal: AbortSignal,
): Promise<Host> {
  for (let told = false; ; told = true) {
    try {
      return await begin();
    } catch (error) {
      if (!isCode(error, 'TH_STATE_FULL')) throw error;
      if (!told) log(`waiting for room on the disk: ${messageOf(error)}`);
    }
    await sleep(LOOK_FOR_ROOM_EVERY_MS, undefined, { signal });
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
