import type { Mood } from '../daemon.ts';
import type { Random } from '../random.ts';
import { begun, type Fault, pickRunning } from './fault.ts';

function moody(name: string, words: string, lasts: readonly [number, number], mood: (random: Random) => Mood): Fault {
  return {
    name,
    family: 'daemon',
    begin(world, random) {
      const end = world.daemon.behave(mood(random.fork('mood')));
      return begun(`the engine ${words}`, [], random.whole(...lasts), end);
    },
  };
}

/** A daemon that is away does not only not answer: what its policies would start again waits too. */
function away(name: string, words: string, lasts: readonly [number, number]): Fault {
  return {
    name,
    family: 'daemon',
    begin(world, random) {
      world.engineLeaves(() => world.engine.goAway());
      return begun(`the engine ${words}`, [], random.whole(...lasts), () => world.engineReturns());
    },
  };
}

const INTERNAL = 'the engine refused: internal error';

/** What Docker itself does. */
export const daemonFaults: readonly Fault[] = [
  moody('errors', 'refuses one call in three', [5000, 90_000], (random) => ({
    refusal: () => (random.chance(0.33) ? INTERNAL : ''),
  })),
  moody('refuses changes', 'refuses every change', [5000, 60_000], () => ({
    refusal: (call) => (/^(start|create|restart|connect)/.test(call) ? INTERNAL : ''),
  })),
  moody('slow', 'answers after up to 4 s', [5000, 120_000], (random) => ({ lateMs: () => random.whole(50, 4000) })),
  moody('very slow', 'answers after 8 to 15 s', [20_000, 90_000], (random) => ({
    lateMs: () => random.whole(8000, 15_000),
  })),
  moody('silent', 'accepts calls and never answers', [5000, 60_000], () => ({ isSilent: (call) => call !== 'events' })),
  moody('no images', 'cannot create: no space left on the device', [20_000, 180_000], () => ({
    refusal: (call) => (call === 'createContainer' ? 'the engine refused: no space left on device' : ''),
  })),
  moody('loses events', 'loses half of its events', [20_000, 180_000], () => ({ losesEvents: 0.5 })),
  moody('loses all events', 'tells of nothing', [20_000, 180_000], () => ({ losesEvents: 1 })),
  moody('doubles events', 'tells everything twice', [20_000, 180_000], () => ({ doublesEvents: 1 })),
  moody('reorders events', 'tells events in the wrong order', [20_000, 180_000], () => ({ swapsEvents: true })),
  moody('short list', 'leaves containers out of its lists', [5000, 60_000], (random) => ({
    listsWithout: () => random.chance(0.3),
  })),
  away('killed, live-restore', 'is killed and comes back; containers run on', [1000, 30_000]),
  away('socket gone', 'is out of reach', [1000, 300_000]),
  {
    name: 'restarted',
    family: 'daemon',
    begin(world, random) {
      world.engineLeaves(() => world.engine.shutDown());
      return begun('the engine is restarted and takes its containers with it', 'all', random.whole(1000, 20_000), () =>
        world.engineReturns(),
      );
    },
  },
  {
    name: 'jammed container',
    family: 'daemon',
    begin(world, random) {
      const victim = pickRunning(world, random);
      if (!victim) return null;
      const { id } = victim.container;
      world.engine.jam(id);
      return begun(`the engine is stuck on ${victim.member}`, [victim.member], random.whole(10_000, 120_000), () => {
        if (world.engine.containers().some((container) => container.id === id)) world.engine.jam(id, false);
      });
    },
  },
];
