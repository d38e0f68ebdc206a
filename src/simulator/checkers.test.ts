/** Each rule is broken once on purpose: a checker that cannot see it is none. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Engine } from '../ports/engine.ts';
import type { Fault } from './faults/fault.ts';
import { runSeed } from './run.ts';
import type { World } from './world.ts';

/** What the supervisor does with its own door to the engine, as a defect in it would. */
function defect(name: string, family: Fault['family'], act: (world: World, engine: Engine) => unknown): Fault {
  let isDone = false;
  return {
    name,
    family,
    begin(world) {
      const process = world.twinhull.process;
      if (isDone || !process) return null;
      isDone = true;
      act(world, process.life.engine(world.engine));
      return { what: name, causes: [], lastsMs: 0, end: () => undefined };
    },
  };
}

const idOf = (world: World, member: string): string => world.members.container(member)?.id ?? '';
const some = (world: World): string => world.members.names()[0] ?? '';

async function rulesBrokenBy(fault: Fault, services = 3): Promise<Set<string>> {
  const { violations } = await runSeed({ seed: '2', minutes: 3, services, faults: [fault] });
  return new Set(violations.map(({ rule }) => rule));
}

test('who is well is restarted without a cause', async () => {
  const fault = defect('a restart', 'process', (world, engine) =>
    engine.restartContainer(idOf(world, some(world)), {}),
  );
  assert.ok((await rulesBrokenBy(fault)).has('no action without cause'));
});

test('with noise alone the same is a false action', async () => {
  const fault = defect('a restart', 'noise', (world, engine) => engine.restartContainer(idOf(world, some(world)), {}));
  assert.ok((await rulesBrokenBy(fault)).has('no false action'));
});

test('all of a service are ended, the last one that serves too, again and again', async () => {
  const fault = defect('a storm', 'process', async (world, engine) => {
    const members = world.fleet.services.find(({ gateway }) => gateway !== null)?.members ?? [];
    for (let round = 0; round < 9; round++)
      for (const { name } of members) await engine.restartContainer(idOf(world, name), { timeoutSeconds: 1 });
  });
  const rules = await rulesBrokenBy(fault);
  assert.ok(rules.has('no storm') && rules.has('never the last one'), [...rules].join());
});

test('somebody never waits', async () => {
  const fault = defect('a busy loop', 'process', async (world, engine) => {
    for (;;) await engine.inspectContainer(idOf(world, some(world)), {});
  });
  assert.ok((await rulesBrokenBy(fault)).has('time goes on'));
});

test('a second writer is started', async () => {
  const fault = defect('a second writer', 'process', (world, engine) => {
    const store = world.fleet.services.find(({ policy }) => policy.oneWriter);
    const idle = store?.members.find(({ name }) => world.members.container(name)?.state === 'created');
    assert.ok(idle, 'this seed has a store');
    return engine.startContainer(idOf(world, idle.name));
  });
  assert.ok((await rulesBrokenBy(fault)).has('one writer'));
});

test('a gateway refuses requests that its members would answer', async () => {
  const fault = defect('refusals', 'process', (world) => {
    for (const { name } of world.fleet.services) {
      const gateway = world.gateway(name);
      if (gateway) gateway.request = () => Promise.resolve({ status: 503, member: null, headers: {} });
    }
  });
  const rules = await rulesBrokenBy(fault);
  assert.ok(
    [...rules].some((rule) => rule.startsWith('no request lost')),
    [...rules].join(),
  );
});
