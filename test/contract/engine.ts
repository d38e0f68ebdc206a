/** One suite for every engine: what the supervisor may rely on. The twin in memory may not drift from Docker. */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { isCode } from '../../src/errors.ts';
import type { LogLine } from '../../src/ports/engine.ts';
import { type Rig, Site } from './engine-site.ts';

type Body = (site: Site) => Promise<void>;

export function engineContract(kind: string, openRig: () => Promise<Rig>): void {
  describe(`engine: ${kind}`, { concurrency: 3, timeout: 240_000 }, () => {
    let rig: Rig | null = null;
    let made = 0;
    before(async () => {
      rig = await openRig();
    });
    after(async () => await rig?.close());
    const it = (title: string, body: Body): void => {
      test(title, { timeout: 60_000 }, async () => {
        assert.ok(rig, 'the engine is there');
        await using site = new Site(rig, `engine-contract-${process.pid}-${++made}`);
        await body(site);
      });
    };
    describingAnEngine(it);
    makingContainers(it);
    startingAndStopping(it);
    restarting(it);
    watching(it);
    usingNetworks(it);
    keepingVolumes(it);
    talking(it);
    failing(it);
  });
}

type It = (title: string, body: Body) => void;

function describingAnEngine(it: It): void {
  it('tells what it is', async ({ engine }) => {
    const info = await engine.info();
    assert.notEqual(info.id, '');
    assert.match(info.apiVersion, /^1\.\d+$/);
    assert.equal(info.os, 'linux');
    assert.ok(info.cpus > 0 && info.memoryBytes > 0);
    assert.equal((await engine.info()).id, info.id);
  });

  it('describes an image, and knows when there is none', async ({ engine, rig }) => {
    const image = await engine.inspectImage(rig.image);
    assert.match(image?.id ?? '', /^sha256:/);
    assert.deepEqual(image?.exposedPorts, ['80/tcp']);
    assert.equal(await engine.inspectImage('twinhull-test/nothing:1'), null);
  });

  it('refuses to pull what does not exist', async ({ engine }) => {
    await assert.rejects(engine.pullImage('localhost:1/twinhull-test/nothing:1', {}), (error) =>
      isCode(error, 'TH_ENGINE_REFUSED'),
    );
  });
}

function makingContainers(it: It): void {
  it('creates a container and does not start it', async (site) => {
    const id = await site.create('patient', { Labels: { colour: 'red' } });
    const found = await site.inspect(id);
    assert.deepEqual(
      [
        found.name,
        found.state,
        found.image,
        found.labels['colour'],
        found.startedAt,
        found.finishedAt,
        found.restartPolicy,
      ],
      [`${site.name}-a`, 'created', site.rig.image, 'red', 0, 0, 'no'],
    );
    assert.ok(found.createdAt > 0);
  });

  it('finds a container by name and by id, and gives null for none', async (site) => {
    const id = await site.create('patient');
    assert.equal((await site.engine.inspectContainer(`${site.name}-a`))?.id, id);
    assert.equal((await site.engine.inspectContainer(id))?.id, id);
    assert.equal(await site.engine.inspectContainer(`${site.name}-none`), null);
  });

  it('refuses a second container of the same name with 409', async (site) => {
    await site.create('patient');
    await assert.rejects(site.create('patient'), { code: 'TH_ENGINE_REFUSED', status: 409 });
  });

  it('refuses a container of an image it does not have with 404', async (site) => {
    const spec = { ...site.spec('patient'), Image: 'twinhull-test/nothing:1' };
    await assert.rejects(site.engine.createContainer(`${site.name}-a`, spec), {
      code: 'TH_ENGINE_REFUSED',
      status: 404,
    });
  });

  it('lists what carries every label asked for, running or not', async (site) => {
    await site.create('patient', { Labels: { side: 'left' } }, 'left');
    await site.run('patient', { Labels: { side: 'right' } }, 'right');
    const list = async (labels: Record<string, string>): Promise<string[]> =>
      (await site.engine.listContainers({ labels: { ...site.labels, ...labels } }))
        .map((found) => found.labels['side'] ?? '')
        .sort();
    assert.deepEqual(await list({}), ['left', 'right']);
    assert.deepEqual(await list({ side: '' }), ['left', 'right']);
    assert.deepEqual(await list({ side: 'right' }), ['right']);
    assert.deepEqual(await list({ side: 'up' }), []);
  });

  it('renames; the same name again is no error, a taken one is 409', async (site) => {
    const id = await site.create('patient');
    await site.create('patient', {}, 'taken');
    await site.engine.renameContainer(id, `${site.name}-b`);
    await site.engine.renameContainer(id, `${site.name}-b`);
    assert.equal((await site.inspect(id)).name, `${site.name}-b`);
    await assert.rejects(site.engine.renameContainer(id, `${site.name}-taken`), { status: 409 });
  });

  it('removes what is stopped; a running one only by force; a removed one again without an error', async (site) => {
    const id = await site.run('patient');
    await assert.rejects(site.engine.removeContainer(id, { force: false, volumes: true }), { status: 409 });
    await site.engine.removeContainer(id, { force: true, volumes: true });
    assert.equal(await site.engine.inspectContainer(id), null);
    await site.engine.removeContainer(id, { force: true, volumes: true });
  });

  it('publishes ports while it runs', async (site) => {
    const id = await site.run('patient', {
      HostConfig: { PortBindings: { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: '' }] } },
      ExposedPorts: { '80/tcp': {} },
    });
    const [binding] = (await site.inspect(id)).ports['80/tcp'] ?? [];
    assert.equal(binding?.hostIp, '127.0.0.1');
    assert.ok((binding?.hostPort ?? 0) > 0);
    await site.engine.stopContainer(id, { timeoutSeconds: 5 });
    assert.deepEqual((await site.inspect(id)).ports, {});
  });

  it('does not start on a port that another one has, and says so', async (site) => {
    const publish = (hostPort: string) => ({
      HostConfig: { PortBindings: { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: hostPort }] } },
      ExposedPorts: { '80/tcp': {} },
    });
    const first = await site.run('patient', publish(''));
    const port = (await site.inspect(first)).ports['80/tcp']?.[0]?.hostPort;
    const second = await site.create('patient', publish(String(port)), 'b');
    await assert.rejects(site.engine.startContainer(second), /port is already allocated/);
    const found = await site.inspect(second);
    assert.deepEqual([found.state, found.exitCode], ['created', 128]);
    assert.match(found.error, /already allocated/);
  });
}

function startingAndStopping(it: It): void {
  it('starts; starting again is no error', async (site) => {
    const id = await site.run('patient');
    const begun = await site.inspect(id);
    await site.engine.startContainer(id);
    const found = await site.inspect(id);
    assert.deepEqual([found.state, found.startedAt], ['running', begun.startedAt]);
    assert.ok(found.pid > 0 && found.startedAt > 0);
  });

  it('refuses to start what is not there with 404', async (site) => {
    await assert.rejects(site.engine.startContainer(`${site.name}-none`), { code: 'TH_ENGINE_REFUSED', status: 404 });
  });

  it("stops with the process's own exit code; stopping again, or what is gone, is no error", async (site) => {
    const id = await site.run('patient');
    await site.engine.stopContainer(id, { timeoutSeconds: 10 });
    const found = await site.inspect(id);
    assert.deepEqual([found.state, found.exitCode, found.pid], ['exited', 0, 0]);
    assert.ok(found.finishedAt >= found.startedAt);
    await site.engine.stopContainer(id, { timeoutSeconds: 10 });
    await site.engine.stopContainer(`${site.name}-none`, {});
  });

  it('kills what does not stop in time', async (site) => {
    const id = await site.run('stubborn');
    const begun = performance.now();
    await site.engine.stopContainer(id, { timeoutSeconds: 1 });
    assert.equal((await site.inspect(id)).exitCode, 137);
    assert.ok(performance.now() - begun > 900);
  });

  it("gives the container's own time to stop when none is said", async (site) => {
    const id = await site.run('stubborn', { StopTimeout: 1 });
    const begun = performance.now();
    await site.engine.stopContainer(id, {});
    assert.ok(performance.now() - begun < 8000);
    assert.equal((await site.inspect(id)).exitCode, 137);
  });

  it('kills at once; killing again, or what is gone, is no error', async (site) => {
    const id = await site.run('patient');
    await site.engine.killContainer(id, 'SIGKILL');
    const found = await site.until(id, ({ state }) => state === 'exited');
    assert.equal(found.exitCode, 137);
    await site.engine.killContainer(id, 'SIGKILL');
    await site.engine.killContainer(`${site.name}-none`, 'SIGKILL');
  });

  it('pauses and thaws; both again without an error', async (site) => {
    const id = await site.run('patient');
    await site.engine.pauseContainer(id);
    await site.engine.pauseContainer(id);
    assert.equal((await site.inspect(id)).state, 'paused');
    await site.engine.unpauseContainer(id);
    await site.engine.unpauseContainer(id);
    assert.equal((await site.inspect(id)).state, 'running');
  });

  it('refuses to pause what does not run', async (site) => {
    const id = await site.create('patient');
    await assert.rejects(site.engine.pauseContainer(id), { code: 'TH_ENGINE_REFUSED' });
    await assert.rejects(site.engine.unpauseContainer(id), { code: 'TH_ENGINE_REFUSED' });
  });

  it('ends a paused one by SIGKILL: fencing', async (site) => {
    const id = await site.run('patient');
    await site.engine.pauseContainer(id);
    await site.engine.killContainer(id, 'SIGKILL');
    assert.equal((await site.until(id, ({ state }) => state === 'exited')).exitCode, 137);
  });

  it('stops a paused one', async (site) => {
    const id = await site.run('patient');
    await site.engine.pauseContainer(id);
    await site.engine.stopContainer(id, { timeoutSeconds: 5 });
    assert.equal((await site.inspect(id)).state, 'exited');
  });

  it('refuses to start a paused one', async (site) => {
    const id = await site.run('patient');
    await site.engine.pauseContainer(id);
    await assert.rejects(site.engine.startContainer(id), { code: 'TH_ENGINE_REFUSED', status: 409 });
  });

  it('notes how a process ended by itself', async (site) => {
    const brief = await site.run('brief');
    const failed = await site.run('failing', {}, 'b');
    assert.equal((await site.until(brief, ({ state }) => state === 'exited')).exitCode, 0);
    assert.equal((await site.until(failed, ({ state }) => state === 'exited')).exitCode, 3);
  });
}

function restarting(it: It): void {
  const always = { HostConfig: { RestartPolicy: { Name: 'always' } } };

  it('restarts on request, running or stopped', async (site) => {
    const id = await site.run('patient');
    const begun = (await site.inspect(id)).startedAt;
    await new Promise((resolve) => setTimeout(resolve, 5));
    await site.engine.restartContainer(id, { timeoutSeconds: 5 });
    const again = await site.inspect(id);
    assert.equal(again.state, 'running');
    assert.ok(again.startedAt > begun);
    await site.engine.stopContainer(id, { timeoutSeconds: 5 });
    await site.engine.restartContainer(id, { timeoutSeconds: 5 });
    assert.equal((await site.inspect(id)).state, 'running');
    assert.equal((await site.inspect(id)).restartCount, 0);
  });

  it('starts a crashed one again by its policy, and counts', async (site) => {
    const id = await site.run('patient', always);
    const { startedAt } = await site.inspect(id);
    await site.rig.crash(id);
    const found = await site.until(id, (container) => container.state === 'running' && container.startedAt > startedAt);
    assert.equal(found.restartCount, 1);
    assert.equal(found.restartPolicy, 'always');
  });

  it('waits longer each time before it starts one that crashes at once', async (site) => {
    const begun = performance.now();
    const id = await site.run('failing', always);
    await site.until(id, ({ restartCount }) => restartCount >= 4);
    // 100 + 200 + 400 ms of waiting come before the fourth restart is decided.
    assert.ok(performance.now() - begun > 700);
    assert.equal((await site.until(id, ({ state }) => state === 'restarting')).exitCode, 3);
  });

  it('leaves a crashed one alone without a policy', async (site) => {
    const id = await site.run('patient');
    await site.rig.crash(id);
    const found = await site.until(id, ({ state }) => state === 'exited');
    assert.deepEqual([found.exitCode, found.restartCount], [3, 0]);
  });

  it('does not start again what was stopped or killed by request, whatever the policy', async (site) => {
    const stopped = await site.run('patient', always);
    const killed = await site.run('patient', { HostConfig: { RestartPolicy: { Name: 'unless-stopped' } } }, 'b');
    await site.engine.stopContainer(stopped, { timeoutSeconds: 5 });
    await site.engine.killContainer(killed, 'SIGKILL');
    await new Promise((resolve) => setTimeout(resolve, 500));
    assert.equal((await site.inspect(stopped)).state, 'exited');
    assert.equal((await site.inspect(killed)).state, 'exited');
  });

  it('on-failure: restarts failures only, and not for ever', async (site) => {
    const failures = await site.run('failing', {
      HostConfig: { RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 2 } },
    });
    const done = await site.run('brief', { HostConfig: { RestartPolicy: { Name: 'on-failure' } } }, 'b');
    const found = await site.until(failures, ({ state, restartCount }) => state === 'exited' && restartCount === 2);
    assert.equal(found.exitCode, 3);
    assert.deepEqual([(await site.inspect(done)).state, (await site.inspect(done)).restartCount], ['exited', 0]);
  });

  it('changes the policy of a running one: what crashes then stays down', async (site) => {
    const id = await site.run('patient', always);
    await site.engine.setRestartPolicy(id, 'no');
    assert.equal((await site.inspect(id)).restartPolicy, 'no');
    await site.rig.crash(id);
    assert.equal((await site.until(id, ({ state }) => state !== 'running')).state, 'exited');
  });

  it('takes a limit of CPU time and gives it back, without a restart', async (site) => {
    const id = await site.run('patient');
    const { startedAt } = await site.inspect(id);
    await site.engine.setCpuLimit(id, 0.5);
    await site.engine.setCpuLimit(id, null);
    const { state, startedAt: stillSince } = await site.inspect(id);
    assert.deepEqual([state, stillSince], ['running', startedAt]);
    const limited = await site.run('patient', { HostConfig: { NanoCpus: 1e9 } }, 'b');
    await site.engine.setCpuLimit(limited, 0.5);
    await assert.rejects(site.engine.setCpuLimit('no-such-container', 1), { code: 'TH_ENGINE_REFUSED' });
  });

  it('stops one that waits to be restarted', async (site) => {
    const id = await site.run('failing', always);
    await site.until(id, ({ state, restartCount }) => state === 'restarting' && restartCount >= 3);
    await site.engine.stopContainer(id, { timeoutSeconds: 1 });
    assert.equal((await site.inspect(id)).state, 'exited');
  });
}

function watching(it: It): void {
  it('create, start, stop, remove: the events in their order', async (site) => {
    const watch = await site.watch();
    const id = await site.run('patient');
    await site.engine.stopContainer(id, { timeoutSeconds: 5 });
    await site.engine.removeContainer(id, { force: false, volumes: true });
    await watch.until('destroy');
    assert.deepEqual(watch.containerActions, ['create', 'start', 'kill', 'die', 'stop', 'destroy']);
    assert.ok(watch.seen.every((event) => event.containerId === id && event.at > 0));
    const die = watch.seen.find((event) => event.action === 'die');
    assert.equal(die?.attributes['exitCode'], '0');
    assert.equal(die?.attributes['twinhull.test'], site.name);
  });

  it('a stop that needs SIGKILL: kill, kill, die, stop', async (site) => {
    const id = await site.run('stubborn');
    const watch = await site.watch();
    await site.engine.stopContainer(id, { timeoutSeconds: 1 });
    await watch.until('stop');
    assert.deepEqual(watch.containerActions, ['kill', 'kill', 'die', 'stop']);
    const signals = watch.seen.filter((event) => event.action === 'kill').map((event) => event.attributes['signal']);
    assert.deepEqual(signals, ['15', '9']);
  });

  it('a crash: die and nothing else', async (site) => {
    const id = await site.run('patient');
    const watch = await site.watch();
    await site.rig.crash(id);
    await watch.until('die');
    await new Promise((resolve) => setTimeout(resolve, 200));
    assert.deepEqual(watch.containerActions, ['die']);
    assert.equal(watch.seen[0]?.attributes['exitCode'], '3');
  });

  it('a crash under a policy: die, start', async (site) => {
    const id = await site.run('patient', { HostConfig: { RestartPolicy: { Name: 'always' } } });
    const watch = await site.watch();
    await site.rig.crash(id);
    await watch.until('start');
    assert.deepEqual(watch.containerActions, ['die', 'start']);
  });

  it('a kill by request: kill, die, no stop', async (site) => {
    const id = await site.run('patient');
    const watch = await site.watch();
    await site.engine.killContainer(id, 'SIGKILL');
    await watch.until('die');
    await new Promise((resolve) => setTimeout(resolve, 200));
    assert.deepEqual(watch.containerActions, ['kill', 'die']);
  });

  it('restart, pause, unpause, rename: an event each, or more', async (site) => {
    const id = await site.run('patient');
    const watch = await site.watch();
    await site.engine.restartContainer(id, { timeoutSeconds: 5 });
    await site.engine.pauseContainer(id);
    await site.engine.unpauseContainer(id);
    await site.engine.renameContainer(id, `${site.name}-b`);
    await watch.until('rename');
    // Some may come twice: a kill where the first came before the process could hear it, pause and unpause where
    // Docker tells of them and containerd, a moment later, once more.
    const inOrder = [...new Set(watch.containerActions)];
    assert.deepEqual(inOrder, ['kill', 'die', 'stop', 'start', 'restart', 'pause', 'unpause', 'rename']);
  });

  it('a stop of a paused one thaws it first', async (site) => {
    const id = await site.run('patient');
    await site.engine.pauseContainer(id);
    const watch = await site.watch();
    await site.engine.stopContainer(id, { timeoutSeconds: 5 });
    await watch.until('stop');
    assert.deepEqual(watch.containerActions.toSorted(), ['die', 'kill', 'stop', 'unpause']);
  });

  it('networks: connect before start, disconnect after die, and by request', async (site) => {
    const network = await site.network('n');
    const watch = await site.watch();
    const id = await site.run('patient', { Networks: [site.on(network)] });
    await site.engine.disconnectNetwork(network, id, { force: false });
    await site.engine.connectNetwork(site.on(network), id);
    await site.rig.crash(id);
    await watch.untilAll(['die', 'disconnect']);
    const once = watch.actions.filter((action, index) => action !== watch.actions[index - 1]);
    assert.deepEqual(once, ['create', 'connect', 'start', 'disconnect', 'connect', 'die', 'disconnect']);
    assert.equal(watch.seen.find((event) => event.type === 'network')?.attributes['name'], network);
  });

  it('only of what carries the labels', async (site) => {
    const watch = await site.watch();
    await using other = new Site(site.rig, `${site.name}-other`);
    await other.run('patient', { Networks: [] });
    const id = await site.run('patient');
    await watch.until('start');
    assert.ok(watch.seen.every((event) => event.containerId === id));
  });

  it('from an earlier moment on', async (site) => {
    const id = await site.run('patient');
    const { createdAt } = await site.inspect(id);
    await site.engine.killContainer(id, 'SIGKILL');
    const abort = new AbortController();
    const events = await site.engine.events({ labels: site.labels, sinceMs: createdAt - 1 }, { signal: abort.signal });
    const actions: string[] = [];
    for await (const event of events) {
      if (event.type === 'container') actions.push(event.action);
      if (event.action === 'die') abort.abort();
    }
    assert.deepEqual(actions, ['create', 'start', 'kill', 'die']);
  });

  it('ends the stream quietly when asked', async (site) => {
    const abort = new AbortController();
    const events = await site.engine.events({ labels: site.labels }, { signal: abort.signal });
    setTimeout(() => abort.abort(), 50);
    for await (const event of events) assert.fail(event.action);
  });

  it("health: starting, then the verdict of the engine's check, told as an event", async (site) => {
    const watch = await site.watch();
    const id = await site.run('patient', {
      Healthcheck: { Test: ['CMD', 'sh', '-c', '[ -e /tmp/well ]'], Interval: 1e8, Timeout: 1e9, Retries: 2 },
    });
    assert.equal((await site.inspect(id)).health, 'starting');
    await site.rig.setHealth(id, true);
    await watch.until('health_status: healthy');
    assert.equal((await site.inspect(id)).health, 'healthy');
    await site.rig.setHealth(id, false);
    await watch.until('health_status: unhealthy');
    assert.ok((await site.inspect(id)).healthFailingStreak > 0);
    assert.equal((await site.inspect(await site.run('patient', {}, 'b'))).health, 'none');
  });

  it('what has ended is unhealthy to the engine', async (site) => {
    const id = await site.run('patient', {
      Healthcheck: { Test: ['CMD', 'true'], Interval: 1e8, Timeout: 1e9, Retries: 2 },
    });
    await site.rig.setHealth(id, true);
    await site.until(id, ({ health }) => health === 'healthy');
    await site.engine.killContainer(id, 'SIGKILL');
    assert.equal((await site.until(id, ({ state }) => state === 'exited')).health, 'unhealthy');
  });
}

function usingNetworks(it: It): void {
  it('makes a network, finds it by name and id, removes it twice', async (site) => {
    const name = await site.network('n', '10.213.240.0/28');
    const found = await site.engine.inspectNetwork(name);
    assert.deepEqual(
      [found?.name, found?.subnets, found?.labels, found?.internal],
      [name, ['10.213.240.0/28'], site.labels, false],
    );
    assert.equal((await site.engine.inspectNetwork(found?.id ?? ''))?.name, name);
    assert.deepEqual(
      (await site.engine.listNetworks({ labels: site.labels })).map((network) => network.name),
      [name],
    );
    await site.engine.removeNetwork(name);
    await site.engine.removeNetwork(name);
    assert.equal(await site.engine.inspectNetwork(name), null);
  });

  it('refuses a second network of the same name, and a subnet in use', async (site) => {
    const name = await site.network('n', '10.213.240.16/28');
    await assert.rejects(site.engine.createNetwork({ name, labels: site.labels }), {
      code: 'TH_ENGINE_REFUSED',
      status: 409,
    });
    await assert.rejects(site.network('m', '10.213.240.16/29'), { code: 'TH_ENGINE_REFUSED', status: 403 });
  });

  it('is on several networks before its first start', async (site) => {
    const [one, two, three] = [await site.network('1'), await site.network('2'), await site.network('3')];
    const id = await site.create('patient', {
      Networks: [site.on(one, { aliases: ['first'] }), site.on(two), site.on(three, { aliases: ['third'] })],
    });
    assert.deepEqual(Object.keys((await site.inspect(id)).networks).sort(), [one, two, three]);
    await site.engine.startContainer(id);
    const { networks } = await site.inspect(id);
    for (const network of [one, two, three]) assert.match(networks[network]?.ipv4 ?? '', /^\d+\.\d+\.\d+\.\d+$/);
    assert.ok(networks[one]?.aliases.includes('first') && networks[three]?.aliases.includes('third'));
    assert.deepEqual((await site.engine.inspectNetwork(two))?.containers, [id]);
  });

  it('keeps a fixed address over a restart, and over a stop and a start', async (site) => {
    const network = await site.network('n', '10.213.240.32/28');
    const id = await site.run('patient', { Networks: [site.on(network, { ipv4Address: '10.213.240.40' })] });
    const address = async (): Promise<string | undefined> => (await site.inspect(id)).networks[network]?.ipv4;
    assert.equal(await address(), '10.213.240.40');
    await site.engine.restartContainer(id, { timeoutSeconds: 5 });
    assert.equal(await address(), '10.213.240.40');
    await site.engine.stopContainer(id, { timeoutSeconds: 5 });
    assert.equal(await address(), '');
    await site.engine.startContainer(id);
    assert.equal(await address(), '10.213.240.40');
  });

  it('does not start on an address that another one has', async (site) => {
    const network = await site.network('n', '10.213.240.48/28');
    const at = { Networks: [site.on(network, { ipv4Address: '10.213.240.55' })] };
    await site.run('patient', at);
    const second = await site.create('patient', at, 'b');
    await assert.rejects(site.engine.startContainer(second), { code: 'TH_ENGINE_REFUSED', status: 403 });
    assert.equal((await site.inspect(second)).state, 'created');
  });

  it('leaves nothing behind when a network is not there', async (site) => {
    const network = await site.network('n');
    for (const Networks of [[site.on(network), site.on(`${site.name}-none`)], [site.on(`${site.name}-none`)]]) {
      await assert.rejects(site.create('patient', { Networks }), { code: 'TH_ENGINE_REFUSED', status: 404 });
      assert.equal(await site.engine.inspectContainer(`${site.name}-a`), null);
    }
  });

  it('connects a running one, and again with the same address; disconnects, twice', async (site) => {
    const network = await site.network('n', '10.213.240.64/28');
    const base = await site.network('base');
    const id = await site.run('patient', { Networks: [site.on(base)] });
    const attachment = site.on(network, { ipv4Address: '10.213.240.70', aliases: ['x'] });
    await site.engine.connectNetwork(attachment, id);
    await site.engine.connectNetwork(attachment, id);
    assert.equal((await site.inspect(id)).networks[network]?.ipv4, '10.213.240.70');
    await assert.rejects(site.engine.connectNetwork({ ...attachment, ipv4Address: '10.213.240.71' }, id), {
      status: 403,
    });
    await site.engine.disconnectNetwork(network, id, { force: false });
    await site.engine.disconnectNetwork(network, id, { force: true });
    assert.deepEqual(Object.keys((await site.inspect(id)).networks), [base]);
  });

  it('does not remove a network in use', async (site) => {
    const network = await site.network('n');
    const id = await site.run('patient', { Networks: [site.on(network)] });
    await assert.rejects(site.engine.removeNetwork(network), { code: 'TH_ENGINE_REFUSED', status: 403 });
    await site.engine.stopContainer(id, { timeoutSeconds: 5 });
    await site.engine.removeNetwork(network);
  });
}

function keepingVolumes(it: It): void {
  it('makes a volume, and again; lists, removes, and again', async (site) => {
    const name = `${site.name}-v`;
    await site.engine.createVolume({ name, labels: site.labels });
    await site.engine.createVolume({ name, labels: {} });
    const found = await site.engine.inspectVolume(name);
    assert.deepEqual([found?.driver, found?.labels], ['local', site.labels]);
    assert.deepEqual(
      (await site.engine.listVolumes({ labels: site.labels })).map((volume) => volume.name),
      [name],
    );
    await site.engine.removeVolume(name);
    await site.engine.removeVolume(name);
    assert.equal(await site.engine.inspectVolume(name), null);
  });

  it('does not remove a volume in use; an anonymous one goes with its container when asked', async (site) => {
    const name = `${site.name}-v`;
    await site.engine.createVolume({ name, labels: site.labels });
    const Mounts = [
      { Type: 'volume', Source: name, Target: '/named' },
      { Type: 'volume', Target: '/anonymous' },
    ];
    const id = await site.create('patient', { HostConfig: { Mounts } });
    const { mounts } = await site.inspect(id);
    const anonymous = mounts.find((mount) => mount.destination === '/anonymous')?.name ?? '';
    assert.deepEqual(mounts.map((mount) => mount.destination).sort(), ['/anonymous', '/named']);
    await assert.rejects(site.engine.removeVolume(name), { code: 'TH_ENGINE_REFUSED', status: 409 });
    assert.notEqual(await site.engine.inspectVolume(anonymous), null);
    await site.engine.removeContainer(id, { force: true, volumes: true });
    assert.equal(await site.engine.inspectVolume(anonymous), null);
    assert.notEqual(await site.engine.inspectVolume(name), null);
  });

  it('mounts read-only what is read-only', async (site) => {
    const id = await site.create('patient', { HostConfig: { Binds: ['/tmp:/host:ro'] } });
    const [mount] = (await site.inspect(id)).mounts;
    assert.deepEqual(
      [mount?.type, mount?.source, mount?.destination, mount?.writable],
      ['bind', '/tmp', '/host', false],
    );
  });
}

function talking(it: It): void {
  const collect = async (lines: AsyncIterable<LogLine>): Promise<LogLine[]> => {
    const collected: LogLine[] = [];
    for await (const line of lines) collected.push(line);
    return collected;
  };

  it('gives the log of both streams with times', async (site) => {
    const id = await site.run('talker');
    await site.engine.stopContainer(id, { timeoutSeconds: 5 });
    const lines = await collect(site.engine.logs(id, { follow: false }));
    assert.deepEqual(lines.map(({ stream, text }) => `${stream} ${text}`).sort(), ['stderr two', 'stdout one']);
    assert.ok(lines.every((line) => Math.abs(line.at - Date.now()) < 60_000));
    assert.equal((await collect(site.engine.logs(id, { follow: false, tail: 1 }))).length, 1);
    assert.equal((await collect(site.engine.logs(id, { follow: false, sinceMs: Date.now() + 5000 }))).length, 0);
  });

  it('tells when a file in a container was written, also after the end of its process; null for no file', async (site) => {
    const id = await site.run('patient');
    assert.equal(await site.engine.statFile(id, '/tmp/beat'), null);
    await site.rig.touch(id, '/tmp/beat');
    const first = await site.engine.statFile(id, '/tmp/beat');
    assert.ok(first && Math.abs(first.modifiedAt - Date.now()) < 60_000, JSON.stringify(first));
    await site.rig.touch(id, '/tmp/beat');
    const second = await site.engine.statFile(id, '/tmp/beat');
    assert.ok(second && second.modifiedAt > first.modifiedAt);
    await site.engine.stopContainer(id, { timeoutSeconds: 5 });
    assert.deepEqual(await site.engine.statFile(id, '/tmp/beat'), second);
    assert.equal(await site.engine.statFile(`${site.name}-none`, '/tmp/beat'), null);
  });

  it('follows until the container ends', async (site) => {
    const id = await site.run('talker');
    const following = collect(site.engine.logs(id, { follow: true }));
    await new Promise((resolve) => setTimeout(resolve, 100));
    await site.engine.stopContainer(id, { timeoutSeconds: 5 });
    assert.equal((await following).length, 2);
  });

  it('stops following when asked', async (site) => {
    const id = await site.run('talker');
    const abort = new AbortController();
    const texts: string[] = [];
    for await (const line of site.engine.logs(id, { follow: true }, { signal: abort.signal })) {
      texts.push(line.text);
      if (texts.length === 2) abort.abort();
    }
    assert.deepEqual(texts.sort(), ['one', 'two']);
  });

  it('runs a command with environment, and tells its streams and exit code', async (site) => {
    const id = await site.run('patient');
    const command = ['sh', '-c', 'echo $WORD; echo err >&2; exit 3'];
    assert.deepEqual(await site.engine.exec(id, command, { env: ['WORD=hello'] }), {
      exitCode: 3,
      stdout: 'hello\n',
      stderr: 'err\n',
    });
  });

  it("keeps one MiB of a command's output", async (site) => {
    const id = await site.run('patient');
    const { exitCode, stdout } = await site.engine.exec(id, ['head', '-c', '3000000', '/dev/zero'], {});
    assert.deepEqual([exitCode, stdout.length], [0, 1024 * 1024]);
  });

  it('refuses to run a command in what does not run, or is paused', async (site) => {
    const id = await site.create('patient');
    await assert.rejects(site.engine.exec(id, ['true'], {}), { code: 'TH_ENGINE_REFUSED', status: 409 });
    await site.engine.startContainer(id);
    await site.engine.pauseContainer(id);
    await assert.rejects(site.engine.exec(id, ['true'], {}), { code: 'TH_ENGINE_REFUSED', status: 409 });
  });
}

function failing(it: It): void {
  it('an engine that is not there is unreachable, never "no such container"', async ({ rig }) => {
    const { absent } = rig;
    const away = { code: 'TH_ENGINE_UNREACHABLE' };
    await assert.rejects(absent.info(), away);
    await assert.rejects(absent.inspectContainer('x'), away);
    await assert.rejects(absent.listContainers({}), away);
    await assert.rejects(absent.removeContainer('x', { force: true, volumes: true }), away);
    await assert.rejects(absent.events({}, {}), away);
    await assert.rejects(absent.exec('x', ['true'], {}), away);
  });

  it("gives up when the caller does, with the caller's reason", async (site) => {
    const reason = new Error('enough');
    await assert.rejects(site.engine.listContainers({}, { signal: AbortSignal.abort(reason) }), reason);
    const id = await site.run('stubborn');
    const abort = new AbortController();
    setTimeout(() => abort.abort(reason), 100);
    await assert.rejects(site.engine.stopContainer(id, { timeoutSeconds: 3 }, { signal: abort.signal }), reason);
  });
}
