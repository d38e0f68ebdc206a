import { type Command, Option } from 'commander';

/** What says which project is meant, as Compose spells it. */
export interface ProjectFlags {
  readonly file: readonly string[];
  readonly projectName: string | null;
  readonly projectDirectory: string | null;
  readonly profile: readonly string[];
  readonly envFile: readonly string[];
}

interface FlagValues {
  readonly file?: string[];
  readonly projectName?: string;
  readonly projectDirectory?: string;
  readonly profile?: string[];
  readonly envFile?: string[];
}

/**
 * The global flags, for the program and for every command: they stand before or after it. Commander keeps the
 * two sets apart, so that a command with a short letter of its own (`logs -f`) has the letter for itself after
 * its name; `ownLetters` lists those.
 */
export function globalOptions(ownLetters: readonly string[] = []): Option[] {
  const flag = (letter: string, long: string): string => (ownLetters.includes(letter) ? long : `-${letter}, ${long}`);
  return [
    new Option(`${flag('f', '--file <path>')}`, 'Compose file; may be given several times').argParser(collect),
    new Option(`${flag('p', '--project-name <name>')}`, 'name of the project'),
    new Option('--project-directory <path>', 'folder that relative paths start from'),
    new Option('--profile <name>', 'profile to activate; may be given several times').argParser(collect),
    new Option('--env-file <path>', 'file of variables instead of .env; may be given several times').argParser(collect),
    new Option('--json', 'answer as JSON on standard output, everything else on standard error'),
    new Option('--debug', 'show where an error comes from').hideHelp(),
  ].map((option) => option.helpGroup('Global options:'));
}

/** The flags given before and after the command, together; lists keep their order, the later single value wins. */
export function projectFlags(program: Command, command: Command): ProjectFlags {
  const before: FlagValues = program.opts();
  const after: FlagValues = command.opts();
  return {
    file: [...(before.file ?? []), ...(after.file ?? [])],
    projectName: after.projectName ?? before.projectName ?? null,
    projectDirectory: after.projectDirectory ?? before.projectDirectory ?? null,
    profile: [...(before.profile ?? []), ...(after.profile ?? [])],
    envFile: [...(before.envFile ?? []), ...(after.envFile ?? [])],
  };
}

function collect(value: string, earlier: string[] | undefined): string[] {
  return [...(earlier ?? []), value];
}
