/** One seed, one run: a project, faults, and what came of them. */

import { Causes } from './causes.ts';
import { Checkers, type Violation } from './checkers.ts';
import { Clients } from './clients.ts';
import { faults as allFaults } from './faults.ts';
import { insistOnUp } from './faults/operators.ts';
import type { Fault } from './faults/fault.ts';
import { makeProject } from './projects.ts';
import { Random } from './random.ts';
import type { Fleet } from '../redundancy/fleet.ts';
import { World } from './world.ts';

export interface RunOptions {
  readonly seed: string;
  /** of virtual time with faults, minutes; then it is quiet until everything has had the time to be repaired */
  readonly minutes: number;
  readonly faults?: readonly Fault[];
  /** services; default: by chance */
  readonly services?: number;
}

export interface RunResult {
  readonly seed: string;
  readonly services: number;
  readonly violations: readonly Violation[];
  readonly trace: readonly string[];
  readonly virtualMs: number;
  /** how often each fault happened, by name */
  readonly faults: ReadonlyMap<string, number>;
  /** that may be sent again */
  readonly requests: { readonly sent: number; readonly failed: number };
  /** changes of who gets the requests */
  readonly switches: number;
}

const BEGINS_AFTER_MS = 60_000;
/** So long it stays quiet at least, to see that nothing more is done. */
const QUIET_MS = 4 * 60_000;
/** A quarantine's end, the longest wait, and the tries after both; see also {@link repairsTakeMs}. */
const REPAIRED_WITHIN_MS = 16 * 60_000;
const LOOK_EVERY_MS = 30_000;
const SETTLES_MS = 60_000;

export async function runSeed({ seed, minutes, faults = allFaults, services }: RunOptions): Promise<RunResult> {
  const random = new Random(seed);
  const count = services ?? random.pick([1, 2, 2, 3, 3, 4, 5, 6, 8, 10]);
  const project = makeProject(random.fork('project'), count);
  const world = new World({ seed, project });
  const causes = new Causes();
  const checkers = new Checkers(world, causes);
  const clients = new Clients(world, random.fork('clients'), (...lost) => checkers.lost(...lost));
  const fate = new Fate(world, causes, random.fork('fate'), faults);
  world.trace.say(
    'sim',
    `seed ${seed}: ${world.fleet.services.map(({ name, mode, members }) => `${name} (${mode}, ${members.length})`).join(', ')}`,
  );
  world.twinhull.up().then(
    () => world.trace.say('sim', 'up'),
    (error: unknown) => world.trace.say('sim', `up fails: ${String(error)}`),
  );
  const look = (): void => checkers.look();
  await world.clock.advance(BEGINS_AFTER_MS, look);
  clients.begin();
  checkers.isNoiseOnly = faults.every(({ family }) => family === 'noise');
  await fate.rage(minutes * 60_000, look);
  world.trace.say('sim', 'no more faults');
  await world.clock.advance(SETTLES_MS, look);
  if (world.needsUp || world.twinhull.isTakenDown) insistOnUp(world);
  await untilRepaired(world, checkers);
  await tellState(world);
  checkers.atEnd();
  const result = {
    seed,
    services: count,
    violations: checkers.violations,
    trace: world.trace.lines,
    virtualMs: world.clock.monotonic(),
    faults: fate.happened,
    requests: { sent: clients.sent, failed: clients.failed },
    switches: checkers.switches,
  };
  world.twinhull.kill(false);
  return result;
}

async function untilRepaired(world: World, checkers: Checkers): Promise<void> {
  const { clock } = world;
  const look = (): void => checkers.look();
  const until = clock.now() + REPAIRED_WITHIN_MS + repairsTakeMs(world.fleet);
  await clock.advance(QUIET_MS, look);
  while (checkers.unrepaired().length > 0 && clock.now() < until) await clock.advance(LOOK_EVERY_MS, look);
}

/** When all members of the largest service were quarantined at once, so many windows of its budget, or the host's. */
function repairsTakeMs({ services, policy }: Fleet): number {
  const windows = services.map(({ members, policy: { budget } }) => {
    return { ms: budget.windowMs, more: Math.ceil(members.length / budget.actions) - 1 };
  });
  const all = services.reduce((sum, { members }) => sum + members.length, 0);
  const ofHost = Math.ceil(all / policy.hostActions) - 1;
  const longestMs = Math.max(...windows.map(({ ms }) => ms));
  return Math.max(ofHost * longestMs, ...windows.map(({ ms, more }) => ms * more));
}

/** What is not running, and what twinhull thinks of it. */
async function tellState(world: World): Promise<void> {
  for (const { name, state, exitCode, error } of world.engine.containers())
    if (state !== 'running')
      world.trace.say('sim', `${name} is ${state} (${exitCode})${error === '' ? '' : `: ${error}`}`);
  const status = await world.twinhull.process?.project.status();
  for (const { name, serving, reason, members } of status?.services ?? []) {
    const odd = members.filter(({ verdict }) => verdict !== 'healthy');
    const words = odd.map((member) => `${member.name} is ${member.verdict}: ${member.reason}`);
    if (!serving || odd.length > 0)
      world.trace.say('sim', `${name}: ${serving ? 'serves' : reason}; ${words.join('; ')}`);
  }
}

class Fate {
  readonly happened = new Map<string, number>();
  readonly #world: World;
  readonly #causes: Causes;
  readonly #random: Random;
  readonly #faults: readonly Fault[];
  readonly #ends = new Set<() => void>();

  constructor(world: World, causes: Causes, random: Random, faults: readonly Fault[]) {
    this.#world = world;
    this.#causes = causes;
    this.#random = random;
    // each run has some of them: a world in which everything happens at once teaches little
    const few = faults.filter(() => this.#random.chance(0.35));
    this.#faults = few.length > 0 ? few : faults;
  }

  async rage(forMs: number, look: () => void): Promise<void> {
    const { clock } = this.#world;
    const until = clock.now() + forMs;
    const meanMs = this.#random.pick([4000, 10_000, 30_000, 60_000, 120_000]);
    while (clock.now() < until) {
      const waitMs = Math.ceil(-Math.log(1 - this.#random.next()) * meanMs);
      await clock.advance(Math.min(waitMs, until - clock.now()), look);
      if (clock.now() < until) this.#strike(this.#random.pick(this.#faults));
    }
    for (const end of this.#ends) end();
  }

  #strike(fault: Fault): void {
    const { clock, trace } = this.#world;
    const begun = fault.begin(this.#world, this.#random);
    if (!begun) return;
    this.happened.set(fault.name, (this.happened.get(fault.name) ?? 0) + 1);
    trace.say('fate', `${begun.what}${begun.lastsMs > 0 ? ` (${seconds(begun.lastsMs)})` : ''}`);
    const over = this.#causes.begin(begun, clock.now());
    const end = (): void => {
      if (!this.#ends.delete(end)) return;
      cancel();
      begun.end();
      over(clock.now());
      if (begun.lastsMs > 0) trace.say('fate', `over: ${begun.what}`);
    };
    this.#ends.add(end);
    const cancel = clock.timer(begun.lastsMs, end);
  }
}

function seconds(ms: number): string {
  return ms >= 3_000_000 ? 'until repaired' : `${(ms / 1000).toFixed(1)} s`;
}
