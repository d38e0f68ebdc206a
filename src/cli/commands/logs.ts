import type { Command } from 'commander';
import { isCode, TwinhullError } from '../../errors.ts';
import type { LogLine } from '../../ports/engine.ts';
import { command, type Context, type ExitCode, type Entry } from '../command.ts';
import { interruption } from '../interruption.ts';
import { type NamedContainer, namedContainers, select, storedFleet } from '../members.ts';
import { type Place, withPlace } from '../place.ts';
import { printable, printableLog } from '../terminal/printable.ts';
import type { Colour } from '../terminal/terminal.ts';
import { timeAgo } from '../time-ago.ts';

interface Options {
  readonly follow?: true;
  readonly tail?: string;
  readonly since?: string;
  readonly timestamps?: true;
  readonly prefix: boolean;
}

const PREFIX_COLOURS: readonly Colour[] = ['green', 'yellow', 'bold', 'red', 'dim'];

export function logsCommand(entry: Entry): Command {
  return command<Options>(entry, {}, (context, options, args) =>
    withPlace(context, (place) => logs(context, place, options, args[0] as string[])),
  )
    .argument('[names...]', 'services, members or containers; all services when none is given')
    .option('-f, --follow', 'keep on showing new lines')
    .option('-n, --tail <lines>', 'only the last lines of each member')
    .option('--since <time>', 'only lines from then on: "10m" ago, or a date')
    .option('-t, --timestamps', 'show when each line was written')
    .option('--no-prefix', 'leave out which member wrote it');
}

async function logs(context: Context, place: Place, options: Options, names: readonly string[]): Promise<ExitCode> {
  const sources = await sourcesOf(place, names);
  const tail = options.tail === undefined || options.tail === 'all' ? {} : { tail: lineCount(options.tail) };
  const since = options.since === undefined ? {} : { sinceMs: timeAgo(options.since, Date.now()) };
  const follow = options.follow === true;
  const printer = linePrinter(context, options, sources);
  using interrupted = interruption();
  const { signal } = interrupted;
  await Promise.all(
    sources.map(async (source) => {
      const lines = place.engine.logs(source.container.id, { follow, ...tail, ...since }, { signal });
      try {
        for await (const line of lines) printer(source, line);
      } catch (error) {
        if (!signal.aborted && !isCode(error, 'TH_ENGINE_REFUSED')) throw error;
        if (!signal.aborted) context.terminal.warn(`${titleOf(source)}: ${(error as Error).message}`);
      }
    }),
  );
  return 0;
}

async function sourcesOf(place: Place, names: readonly string[]): Promise<NamedContainer[]> {
  const { openStore } = await import('../../wire.ts');
  const store = openStore(place.folder, { readOnly: true });
  const all = await namedContainers(place.engine, place.project, storedFleet(store));
  store.close();
  if (names.length === 0) return all.filter(({ member }) => member !== null);
  return [...new Set(names.flatMap((name) => select(all, name)))];
}

function linePrinter(
  { terminal }: Context,
  options: Options,
  sources: readonly NamedContainer[],
): (source: NamedContainer, line: LogLine) => void {
  const longest = Math.max(0, ...sources.map((source) => titleOf(source).length));
  const colours = new Map(
    sources.map((source, index) => [source, PREFIX_COLOURS[index % PREFIX_COLOURS.length] ?? 'bold']),
  );
  return (source, { stream, at, text }) => {
    if (terminal.json) {
      terminal.object({ time: at, service: source.service, member: source.member, stream, text });
      return;
    }
    const title = terminal.colour(colours.get(source) ?? 'bold', `${titleOf(source).padEnd(longest)} | `);
    const time = options.timestamps ? `${new Date(at).toISOString()} ` : '';
    const shown = terminal.stdoutIsTerminal ? printableLog(text) : text;
    terminal.raw(`${options.prefix ? title : ''}${time}${shown}\n`);
  };
}

function titleOf({ member, container }: NamedContainer): string {
  return printable(member ?? container.name);
}

function lineCount(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new TwinhullError('TH_USAGE', `--tail takes a number of lines or "all", not "${text}"`);
}
