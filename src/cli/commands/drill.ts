import { Argument, type Command } from 'commander';
import type { Fault } from '../../drill/fault.ts';
import type { LoadRequest, LoadRun } from '../../drill/load.ts';
import { parseDuration } from '../../duration.ts';
import { TwinhullError } from '../../errors.ts';
import type { ServicePlan } from '../../redundancy/fleet.ts';
import { command, type Context, type ExitCode, type Entry } from '../command.ts';
import { showReport } from '../drill-report.ts';
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
  readonly repairTimeout: string;
  readonly force?: true;
}

export function drillCommand(entry: Entry): Command {
  return command<Options>(
    entry,
    {
      description:
        'Kills, hangs or stops the member that leads, under load through the gateway; waits for the repair; gives a verdict and an exit code.',
    },
    (context, options, args) =>
      withPlace(context, (place) => drill(context, place, args[0] as Fault, args[1] as string, options)),
  )
    .addArgument(
      new Argument('<fault>', 'kill (SIGKILL), hang (SIGSTOP) or stop (docker stop)').choices(['kill', 'hang', 'stop']),
    )
    .argument('<service>', 'the service')
    .option('--rate <number>', 'requests a second', '200')
    .option('--duration <time>', 'how long to send requests', '10s')
    .option(
      '--method <methods>',
      'methods to send, in equal parts: GET,POST; what your service does with a POST is its business',
      'GET',
    )
    .option('--path <path>', 'path to request; default: what the gateway checks')
    .option('--url <url>', 'address to send requests to; default: the published port of the gateway')
    .option('--repair-timeout <time>', 'how long the repair may take', '120s')
    .option('--force', 'even when not every member is healthy');
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
  const target = await targetOf(place, service, fault, options.force === true);
  const mix = mixOf(options, target.plan);
  const url = options.url ?? (await urlOf(place, target));
  using interrupted = interruption(() => context.terminal.warn('ending the drill and taking the fault back'));
  const { signal } = interrupted;
  const load = url === null ? null : await startLoad(url, Number(options.rate), mix);
  if (url === null)
    context.terminal.warn(`${service} has no HTTP port that could be loaded; the drill only watches the repair`);
  const report = await runDrill(context, place, { fault, target, load, durationMs, repairTimeoutMs, signal });
  showReport(context, report);
  return report.verdict === 'pass' ? 0 : 1;
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
