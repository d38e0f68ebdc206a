import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { runLoad } from '../../src/drill/load.ts';
import { FAILURES, type Failure } from './failures.ts';
import { demoMix, followJobs } from './jobs.ts';
import { COMPOSE_FILE, demoEnvironment, DemoProject, PROJECT } from './project.ts';
import { hints, isKept, type Outcome, renderOutcomes } from './report.ts';
import { startTakeDown } from './take-down.ts';

const RATE = 200;
const LIGHT_RATE = 20;
const STEADY_MS = 2000;
const WATCH_MS = 4000;
const REPAIR_WITHIN_MS = 120_000;

const say = (text: string): void => console.error(text);

async function breakAndWatch(project: DemoProject, failure: Failure, signal: AbortSignal): Promise<Outcome> {
  const victim = await project.findMember(failure.service, failure.target);
  say(`${failure.title}: ${victim.name}`);
  const load = runLoad({ url: project.url, rate: RATE, mix: demoMix(`demo-${Date.now()}`), until: signal });
  await sleep(STEADY_MS, undefined, { signal });
  const brokenAt = performance.now();
  await failure.break(project, victim.containerId);
  await sleep(WATCH_MS, undefined, { signal });
  const mendedAt = failure.mend === undefined ? brokenAt : performance.now();
  await failure.mend?.(project, victim.containerId);
  const isRepaired = await project.untilWell(failure.service, REPAIR_WITHIN_MS);
  const repairedMs = isRepaired ? performance.now() - mendedAt : null;
  await sleep(1000, undefined, { signal });
  load.stop();
  const { sent, failedByMethod, failedByReason, longestGapMs, requests } = await load.finished;
  const jobs = await followJobs(project.url, requests, signal);
  return {
    failure: failure.title,
    member: victim.name,
    requests: sent,
    failedByMethod,
    failedByReason,
    longestGapMs,
    repairedMs,
    jobsTaken: jobs.taken,
    jobsLost: jobs.lost,
    jobsDoneTwice: jobs.doneTwice,
  };
}

async function runDemo(project: DemoProject, isJson: boolean, signal: AbortSignal): Promise<boolean> {
  say('building images');
  await project.buildImages();
  say('starting the project: twinhull up -d');
  await project.start();
  for (const service of ['api', 'pm-worker', 'task-worker']) await project.untilWell(service, REPAIR_WITHIN_MS);
  const outcomes: Outcome[] = [];
  for (const failure of FAILURES) outcomes.push(await breakAndWatch(project, failure, signal));
  const kept = outcomes.every(isKept);
  console.log(isJson ? JSON.stringify({ kept, failures: outcomes }) : `\n${renderOutcomes(outcomes)}\n`);
  say(
    kept
      ? 'No idempotent request failed, no job was lost or done twice, and everything was repaired.'
      : 'Not every promise was kept: see the table.',
  );
  return kept;
}

/** A light load until the signal, telling of every failed request. */
async function keepRunning(project: DemoProject, signal: AbortSignal): Promise<void> {
  const { DOCKER_HOST: host, TWINHULL_STATE_DIR: folder } = project.environment;
  say(hints(project.url, project.dashboardUrl, `bin/twinhull -f ${COMPOSE_FILE} -p ${PROJECT}`));
  say(`  export ${host === undefined ? '' : `DOCKER_HOST=${host} `}TWINHULL_STATE_DIR=${folder}`);
  const onFailure = ({ method, path, detail }: { method: string; path: string; detail: string }): void =>
    say(`${new Date().toISOString()} failed: ${method} ${path}: ${detail}`);
  while (!signal.aborted) {
    const until = AbortSignal.any([signal, AbortSignal.timeout(60_000)]); // in pieces: a load remembers each request
    await runLoad({ url: project.url, rate: LIGHT_RATE, mix: demoMix(`light-${Date.now()}`), until, onFailure })
      .finished;
  }
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { once: { type: 'boolean', default: false }, json: { type: 'boolean', default: false } },
  });
  const end = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => end.abort());
  const stateFolder = mkdtempSync(join(process.env['TWINHULL_ENGINE_DIR'] ?? tmpdir(), 'twinhull-demo.'));
  const project = new DemoProject(await demoEnvironment(stateFolder), end.signal);
  const takeDown = startTakeDown(project.environment);
  let code = 1;
  try {
    code = (await runDemo(project, values.json, end.signal)) ? 0 : 1;
    if (!values.once) await keepRunning(project, end.signal);
  } catch (error) {
    if (!end.signal.aborted) say(`script/demo: ${error instanceof Error ? error.message : String(error)}`);
  }
  end.abort(); // after a failure, the load may still be on
  say('taking everything down');
  return (await takeDown.run()) ? code : 1;
}

process.exitCode = await main();
