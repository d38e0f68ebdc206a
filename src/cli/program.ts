import { type Argument, Command, CommanderError } from 'commander';
import { TwinhullError } from '../errors.ts';
import { VERSION } from './version.ts';
import { type Context, contextOf, type ExitCode, type Runner } from './command.ts';
import { commands, type Listed } from './commands.ts';
import { reportFailure } from './failure.ts';
import { globalOptions } from './globals.ts';
import { INTERRUPTED } from './interruption.ts';
import { Terminal, type TextStream } from './terminal/terminal.ts';

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
  const { argv } = surroundings;
  const terminal = terminalFor(surroundings, asksForJson(argv));
  const debug = argv.includes('--debug');
  try {
    return await parseAndRun(surroundings);
  } catch (error) {
    if (error instanceof Error && error.name === 'AbortError') return INTERRUPTED;
    if (!(error instanceof CommanderError)) return reportFailure(error, terminal, debug);
    if (error.exitCode === 0) return 0;
    return reportFailure(usageError(error), terminal, debug);
  }
}

async function parseAndRun(surroundings: Surroundings): Promise<ExitCode> {
  let exitCode: ExitCode = 0;
  const program = emptyProgram().version(VERSION, '--version', 'print the version');
  const runner: Runner = {
    run: async (self: Command, body: (context: Context) => Promise<ExitCode>) => {
      const json = program.opts<{ json?: true }>().json === true || self.opts<{ json?: true }>().json === true;
      exitCode = await body(contextOf(program, self, terminalFor(surroundings, json), surroundings));
    },
  };
  const called = calledName(surroundings.argv);
  for (const listed of commands) {
    const made = listed.name === called ? await loaded(listed, runner) : inListOnly(listed);
    program.addCommand(made, { hidden: listed.hidden });
  }
  for (const each of [program, ...program.commands]) quiet(each, surroundings.stdout);
  await program.parseAsync([...surroundings.argv], { from: 'user' });
  return exitCode;
}

function emptyProgram(): Command {
  const program = new Command('twinhull').description(DESCRIPTION);
  program.configureHelp({
    subcommandTerm: (command) => [command.name(), ...command.registeredArguments.map(argumentTerm)].join(' '),
  });
  program.enablePositionalOptions().addHelpText('after', EPILOGUE);
  for (const option of globalOptions()) program.addOption(option);
  return program;
}

/** The command that is meant, also by `twinhull help NAME`; undefined when none is. */
function calledName(argv: readonly string[]): string | undefined {
  const probe = emptyProgram();
  for (const listed of commands) probe.addCommand(inListOnly(listed));
  const { operands, unknown } = probe.parseOptions([...argv]);
  return operands[0] === 'help' ? (operands[1] ?? unknown[0]) : operands[0];
}

async function loaded(listed: Listed, runner: Runner): Promise<Command> {
  const make = await listed.load();
  const made = make({ ...listed, runner });
  for (const option of globalOptions(listed.ownLetters)) made.addOption(option);
  return made;
}

function inListOnly({ name, parameters, summary }: Listed): Command {
  const command = new Command(name).summary(summary);
  return parameters === '' ? command : command.arguments(parameters);
}

function terminalFor({ stdout, stderr, environment }: Surroundings, json: boolean): Terminal {
  return new Terminal({ json, stdout, stderr, environment });
}

/** `<name>` where it is needed, `[name]` where not. */
function argumentTerm(argument: Argument): string {
  const name = argument.name() + (argument.variadic ? '...' : '');
  return argument.required ? `<${name}>` : `[${name}]`;
}

/** Commander throws instead of leaving the process, and leaves the printing of errors to failure.ts. */
function quiet(command: Command, stdout: TextStream): void {
  command.exitOverride();
  command.configureOutput({
    writeOut: (text) => stdout.write(text),
    writeErr: () => undefined,
    outputError: () => undefined,
  });
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
