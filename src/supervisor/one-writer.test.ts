import assert from 'node:assert/strict';
import { test } from 'node:test';
import { single, Story, writerPair, writerVolumes } from '../../test/support/story.ts';
import type { Service } from '../compose/project.ts';

const MEMBERS = ['db-primary', 'db-backup'] as const;
const { healthcheck: _check, ...unchecked } = writerPair;
/** With its gateway, and with members that keep the service's name themselves. */
const pairs: Readonly<Record<string, Service>> = {
  'behind a gateway': writerPair,
  'without a gateway': { ...unchecked, 'x-twinhull': { mode: 'pair', gateway: 'none' } },
};

const begin = (db: Service = writerPair): Promise<Story> => Story.begin({ db }, writerVolumes);

/** Never two, in the end one, and that one leads and serves. */
function expectOneAtWork(story: Story, member?: string): void {
  assert.deepEqual(story.secondWriters, [], story.told());
  const running = story.expectOneRuns(...MEMBERS);
  if (member !== undefined) assert.equal(running, member, story.told());
  story.expectLeader(running);
  assert.equal(story.service('db').serving, true, story.told());
}

for (const [where, pair] of Object.entries(pairs)) {
  test(`a one-writer pair ${where} comes up: one runs, and nothing is done`, async () => {
    await using story = await begin(pair);
    story.expectVerdicts({ 'db-primary': 'healthy', 'db-backup': 'standby' });
    assert.deepEqual(story.done(), []);
    expectOneAtWork(story, 'db-primary');
  });

  test(`one-writer ${where}, the leader is killed: the other one is started, and leads`, async () => {
    await using story = await begin(pair);
    await story.kill('db-primary');
    await story.advance('10s');
    expectOneAtWork(story, 'db-backup');
    story.expectVerdicts({ 'db-primary': 'standby', 'db-backup': 'healthy' });
    assert.ok(!story.done().includes('fence db-primary'), 'it was proven stopped already');
    const [incident, ...more] = story.incidents();
    assert.deepEqual([incident?.kind, incident?.outcome, more.length], ['container_exit', 'repaired', 0], story.told());
    await story.kill('db-backup');
    await story.advance('10s');
    expectOneAtWork(story, 'db-primary');
  });

  test(`one-writer ${where}, the leader crashes and its data is bad: waits grow, an alert says so, never two`, async () => {
    await using story = await begin(pair);
    for (let crashes = 0; crashes < 40; crashes++) {
      for (const member of MEMBERS) if (story.container(member).state === 'running') story.crash(member, 1);
      await story.advance('3s');
    }
    assert.deepEqual(story.secondWriters, []);
    const starts = story.done().filter((line) => line.startsWith('start_standby'));
    assert.ok(starts.length >= 3 && starts.length <= 14, starts.join('\n'));
    assert.ok(story.events('alert').some(({ message }) => /tried on with growing waits/.test(message)));
    await story.advance('70s');
    expectOneAtWork(story);
  });

  test(`one-writer ${where}, the leader is paused: it goes on where it was`, async () => {
    await using story = await begin(pair);
    await story.pause('db-primary');
    await story.advance('10s');
    expectOneAtWork(story, 'db-primary');
    assert.deepEqual(story.done(), ['unpause db-primary'], story.told());
  });

  test(`one-writer ${where}, the leader is paused and the engine will not unpause it: killed, then the other one`, async () => {
    await using story = await begin(pair);
    await story.pause('db-primary');
    story.engine.unpauseContainer = () => Promise.reject(new Error('freezer: device or resource busy'));
    await story.advance('20s');
    expectOneAtWork(story, 'db-backup');
    assert.ok(story.done().includes('fence db-primary'), story.told());
  });

  test(`one-writer ${where}, a planned switch: ended politely, proven, then the other one`, async () => {
    await using story = await begin(pair);
    const { from, to } = await story.during(story.supervisor.failover('db'));
    assert.deepEqual({ from, to }, { from: 'db-primary', to: 'db-backup' });
    await story.advance('2s');
    expectOneAtWork(story, 'db-backup');
    assert.ok(story.done().includes('stop db-primary') && !story.done().includes('fence db-primary'), story.told());
    assert.deepEqual(story.incidents(), []);
    assert.equal(story.container('db-primary').exitCode, 143, 'it got its polite signal');
  });

  test(`one-writer ${where}, a planned switch to one that does not come up is taken back`, async () => {
    await using story = await begin(pair);
    const backup = story.container('db-backup').id;
    story.onStart = (id) => {
      if (id === backup) story.crash('db-backup', 1);
    };
    await assert.rejects(story.during(story.supervisor.failover('db')), /db-backup exited with code 1.*db-primary/);
    await story.advance('10s');
    expectOneAtWork(story, 'db-primary');
    story.expectVerdicts({ 'db-backup': 'standby' });
  });

  test(`one-writer ${where}, somebody starts the standby: killed at once, and the leader goes on`, async () => {
    await using story = await begin(pair);
    const { startedAt } = story.container('db-primary');
    await story.start('db-backup');
    await story.advance('200ms');
    assert.equal(story.container('db-backup').state, 'exited', story.told());
    assert.equal(story.container('db-backup').exitCode, 137, 'not politely: it would write what it holds');
    await story.advance('10s');
    assert.equal(story.container('db-primary').startedAt, startedAt);
    story.expectVerdicts({ 'db-primary': 'healthy', 'db-backup': 'standby' });
  });

  test(`one-writer ${where}, somebody stops the leader: it stays stopped, and twinhull failover starts the other one`, async () => {
    await using story = await begin(pair);
    await story.stop('db-primary');
    await story.advance('60s');
    story.expectVerdicts({ 'db-primary': 'stopped', 'db-backup': 'standby' });
    assert.deepEqual(
      story.done().filter((line) => !line.startsWith('take_out')),
      [],
      story.told(),
    );
    await story.during(story.supervisor.failover('db'));
    await story.advance('5s');
    expectOneAtWork(story, 'db-backup');
  });

  test(`one-writer ${where}, somebody stops the leader and starts the other one: that one leads`, async () => {
    await using story = await begin(pair);
    await story.stop('db-primary');
    await story.start('db-backup');
    await story.advance('10s');
    expectOneAtWork(story, 'db-backup');
  });

  test(`one-writer ${where}, the leader's container is removed: the other one runs, a standby is made anew`, async () => {
    await using story = await begin(pair);
    await story.remove('db-primary');
    await story.advance('20s');
    expectOneAtWork(story, 'db-backup');
    assert.equal(story.container('db-primary').state, 'created');
  });

  test(`one-writer ${where}, the engine is restarted: the one that led runs again`, async () => {
    await using story = await begin(pair);
    await story.kill('db-primary');
    await story.advance('10s');
    story.engine.shutDown();
    await story.advance('3s');
    story.engine.comeBack();
    await story.advance('20s');
    expectOneAtWork(story, 'db-backup');
  });

  test(`one-writer ${where}, the host is started anew with the supervisor: the one that led runs again`, async () => {
    await using story = await begin(pair);
    await story.kill('db-primary');
    await story.advance('10s');
    story.engine.shutDown();
    await story.killSupervisor();
    await story.advance('3s');
    story.engine.comeBack();
    story.supervise();
    await story.advance('20s');
    expectOneAtWork(story, 'db-backup');
  });

  for (const running of [true, false]) {
    test(`one-writer ${where}, the store is lost while ${running ? 'the backup leads' : 'nothing runs'}: never two, in the end one`, async () => {
      await using story = await begin(pair);
      await story.kill('db-primary');
      await story.advance('10s');
      if (!running) await story.kill('db-backup');
      await story.loseStore();
      await story.advance('2s');
      story.supervise();
      await story.advance('20s');
      expectOneAtWork(story, running || where === 'behind a gateway' ? 'db-backup' : 'db-primary');
    });
  }

  test(`one-writer ${where}: the engine does not answer for the leader: nothing is started, and it is said`, async () => {
    await using story = await begin(pair);
    story.engine.jam(story.container('db-primary').id);
    story.engine.crash(story.container('db-primary').id, 1);
    await story.advance('60s');
    assert.equal(story.container('db-backup').state, 'created', story.told());
    assert.match(story.service('db').reason, /db-backup.*db-primary is not proven stopped/s);
    assert.ok(
      story
        .events('alert')
        .some(({ message }) => /db-primary is not proven stopped.*db-backup is not started/.test(message)),
      story.told(),
    );
    story.engine.jam(story.container('db-primary').id, false);
    await story.advance('40s');
    expectOneAtWork(story);
  });

  test(`twinhull restart of a one-writer pair ${where}: the one that runs, and only that one`, async () => {
    await using story = await begin(pair);
    await story.kill('db-primary');
    await story.advance('10s');
    const { startedAt } = story.container('db-backup');
    const steps: string[] = [];
    await story.during(story.supervisor.restart('db', (line) => steps.push(line)));
    await story.advance('5s');
    expectOneAtWork(story, 'db-backup');
    assert.notEqual(story.container('db-backup').startedAt, startedAt);
    assert.ok(steps.includes('db-primary does not run and is left as it is'), steps.join('\n'));
    await story.during(story.supervisor.restart('db-primary'));
    expectOneAtWork(story, 'db-backup');
  });
}

test('one-writer behind a gateway, the leader hangs: not at the first failed check, then killed, proven, and the other one', async () => {
  await using story = await begin();
  story.hang('db-primary');
  await story.advance('900ms');
  assert.deepEqual(story.done(), [], story.told());
  await story.advance('15s');
  expectOneAtWork(story, 'db-backup');
  const done = story.done();
  const order = [
    'take_out db-primary',
    'fence db-primary',
    'start_standby db-backup',
    'put_in db-backup',
    'lead db-backup',
  ];
  assert.deepEqual(
    done.filter((line) => order.includes(line)),
    order,
    story.told(),
  );
  assert.equal(story.incidents()[0]?.outcome, 'repaired');
});

test('one-writer behind a gateway, the leader answers its check with a no: ended politely', async () => {
  await using story = await begin();
  story.sicken('db-primary');
  await story.advance('20s');
  expectOneAtWork(story, 'db-backup');
  assert.equal(story.container('db-primary').exitCode, 143, story.told());
});

test('one-writer behind a gateway, the leader loses its network: connected again, and it goes on', async () => {
  await using story = await begin();
  await story.partition('db-primary');
  await story.advance('10s');
  expectOneAtWork(story, 'db-primary');
  assert.ok(story.done().includes('reconnect db-primary'), story.told());
  assert.ok(!story.done().some((line) => line.startsWith('fence')), story.told());
});

test('one-writer, everything fails at once: what runs is not ended under the brake', async () => {
  const web: Service = { ...single, image: 'shop/web:1', expose: ['80'], 'x-twinhull': { mode: 'cluster' } };
  await using story = await Story.begin({ db: writerPair, web: { ...web, deploy: { replicas: 3 } } }, writerVolumes);
  for (const member of ['db-primary', 'web-1', 'web-2', 'web-3']) story.hang(member);
  await story.advance('30s');
  assert.ok(!story.done().some((line) => /^(fence|stop) db-/.test(line)), story.told());
  assert.equal(story.container('db-primary').state, 'running');
});

test('one-writer, the leader is started again by somebody in the moment in which it is taken for stopped: the engine is asked once more', async () => {
  await using story = await begin();
  await story.kill('db-primary');
  await story.advance('100ms');
  story.engine.loseEvents();
  await story.start('db-primary');
  await story.advance('2s');
  story.engine.loseEvents(false);
  await story.advance('20s');
  expectOneAtWork(story);
});

test('one-writer, a start that came through although it was given up counts', async () => {
  await using story = await begin();
  const backup = story.container('db-backup').id;
  const start = story.engine.startContainer.bind(story.engine);
  story.engine.startContainer = async (id, call) => {
    await start(id, call);
    if (id === backup) throw new Error('no end within 30.0 s');
  };
  await story.kill('db-primary');
  await story.advance('30s');
  expectOneAtWork(story);
});

/** What a supervisor that dies leaves behind, and whether the next one knows what it knew. */
type Death = readonly [when: 'before' | 'after', keepsStore: boolean];
const everyDeath: readonly Death[] = [
  ['before', true],
  ['after', true],
  ['after', false],
];
type Make = (story: Story) => Promise<void> | void;

/** Whatever calls a change takes, and wherever among them the supervisor dies. */
const faults: readonly (readonly [
  fault: string,
  where: string,
  lasts: string,
  deaths: readonly Death[],
  make: Make,
])[] = [
  ['the leader is killed', 'behind a gateway', '2s', everyDeath, (story) => story.kill('db-primary')],
  ['the leader hangs', 'behind a gateway', '14s', [['after', true]], (story) => story.hang('db-primary')],
  ['the leader is removed', 'without a gateway', '2s', everyDeath, (story) => story.remove('db-primary')],
  [
    'a planned switch',
    'without a gateway',
    '4s',
    everyDeath,
    (story) => void story.supervisor.failover('db').catch(() => undefined),
  ],
];

for (const [fault, where, lasts, deaths, make] of faults) {
  test(`one-writer ${where}, ${fault}, and the supervisor dies at any of its calls: never two, in the end one`, async () => {
    let died = 0;
    for (let call = 1, isDead = true; isDead && call < 80; call++) {
      for (const [when, keepsStore] of deaths) {
        await using story = await begin(pairs[where]);
        story.killSupervisorAt({ call, when });
        await make(story);
        await story.advance(lasts);
        isDead = story.isSupervisorDead;
        died += Number(isDead);
        await (keepsStore ? story.killSupervisor() : story.loseStore());
        story.supervise();
        await story.advance('15s');
        expectOneAtWork(story);
      }
    }
    assert.ok(died > 10, `${died} deaths`);
  });
}

test('one-writer behind a gateway, the leader hangs out of traffic and the store is lost: it is found to hang again', async () => {
  await using story = await begin();
  story.hang('db-primary');
  await story.gateway('db').takeOut('db-primary');
  await story.loseStore();
  story.supervise();
  await story.advance('60s');
  expectOneAtWork(story, 'db-backup');
});
