import { type Command, Option } from 'commander';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer } from '../../api/control-client.ts';
import type { UpOptions } from '../../api/control.ts';
import { parseDuration } from '../../duration.ts';
import { isCode, TwinhullError } from '../../errors.ts';
import type { Fleet } from '../../redundancy/fleet.ts';
import { command, type Context, type ExitCode, type Entry } from '../command.ts';
import { supervisedHere } from '../foreground.ts';
import { type ImageOptions, prepareImages } from '../images.ts';
import { interruption } from '../interruption.ts';
import { loadProjectOf, openPlace, type Place } from '../place.ts';
import { factsFrom, planWith } from '../planning.ts';
import { printable } from '../terminal/printable.ts';
import { reporter } from '../terminal/reporter.ts';
import { frozenText } from '../terminal/status-page.ts';
import { showResult } from '../terminal/up-result.ts';
import { isSupervisorOutdated, startSupervisor, supervisorImage } from '../start-supervisor.ts';
import { eventLine } from '../terminal/event-line.ts';
import { supervisorText } from '../terminal/supervisor-text.ts';
import { wrap } from '../terminal/table.ts';

interface Options {
  readonly detach?: true;
  /** --build, --no-build; absent: build what is missing */
  readonly build?: boolean;
  readonly pull?: ImageOptions['pull'];
  readonly removeOrphans?: true;
  readonly forceRecreate?: true;
  readonly waitTimeout?: string;
}

export function upCommand(entry: Entry): Command {
  return command<Options>(
    entry,
    { description: 'Starts the project and supervises it; run again after an edit, it changes only what differs.' },
    up,
  )
    .option('-d, --detach', 'return when every service serves; a supervisor goes on in the background')
    .option('--build', 'build images even when they are there')
    .option('--no-build', 'build no image, even when it is missing')
    .addOption(new Option('--pull <when>', 'pull images').choices(['always', 'missing', 'never']))
    .option('--remove-orphans', 'remove containers of services that are no longer in the file')
    .option('--force-recreate', 'make every container anew, even when nothing changed')
    .option(
      '--wait-timeout <time>',
      'how long services may take until they serve, such as 90s; a bare number is seconds',
    );
}

async function up(context: Context, options: Options): Promise<ExitCode> {
  const project = await loadProjectOf(context);
  const upOptions: UpOptions = {
    removeOrphans: options.removeOrphans === true,
    forceRecreate: options.forceRecreate === true,
    waitTimeoutMs: waitTimeout(options.waitTimeout),
  };
  const place = await openPlace(context, project.name);
  try {
    refuseRemote(place);
    const fleet = await prepareImages(context, place, {
      build: options.build ?? null,
      pull: options.pull ?? null,
      plan: async () => planWith(context, project, await factsFrom(place.engine, context, project)),
    });
    showNotes(context, fleet);
    const running = await place.control.status();
    const isOutdated = options.detach && (await isSupervisorOutdated(place, supervisorImage(context.environment)));
    if (running !== null && !isOutdated)
      return await sendTo(context, place, running, fleet, upOptions, options.detach === true);
    if (options.detach)
      return await sendTo(context, place, await startSupervisor(context, place), fleet, upOptions, true);
    return await inForeground(context, place, fleet, upOptions);
  } finally {
    await place.engine.close();
  }
}

async function inForeground(context: Context, place: Place, fleet: Fleet, options: UpOptions): Promise<ExitCode> {
  try {
    return await supervisedHere(context, place, fleet, options);
  } catch (error) {
    if (!isCode(error, 'TH_LEASE_HELD')) throw error;
    const other = await answerOf(place);
    if (other === null) throw error;
    return sendTo(context, place, other, fleet, options, false);
  }
}

/** Another `up` has the lease: a supervisor that is about to answer, if it is one. */
async function answerOf(place: Place): Promise<Answer | null> {
  for (let look = 0; look < 100; look++) {
    const answer = await place.control.status();
    if (answer !== null) return answer;
    await sleep(100);
  }
  return null;
}

/** Gives the plan to the supervisor that runs, shows what it does, and, unless detached, what happens after. */
async function sendTo(
  context: Context,
  place: Place,
  { supervisor }: Answer,
  fleet: Fleet,
  options: UpOptions,
  detached: boolean,
): Promise<ExitCode> {
  const { terminal } = context;
  using interrupted = interruption();
  const { signal } = interrupted;
  const result = await place.control.up(fleet, options, reporter(context), signal);
  if (terminal.json) terminal.document({ project: fleet.project, supervisor, ...result });
  showResult(context, result);
  if (result.notServing.length === 0) terminal.say(`supervised by ${supervisorText(supervisor)}`);
  await showFreeze(context, place);
  if (!detached && !terminal.json) await follow(context, place, signal);
  return result.notServing.length === 0 ? 0 : 1;
}

/** Whoever brings everything up may think that it is repaired, too. */
async function showFreeze({ terminal }: Context, { control }: Place): Promise<void> {
  const freeze = (await control.status())?.status?.freeze ?? null;
  if (freeze === null || freeze.cause === 'brake') return;
  const [first = '', ...rest] = wrap(frozenText(freeze, Date.now()), terminal.columns, '  ');
  terminal.warn([terminal.colourOfWarning('yellow', 'note:') + first.slice(1), ...rest].join('\n'));
}

async function follow({ terminal }: Context, place: Place, signal: AbortSignal): Promise<void> {
  terminal.say('Showing what happens. Ctrl-C ends this, not the project and not its supervisor.');
  for await (const event of place.control.events({ sinceMs: Date.now(), follow: true }, signal))
    terminal.say(eventLine(event, Date.now()));
}

/** What was asked for or usual and is not done; `plan` tells the rest. */
function showNotes({ terminal }: Context, fleet: Fleet): void {
  const notes = fleet.services.flatMap((service) =>
    service.refused.map((note) => ({ ...note, service: service.name })),
  );
  for (const { service, what, why } of notes) {
    const [first = '', ...rest] = wrap(printable(`${service}: ${what}: ${why}`), terminal.columns, '  ');
    terminal.warn([terminal.colourOfWarning('yellow', 'note:') + first.slice(1), ...rest].join('\n'));
  }
  for (const { what, why } of fleet.notes)
    terminal.warn(`${terminal.colourOfWarning('yellow', 'note:')} ${printable(what)}: ${printable(why)}`);
}

/** The supervisor must reach the gateways' sockets, which are on the engine's machine. */
function refuseRemote({ engine: { endpoint } }: Place): void {
  if (endpoint.kind === 'unix' || ['localhost', '127.0.0.1', '::1'].includes(endpoint.host)) return;
  throw new TwinhullError(
    'TH_ENGINE_REMOTE',
    `the engine runs on ${endpoint.host}; supervising from another machine comes later`,
  );
}

function waitTimeout(text: string | undefined): number | null {
  if (text === undefined) return null;
  const ms = /^\d{1,6}$/.test(text) ? Number(text) * 1000 : parseDuration(text);
  if (ms === null) throw new TwinhullError('TH_USAGE', `--wait-timeout takes a time such as 90s, not "${text}"`);
  return ms;
}
