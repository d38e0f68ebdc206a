import { begun, type Fault, pickRunning } from './fault.ts';
import { loss } from './networks.ts';
import { clockSteps, paused } from './self.ts';

/** As a busy host, a collector of garbage or a slow disk makes it. */
const STALL_MS: readonly [number, number] = [20, 2000];

function stall(name: string, words: string, isOfAll: boolean): Fault {
  return {
    name,
    family: 'noise',
    begin(world, random) {
      const victim = pickRunning(world, random);
      if (!victim) return null;
      const members = isOfAll ? world.members.names() : [victim.member];
      const heals = members.map((member) => world.members.ail({ member, condition: 'hung' }));
      const process = isOfAll ? world.twinhull.process : null;
      process?.life.pause();
      const what = isOfAll ? words : `${victim.member} ${words}`;
      return begun(what, [], random.whole(...STALL_MS), () => {
        for (const heal of heals) heal();
        process?.life.resume();
      });
    },
  };
}

/** What happens on every host every day, and is nothing: a repair that answers it is a false one. */
export const noise: readonly Fault[] = [
  stall('member stalls', 'stands still for a moment', false),
  stall('host stalls', 'everything stands still for a moment', true),
  paused('supervisor stalls', 'noise', STALL_MS),
  loss('lost checks', 'noise', [0.01, 0.05]),
  clockSteps('steps of the clock', 'noise'),
];
