import { Argument, type Command } from 'commander';
import { type Fault, faultDescriptions, faultNames } from '../../drill/fault.ts';
import type { LoadRequest, LoadRun } from '../../drill/load.ts';
import { parseDuration } from '../../duration.ts';
import { TwinhullError } from '../../errors.ts';
import type { ServicePlan } from '../../redundancy/fleet.ts';
import { command, type Context, type ExitCode, type Entry } from '../command.ts';
import { showReport } from '../drill-report.ts';
import { prepareFault } from '../drill-faults.ts';
import { runDrill } from '../drill-run.ts';
import { targetOf, urlOf } from '../drill-target.ts';
import { interruption } from '../interruption.ts';
import { type Place, withPlace } from '../place.ts';

interface Options {
  readonly rate: string;
  readonly duration: string;
  readonly method: string;
  readonly path?: string;
  readonly url?: string;
  readonly times: string;
  readonly repairTimeout: string;
  readonly force?: true;
}

export function drillCommand(entry: Entry): Command {
  return command<Options>(
    entry,
    {
      description:
        'Breaks one thing on purpose, under load through the gateway; waits for the repair; gives a verdict and an exit code.',
    },
    (context, options, args) =>
      withPlace(context, (place) => drill(context, place, args[0] as Fault, args[1] as string, options)),
  )
    .addArgument(new Argument('<fault>', 'what to break').choices(faultNames))
    .argument('<service>', 'the service that is broken, or put under load')
    .option('--rate <number>', 'requests a second', '200')
    .option('--duration <time>', 'how long to send requests', '10s')
    .option(
      '--method <methods>',
      'methods to send, in equal parts: GET,POST; what your service does with a POST is its business',
      'GET',
    )
    .option('--path <path>', 'path to request; default: what the gateway checks')
    .option('--url <url>', 'address to send requests to; default: the published port of the gateway')
    .option('--times <number>', 'crash-loop: how often it is killed', '3')
    .option('--repair-timeout <time>', 'how long the repair may take', '120s')
    .option('--force', 'even where it is an outage, or another incident is open')
    .addHelpText('after', faultsText());
}

function faultsText(): string {
  const lines = faultNames.map((name) => `  ${name.padEnd(12)}${faultDescriptions[name].what}`);
  return ['', 'Faults:', ...lines].join('\n');
}

async function drill(
  context: Context,
  place: Place,
  fault: Fault,
  service: string,
  options: Options,
): Promise<ExitCode> {
  const durationMs = duration(options.duration, '--duration');
  const repairTimeoutMs = duration(options.repairTimeout, '--repair-timeout');
  const times = count(options.times, '--times');
  const insists = options.force === true;
  const target = await targetOf(place, service, fault, insists);
  const prepared = await prepareFault(place, fault, target, { durationMs, times }, insists);
  const mix = mixOf(options, target.plan);
  const url = options.url ?? (await urlOf(place, target));
  using interrupted = interruption(() => context.terminal.warn('ending the drill and taking the fault back'));
  const { signal } = interrupted;
  const load = url === null ? null : await startLoad(url, Number(options.rate), mix);
  if (url === null)
    context.terminal.warn(`${service} has no HTTP port that could be loaded; the drill only watches the repair`);
  const about = { fault, target, prepared, load, durationMs, repairTimeoutMs, expectation: {}, insists, signal };
  const report = await runDrill(context, place, about);
  showReport(context, report);
  return report.verdict === 'pass' ? 0 : 1;
}

function count(text: string, option: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1 || number > 100)
    throw new TwinhullError('TH_USAGE', `${option} takes a whole number from 1 to 100, not "${text}"`);
  return number;
}

async function startLoad(url: string, rate: number, mix: readonly LoadRequest[]): Promise<LoadRun> {
  const { runLoad } = await import('../../drill/load.ts');
  if (!(rate > 0 && rate <= 10_000))
    throw new TwinhullError('TH_USAGE', '--rate takes a number of requests a second, up to 10000');
  return runLoad({ url, rate, mix, until: new AbortController().signal });
}

function mixOf({ method, path }: Options, plan: ServicePlan): LoadRequest[] {
  const checked = plan.gateway?.config.ports.find(({ check }) => check.kind === 'http')?.check.path;
  const wanted = path ?? checked ?? '/';
  const methods = method.split(',').map((name) => name.trim().toUpperCase());
  const unknown = methods.find((name) => !['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS'].includes(name));
  if (unknown !== undefined)
    throw new TwinhullError('TH_USAGE', `--method takes GET, HEAD, POST, PUT, DELETE, OPTIONS, not "${unknown}"`);
  return methods.flatMap((name) =>
    [true, false].map((keepAlive) => ({ method: name, path: wanted, keepAlive, weight: 1 })),
  );
}

function duration(text: string, option: string): number {
  const ms = parseDuration(text);
  if (ms === null || ms <= 0 || ms > 3_600_000)
    throw new TwinhullError('TH_USAGE', `${option} takes a time such as 10s, not "${text}"`);
  return ms;
}
