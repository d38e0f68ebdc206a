/**
 * What a decision costs, and the check of what must hold after it: `script/node bench/decision.ts`. Ten pairs behind
 * gateways; once quiet, once with a member of each dying at the same moment, which asks for as many effects as ever.
 */
import { decide } from '../src/core/decide.ts';
import { brokenRules } from '../src/core/guard.ts';
import type { Judged } from '../src/core/repair-invariants.ts';
import { CoreStory, serviceModel } from '../test/support/core-story.ts';
import { describe } from './statistics.ts';

const ROUNDS = 5000;
const names = Array.from({ length: 10 }, (_, at) => `web${at}`);

function scene(isFailing: boolean): Judged {
  const story = new CoreStory(names.map((name) => serviceModel(name)));
  story.decide();
  story.now += 20_000;
  let judged: Judged | null = null;
  story.onDecision = (seen) => {
    judged = seen;
  };
  if (isFailing)
    for (const name of names)
      story.seeMember(name, `${name}-primary`, { state: 'exited', ended: 'failed', exitCode: 137 });
  story.decide({ kind: 'check_passed', service: 'web7', member: 'web7-backup', port: 80 });
  if (judged === null) throw new Error('nothing was decided');
  return judged;
}

function tookUs(work: () => void): number {
  const samples = Array.from({ length: ROUNDS }, () => {
    const began = performance.now();
    work();
    return (performance.now() - began) * 1000;
  });
  return describe(samples).median;
}

for (const [title, isFailing] of [
  ['quiet', false],
  ['ten members die', true],
] as const) {
  const judged = scene(isFailing);
  const { model, before, observation, signals, now } = judged;
  const decideUs = tookUs(() => decide(model, before, observation, signals, now));
  const checkUs = tookUs(() => brokenRules(judged));
  const effects = judged.decision.actions.filter((action) => 'deadlineMs' in action).length;
  console.log(
    `${title}: decide ${decideUs.toFixed(1)} us, check ${checkUs.toFixed(1)} us for ${effects} effects (${((100 * checkUs) / decideUs).toFixed(0)} %)`,
  );
}
