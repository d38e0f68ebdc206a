import { ailing, blow, begun, byHand, byTurns, endByHand, pickService, type Fault, wavering } from './fault.ts';

const exits = (name: string, exitCode: number, words: string): Fault =>
  blow(name, 'process', words, (world, { id }) => world.engine.crash(id, exitCode));

/** What processes do to themselves, and what is done to them. */
export const processFaults: readonly Fault[] = [
  exits('exit 0', 0, 'ends, as if its work were done'),
  exits('exit 1', 1, 'exits with 1'),
  exits('segmentation fault', 139, 'exits with 139'),
  blow('docker kill', 'process', 'is killed through the API', (world, { id }) =>
    endByHand(world, (engine) => engine.killContainer(id, 'SIGKILL')),
  ),
  blow('kill -9', 'process', 'is killed from the host', (world, { id }) => world.engine.crash(id, 137)),
  blow('out of memory', 'process', 'is ended by the kernel for want of memory', (world, { id }) =>
    world.engine.crash(id, 137, { outOfMemory: true }),
  ),
  {
    name: 'SIGSTOP',
    family: 'process',
    begin(world, random) {
      const running = world.members.names().filter((member) => world.members.container(member)?.state === 'running');
      if (running.length === 0) return null;
      const member = random.pick(running);
      const container = world.members.container(member);
      if (!container) return null;
      world.engine.hang(container.id);
      const end = world.members.ail({ member, condition: 'hung', endsWithRun: true });
      const lastsMs = random.chance(0.5) ? random.whole(500, 20_000) : 3_600_000;
      return begun(`${member} is stopped by a signal`, [member], lastsMs, () => {
        if (world.members.container(member)?.startedAt === container.startedAt) world.engine.hang(container.id, false);
        end();
      });
    },
  },
  ailing(
    'deadlock',
    'process',
    [3_600_000, 3_600_000],
    () => ({ condition: 'hung', endsWithRun: true }),
    'answers nobody until it is another process',
  ),
  blow('docker pause', 'process', 'is paused', (world, { id }) => byHand(world, (engine) => engine.pauseContainer(id))),
  ailing(
    'slow start',
    'process',
    [60_000, 300_000],
    (random) => ({ startsInMs: random.whole(20_000, 90_000) }),
    'starts slowly from now on',
  ),
  ailing(
    'crash loop at once',
    'process',
    [10_000, 240_000],
    () => ({ dies: { afterMs: 300, exitCode: 1 } }),
    'dies 0.3 s after each start',
  ),
  ailing(
    'crash loop at 9 s',
    'process',
    [30_000, 300_000],
    () => ({ dies: { afterMs: 9000, exitCode: 1 } }),
    'dies 9 s after each start',
  ),
  ailing(
    'crash loop at 11 s',
    'process',
    [30_000, 300_000],
    () => ({ dies: { afterMs: 11_000, exitCode: 1 } }),
    'dies 11 s after each start',
  ),
  ailing(
    'hanging probe',
    'process',
    [30_000, 240_000],
    () => ({ failsProbes: true }),
    'fails the probes inside it, and answers everybody else',
  ),
  ailing('sick', 'process', [5000, 240_000], () => ({ condition: 'sick' }), 'answers its check with a no'),
  {
    name: 'flapping',
    family: 'process',
    begin(world, random) {
      const service = pickService(world, random);
      const member = service && random.pick(service.members).name;
      if (!member) return null;
      const everyMs = random.whole(800, 8000);
      const end = byTurns(world, { member, condition: 'sick' }, { wellMs: () => everyMs, illMs: () => everyMs });
      const words = `${member} is well and sick by turns of ${everyMs} ms`;
      return begun(words, [member], random.whole(20_000, 180_000), end);
    },
  },
  wavering(
    'error ratio',
    'process',
    [20_000, 180_000],
    { condition: 'sick' },
    { well: [500, 10_000], ill: [50, 600] },
    'answers some requests with an error',
  ),
  ailing(
    'wrong and fast',
    'process',
    [60_000, 400_000],
    (random) => ({ errorShare: random.pick([0.08, 0.3, 1]) }),
    'answers requests wrongly and at once, and its check well',
  ),
  wavering(
    'slowness',
    'process',
    [20_000, 180_000],
    { condition: 'hung' },
    { well: [300, 6000], ill: [100, 2500] },
    'takes up to 2.5 s for an answer',
  ),
  {
    name: 'dependency away',
    family: 'process',
    begin(world, random) {
      const service = pickService(world, random, ({ members }) => members.length > 1);
      if (!service) return null;
      const heals = service.members.map(({ name }) => world.members.ail({ member: name, condition: 'sick' }));
      const names = service.members.map(({ name }) => name);
      return begun(`all of ${service.name} are sick at once`, names, random.whole(5000, 120_000), () => {
        for (const heal of heals) heal();
      });
    },
  },
];
