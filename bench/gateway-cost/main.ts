import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openDockerEngine } from '../../src/adapters/docker/engine.ts';
import type { Engine } from '../../src/ports/engine.ts';
import { command } from '../docker.ts';
import { describeMachine, type Machine } from '../machine.ts';
import type { Injection } from '../side-by-side/injection.ts';
import { hostAddress, MEMBERS, startTwoMembersBehind } from '../side-by-side/two-members.ts';
import { twinhull, twinhullWith } from '../side-by-side/systems/twinhull.ts';
import { describe, type Statistics } from '../statistics.ts';
import { breakGateway, gatewayFaults } from './gateway-faults.ts';
import { measureRounds, ratio, type Round, summarizeWay } from './rounds.ts';

/**
 * What the gateway costs, and what its own end costs. Both proxies stand before the same kind of member, with
 * as many threads as there are processors; the clients share the machine with them.
 */

const ROOT = join(import.meta.dirname, '..', '..');
const DIRECT = 'direct';
const GATEWAY = 'gateway of twinhull';
const PLAIN = 'plain HAProxy';
const GATEWAY_CONTAINER = 'bench-web-1';

interface Break {
  readonly fault: string;
  readonly injections: readonly Injection[];
}

async function measureCost(rounds: number): Promise<Round[]> {
  const plain = await startTwoMembersBehind({
    image: process.env['TWINHULL_GATEWAY_IMAGE'] || 'twinhull-local/haproxy:latest',
    configFile: join(import.meta.dirname, 'plain-haproxy.cfg'),
    mountedAt: '/etc/haproxy.cfg',
    command: ['-db', '-f', '/etc/haproxy.cfg'],
    settleMs: 0,
  });
  const address = await hostAddress();
  const ours = await twinhullWith(join(import.meta.dirname, 'any-number-at-once.compose.yaml')).start();
  try {
    const ways = [
      { name: DIRECT, address: MEMBERS[0].address, port: 8080 },
      { name: GATEWAY, address, port: Number(new URL(ours.url).port) },
      { name: PLAIN, address, port: Number(new URL(plain.url).port) },
    ];
    return await measureRounds(ways, rounds);
  } finally {
    await ours.stop();
    await plain.stop();
  }
}

async function measureBreaks(engine: Engine, count: number): Promise<Break[]> {
  const ours = await twinhull.start();
  try {
    const breaks: Break[] = [];
    for (const fault of gatewayFaults) {
      console.error(`bench/gateway: ${count} times ${fault.title}`);
      breaks.push({
        fault: fault.title,
        injections: await breakGateway(engine, ours, GATEWAY_CONTAINER, fault, count),
      });
    }
    return breaks;
  } finally {
    await ours.stop();
  }
}

function render(rounds: readonly Round[], breaks: readonly Break[], machine: Machine): string {
  return [
    '| way | requests a second | p50, ms | p99, ms | failed |',
    '| --- | --- | --- | --- | --- |',
    ...[DIRECT, GATEWAY, PLAIN].map((name) => renderWay(rounds, name)),
    '',
    `Requests a second through the gateway, to those through the plain HAProxy: ${figures(ratio(rounds, GATEWAY, PLAIN), 2)}.`,
    '',
    '| fault at 400 requests a second | n | failed GET | failed POST | longest gap, ms |',
    '| --- | --- | --- | --- | --- |',
    ...breaks.map(renderBreak),
    '',
    `Median, maximum [95 % interval of the median, by order statistics]; ${rounds.length} rounds of a second in turns, 32 clients on kept connections; the plain HAProxy does what is done here without failover: health checks, X-Forwarded-For. ` +
      `${machine.processors}, ${machine.memoryGiB} GiB, Linux ${machine.kernel}, ${machine.engine}, ${machine.haproxy}, ${machine.measuredAt.slice(0, 10)}.`,
    '',
  ].join('\n');
}

function renderWay(rounds: readonly Round[], name: string): string {
  const { requestsPerSecond, p50Ms, p99Ms, failed } = summarizeWay(rounds, name);
  return `| ${name} | ${figures(requestsPerSecond, 0)} | ${figures(p50Ms, 1)} | ${figures(p99Ms, 1)} | ${failed} |`;
}

function renderBreak({ fault, injections }: Break): string {
  const failed = (method: string): string =>
    figures(describe(injections.map(({ failedByMethod }) => failedByMethod[method] ?? 0)), 0);
  const gap = figures(describe(injections.map(({ longestGapMs }) => longestGapMs)), 0);
  return `| ${fault} | ${injections.length} | ${failed('GET')} | ${failed('POST')} | ${gap} |`;
}

const figures = ({ median, max, interval: [low, high] }: Statistics, digits: number): string =>
  `${median.toFixed(digits)}, ${max.toFixed(digits)} [${low.toFixed(digits)}, ${high.toFixed(digits)}]`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      out: { type: 'string', default: join(ROOT, 'bench', 'results') },
    },
  });
  const engine = openDockerEngine(process.env);
  await command(join(ROOT, 'script', 'images'), 'node', 'haproxy');
  const machine = await describeMachine(engine);
  const rounds = await measureCost(values.quick ? 12 : 60);
  console.error(`bench/gateway: ${figures(ratio(rounds, GATEWAY, PLAIN), 3)} of the plain HAProxy`);
  const breaks = await measureBreaks(engine, values.quick ? 3 : 20);
  const table = render(rounds, breaks, machine);
  await mkdir(values.out, { recursive: true });
  await writeFile(join(values.out, 'gateway.json'), `${JSON.stringify({ machine, rounds, breaks })}\n`);
  await writeFile(join(values.out, 'gateway.md'), table);
  console.log(table);
  await engine.close();
}

await main();
