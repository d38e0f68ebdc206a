import { type Argument, Command, CommanderError } from 'commander';
import { TwinhullError } from '../errors.ts';
import { VERSION } from './version.ts';
import { configCommand } from './config.ts';
import { type Context, contextOf, type ExitCode, type Runner } from './command.ts';
import { doctorCommand } from './doctor.ts';
import { downCommand } from './down.ts';
import { drillGuardCommand } from './drill-guard.ts';
import { drillCommand } from './drill.ts';
import { eventsCommand } from './events.ts';
import { execCommand } from './exec.ts';
import { failoverCommand } from './failover.ts';
import { reportFailure } from './failure.ts';
import { generateCommand } from './generate.ts';
import { globalOptions } from './globals.ts';
import { initCommand } from './init.ts';
import { INTERRUPTED } from './interruption.ts';
import { logsCommand } from './logs.ts';
import { planCommand } from './plan.ts';
import { restartCommand } from './restart.ts';
import { statusCommand } from './status.ts';
import { superviseCommand } from './supervise.ts';
import { Terminal, type TextStream } from './terminal.ts';
import { upCommand } from './up.ts';

export interface Surroundings {
  /** after the program's own name */
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly currentDir: string;
  readonly stdout: TextStream;
  readonly stderr: TextStream;
}

const DESCRIPTION = 'High availability for the Docker Compose project you already have.';
const EPILOGUE = `
Exit codes: 0 done, 1 the thing asked for failed, 2 bad usage or bad input,
3 the engine or a gateway is out of reach.
COMPOSE_FILE, COMPOSE_PROJECT_NAME, COMPOSE_PROFILES, DOCKER_HOST and
DOCKER_CONTEXT mean what they mean for Compose.`;

/** Runs one command line; gives the exit code. */
export async function run(surroundings: Surroundings): Promise<ExitCode> {
  const { argv, stdout, stderr, environment } = surroundings;
  const terminal = new Terminal({ json: asksForJson(argv), stdout, stderr, environment });
  const debug = argv.includes('--debug');
  let exitCode: ExitCode = 0;
  const program = makeProgram(surroundings, terminal, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof Error && error.name === 'AbortError') return INTERRUPTED;
    if (!(error instanceof CommanderError)) return reportFailure(error, terminal, debug);
    if (error.exitCode === 0) return 0;
    return reportFailure(usageError(error), terminal, debug);
  }
}

function makeProgram(surroundings: Surroundings, terminal: Terminal, end: (code: ExitCode) => void): Command {
  const program = new Command('twinhull').description(DESCRIPTION).version(VERSION, '--version', 'print the version');
  program.configureHelp({
    subcommandTerm: (command) => [command.name(), ...command.registeredArguments.map(argumentTerm)].join(' '),
  });
  program.enablePositionalOptions().addHelpText('after', EPILOGUE);
  for (const option of globalOptions()) program.addOption(option);
  const runner: Runner = {
    run: async (self: Command, body: (context: Context) => Promise<ExitCode>) => {
      end(await body(contextOf(program, self, terminal, surroundings)));
    },
  };
  for (const make of COMMANDS) program.addCommand(make(runner));
  for (const make of [superviseCommand, drillGuardCommand]) program.addCommand(make(runner), { hidden: true });
  for (const each of [program, ...program.commands]) quiet(each, surroundings);
  return program;
}

/** In the order a user meets them. */
const COMMANDS: readonly ((runner: Runner) => Command)[] = [
  initCommand,
  configCommand,
  planCommand,
  generateCommand,
  upCommand,
  downCommand,
  statusCommand,
  eventsCommand,
  logsCommand,
  execCommand,
  restartCommand,
  failoverCommand,
  drillCommand,
  doctorCommand,
];

/** `<name>` where it is needed, `[name]` where not. */
function argumentTerm(argument: Argument): string {
  const name = argument.name() + (argument.variadic ? '...' : '');
  return argument.required ? `<${name}>` : `[${name}]`;
}

/** Commander throws instead of leaving the process, and leaves the printing of errors to failure.ts. */
function quiet(command: Command, { stdout }: Surroundings): void {
  command.exitOverride();
  command.configureOutput({
    writeOut: (text) => stdout.write(text),
    writeErr: () => undefined,
    outputError: () => undefined,
  });
  for (const child of command.commands) quiet(child, { stdout } as Surroundings);
}

function usageError(error: CommanderError): TwinhullError {
  if (error.code === 'commander.help')
    return new TwinhullError('TH_USAGE', 'no command was given', { next: 'twinhull --help lists the commands.' });
  return new TwinhullError('TH_USAGE', error.message.replace(/^error: /, '').replaceAll('\n', ' '));
}

/** Known before the command line is understood, because a command line that is not must be reported too. */
function asksForJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  return (end === -1 ? argv : argv.slice(0, end)).includes('--json');
}
