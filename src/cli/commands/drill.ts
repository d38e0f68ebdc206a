import { Argument, type Command } from 'commander';
import { type Fault, faultDescriptions, faultNames } from '../../drill/fault.ts';
import { type DrillRun, hasPassed, runDocument } from '../../drill/report.ts';
import { type LoadMethod, loadMethods, readScenario, type ScenarioDrill, usualDrill } from '../../drill/scenario.ts';
import { formatDuration, parseDuration } from '../../duration.ts';
import { TwinhullError } from '../../errors.ts';
import { command, type Context, type ExitCode, type Entry } from '../command.ts';
import { drillsFile, type ReportFiles, usualReportFolder, writeReport } from '../drill-files.ts';
import { drillOnce, type Insistence } from '../drill-one.ts';
import { showReport } from '../drill-report.ts';
import { runScenario } from '../drill-scenario.ts';
import { interruption } from '../interruption.ts';
import { storedFleet } from '../members.ts';
import { type Place, withPlace } from '../place.ts';
import { printable } from '../terminal/printable.ts';

interface Options {
  readonly scenario?: string;
  readonly rate: string;
  readonly duration: string;
  readonly method: string;
  readonly path?: string;
  readonly url?: string;
  readonly times: string;
  readonly repairTimeout: string;
  readonly report?: string;
  readonly force?: true;
}

export function drillCommand(entry: Entry): Command {
  return command<Options>(
    entry,
    {
      description:
        'Breaks one thing on purpose, under load through the gateway; waits for the repair; gives a verdict, a report and an exit code. Without a fault: the drills of drills.yaml, one after the other.',
    },
    (context, options, args) => {
      const [fault, service] = args as [Fault | undefined, string | undefined];
      if (fault === undefined) return drillByFile(context, options);
      if (service === undefined) throw usage(`a drill needs a service: twinhull drill ${fault} SERVICE`);
      if (options.scenario !== undefined) throw usage('a fault or a file of drills, not both');
      return drillByHand(context, wantedOf(fault, service, options), options);
    },
  )
    .addArgument(new Argument('[fault]', 'what to break').choices(faultNames))
    .argument('[service]', 'the service that is broken, or put under load')
    .option('-f, --scenario <path>', 'file of drills; default: drills.yaml beside the Compose file')
    .option('--rate <number>', 'requests a second', String(usualDrill.ratePerSecond))
    .option('--duration <time>', 'how long to send requests', formatDuration(usualDrill.durationMs))
    .option(
      '--method <methods>',
      'methods to send, in equal parts: GET,POST; what your service does with a POST is its business',
      usualDrill.methods.join(','),
    )
    .option('--path <path>', 'path to request; default: what the gateway checks')
    .option('--url <url>', 'address to send requests to; default: the published port of the gateway')
    .option('--times <number>', 'crash-loop: how often it is killed', String(usualDrill.times))
    .option('--repair-timeout <time>', 'how long the repair may take', '120s')
    .option('--report <folder>', 'where to write the report; default: in the state folder of the project')
    .option('--force', 'even where it is an outage, or another incident is open')
    .addHelpText('after', faultsText());
}

function faultsText(): string {
  const lines = faultNames.map((name) => `  ${name.padEnd(12)}${faultDescriptions[name].what}`);
  return ['', 'Faults:', ...lines].join('\n');
}

async function drillByHand(context: Context, wanted: ScenarioDrill, options: Options): Promise<ExitCode> {
  const insistence = insistenceOf(options);
  return withPlace(context, async (place) => {
    using interrupted = interruption(() => context.terminal.warn('ending the drill and taking the fault back'));
    const startedAt = Date.now();
    const report = await drillOnce(context, place, wanted, { ...insistence, signal: interrupted.signal });
    const outcomes = [{ name: wanted.name, done: true, report }] as const;
    const files = keep({ project: place.project, startedAt, endedAt: Date.now(), outcomes }, place, options);
    if (context.terminal.json) context.terminal.document({ ...report, report: files });
    else showReport(context.terminal, report);
    sayWhere(context, files);
    return report.verdict === 'pass' ? 0 : 1;
  });
}

async function drillByFile(context: Context, options: Options): Promise<ExitCode> {
  const insistence = insistenceOf(options);
  const { file, source } = await drillsFile(context, options.scenario ?? null);
  readScenario(source, file, null);
  return withPlace(context, async (place) => {
    const scenario = readScenario(source, file, await servicesOf(place));
    using interrupted = interruption(() => context.terminal.warn('ending the drills and taking the fault back'));
    const startedAt = Date.now();
    const outcomes = await runScenario(context, place, scenario, {
      ...insistence,
      signal: interrupted.signal,
    });
    const run: DrillRun = { project: place.project, startedAt, endedAt: Date.now(), outcomes };
    const files = keep(run, place, options);
    if (context.terminal.json) context.terminal.document({ ...runDocument(run), report: files });
    sayWhere(context, files);
    return hasPassed(run) ? 0 : 1;
  });
}

async function servicesOf({ folder, project }: Place): Promise<readonly string[]> {
  const { openStore } = await import('../../wire.ts');
  const store = openStore(folder, { readOnly: true });
  const fleet = storedFleet(store);
  store.close();
  if (fleet === null) throw new TwinhullError('TH_NOT_RUNNING', `nothing is running for the project ${project}`);
  return fleet.services.map(({ name }) => name);
}

function keep(run: DrillRun, { folder }: Place, { report }: Options): ReportFiles {
  return writeReport(run, report ?? usualReportFolder(folder));
}

function sayWhere({ terminal }: Context, { markdown }: ReportFiles): void {
  terminal.say(`report: ${printable(markdown)}`);
}

function insistenceOf({ force, repairTimeout }: Options): Omit<Insistence, 'signal'> {
  return { insists: force === true, repairTimeoutMs: spanOf(repairTimeout, '--repair-timeout') };
}

function wantedOf(fault: Fault, service: string, options: Options): ScenarioDrill {
  const rate = Number(options.rate);
  if (!(rate > 0 && rate <= 10_000)) throw usage('--rate takes a number of requests a second, up to 10000');
  return {
    name: `${fault} ${service}`,
    fault,
    service,
    ratePerSecond: rate,
    durationMs: spanOf(options.duration, '--duration'),
    methods: options.method.split(',').map(methodOf),
    path: options.path ?? null,
    url: options.url ?? null,
    times: timesOf(options.times),
    expectation: {},
  };
}

function methodOf(text: string): LoadMethod {
  const wanted = text.trim().toUpperCase();
  const found = loadMethods.find((name) => name === wanted);
  if (found === undefined) throw usage(`--method takes ${loadMethods.join(', ')}, not "${wanted}"`);
  return found;
}

function timesOf(text: string): number {
  const times = Number(text);
  if (Number.isInteger(times) && times >= 1 && times <= 100) return times;
  throw usage(`--times takes a whole number from 1 to 100, not "${text}"`);
}

function spanOf(text: string, option: string): number {
  const ms = parseDuration(text);
  if (ms === null || ms <= 0 || ms > 3_600_000) throw usage(`${option} takes a time such as 10s, not "${text}"`);
  return ms;
}

function usage(message: string): TwinhullError {
  return new TwinhullError('TH_USAGE', message);
}
