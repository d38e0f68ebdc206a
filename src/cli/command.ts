import { Command } from 'commander';
import { type ProjectFlags, projectFlags } from './globals.ts';
import type { Terminal } from './terminal/terminal.ts';

/** What every command is given to work with. */
export interface Context {
  readonly terminal: Terminal;
  readonly flags: ProjectFlags;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly currentDir: string;
}

/** 0 done, 1 the thing asked for failed, 2 bad usage or input, 3 engine or gateway out of reach, or a child's own code. */
export type ExitCode = number;

/** Runs the body of a command; made by program.ts, which knows how to report what it throws. */
export interface Runner {
  run(command: Command, body: (context: Context) => Promise<ExitCode>): Promise<void>;
}

/** A command as it stands in the list (commands.ts), with what runs it. */
export interface Entry {
  readonly name: string;
  readonly summary: string;
  readonly runner: Runner;
}

/**
 * A command; program.ts adds the global flags. `body` gets the context, the command's options and its arguments, and is
 * expected to import what is heavy only when it runs: `twinhull --help` must not wait for an HTTP client.
 */
export function command<Options extends object>(
  { name, summary, runner }: Entry,
  definition: { readonly description?: string },
  body: (context: Context, options: Options, args: readonly unknown[]) => Promise<ExitCode>,
): Command {
  const made = new Command(name).summary(summary).description(definition.description ?? sentence(summary));
  made.allowExcessArguments(false);
  made.action((...parameters: unknown[]) => {
    const self = parameters.at(-1) as Command;
    return runner.run(self, (context) => body(context, self.opts<Options>(), parameters.slice(0, -2)));
  });
  return made;
}

export function contextOf(
  program: Command,
  self: Command,
  terminal: Terminal,
  surroundings: Pick<Context, 'environment' | 'currentDir'>,
): Context {
  return { terminal, flags: projectFlags(program, self), ...surroundings };
}

function sentence(summary: string): string {
  return `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`;
}
