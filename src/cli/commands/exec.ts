import type { Command } from 'commander';
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { TwinhullError } from '../../errors.ts';
import { command, type Context, type ExitCode, type Entry } from '../command.ts';
import { currentStatus } from '../current-status.ts';
import { unknownName } from '../../api/unknown-name.ts';
import { type Place, withPlace } from '../place.ts';
import type { ProjectStatus } from '../../supervisor/status.ts';

interface Options {
  readonly user?: string;
  readonly workdir?: string;
  readonly env?: string[];
  readonly tty: boolean;
}

export function execCommand(entry: Entry): Command {
  return command<Options>(entry, {}, (context, options, args) =>
    withPlace(context, (place) => exec(context, place, options, args[0] as string, commandWords(args[1] as string[]))),
  )
    .argument('<name>', 'service or member')
    .argument('<command...>', 'the command and its arguments')
    .option('-u, --user <user>', 'run it as this user')
    .option('-w, --workdir <path>', 'run it in this folder of the container')
    .option(
      '-e, --env <NAME=value>',
      'set a variable; may be given several times',
      (value: string, earlier: string[] | undefined) => [...(earlier ?? []), value],
    )
    .option('-T, --no-tty', 'no terminal for the command, even where there is one')
    .passThroughOptions();
}

async function exec(
  context: Context,
  place: Place,
  options: Options,
  name: string,
  words: readonly string[],
): Promise<ExitCode> {
  const status = await currentStatus(context, place);
  const id = containerFor(status, name);
  const byDocker = context.terminal.json ? null : await withDocker(place, options, id, words);
  return byDocker ?? withEngine(context, place, options, id, words);
}

/** `exec web -- ls` means what it means for kubectl. */
function commandWords(words: readonly string[]): readonly string[] {
  return words[0] === '--' ? words.slice(1) : words;
}

/** A member's container; for a service the primary's, for a cluster the first healthy replica's. */
export function containerFor(status: ProjectStatus, name: string): string {
  const members = status.services.flatMap((service) => service.members);
  const service = status.services.find((candidate) => candidate.name === name);
  const fit = service?.members.filter(({ containerId }) => containerId !== null) ?? [];
  const chosen = service
    ? (fit.find(({ role }) => role === 'primary') ?? fit.find(({ verdict }) => verdict === 'healthy') ?? fit[0])
    : members.find((member) => member.name === name);
  if (chosen?.containerId) return chosen.containerId;
  if (chosen || service) throw new TwinhullError('TH_NOT_RUNNING', `${name} has no container at this moment`);
  throw unknownName(name, [...status.services.map((each) => each.name), ...members.map((member) => member.name)]);
}

/** By the docker command line, which knows about terminals; null where it is not installed. */
function withDocker(place: Place, options: Options, id: string, words: readonly string[]): Promise<ExitCode | null> {
  const tty = options.tty && process.stdin.isTTY === true && process.stdout.isTTY === true;
  const { DOCKER_HOST: _host, DOCKER_CONTEXT: _context, ...rest } = process.env;
  const argv = ['exec', '-i', ...(tty ? ['-t'] : []), ...flagsOf(options), id, ...words];
  return new Promise((resolve, reject) => {
    const child = spawn('docker', argv, {
      stdio: 'inherit',
      env: { ...rest, ...place.engine.endpoint.commandEnvironment },
    });
    const ignore = (): void => undefined; // the terminal's Ctrl-C is the command's
    process.on('SIGINT', ignore);
    child.once('error', (error: Error & { code?: string }) =>
      error.code === 'ENOENT' ? resolve(null) : reject(error),
    );
    child.once('exit', (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
    child.once('exit', () => process.off('SIGINT', ignore));
  });
}

function flagsOf({ user, workdir, env }: Options): string[] {
  return [
    ...(user === undefined ? [] : ['--user', user]),
    ...(workdir === undefined ? [] : ['--workdir', workdir]),
    ...(env ?? []).flatMap((pair) => ['--env', pair]),
  ];
}

async function withEngine(
  { terminal }: Context,
  place: Place,
  { user, workdir, env }: Options,
  id: string,
  words: readonly string[],
): Promise<ExitCode> {
  const done = await place.engine.exec(id, words, {
    ...(user === undefined ? {} : { user }),
    ...(workdir === undefined ? {} : { workingDir: workdir }),
    ...(env === undefined ? {} : { env }),
  });
  if (terminal.json) {
    terminal.document(done);
  } else {
    terminal.raw(done.stdout);
    terminal.raw(done.stderr, 'stderr');
  }
  return done.exitCode;
}
