/** Whoever observes, records and acts. */

import { inFile } from '../mutation.ts';

export const supervisor = [
  ...inFile('src/supervisor/loop.ts', [
    {
      name: 'what was broken off is on record as failed',
      find: "if (this.#over.signal.aborted && outcome !== 'done') return; // stays in the journal as pending",
      replace: '',
      whatItBreaks: 'the next supervisor does not know what this one left in the middle',
    },
    {
      name: 'what the last supervisor ended was asked for',
      find: 'for (const effect of left) if (!isTraffic(effect)) this.#picture.resumeOwn(keyOfOwner(effect), now);',
      replace: '',
      whatItBreaks: 'a member whose restart was cut by kill -9 stays down until up',
    },
    {
      name: 'the memory is not saved with what is decided',
      find: 'if (!this.#isCalm) this.#save();',
      replace: '',
      whatItBreaks: 'after kill -9 budgets begin anew and who leads is not known',
    },
    {
      name: 'what came of it is not looked at',
      find: '        await this.#lookAfter(effect);\n',
      replace: '',
      whatItBreaks: 'a repair is judged by how things were before it',
    },
    {
      name: 'late events of our own restart count',
      find: 'if (!isTraffic(effect)) await this.#lookAtOwn(effect);',
      replace: '',
      whatItBreaks: 'a member that was restarted looks stopped, since its end is told last',
    },
    {
      name: 'what a deployment leaves stopped was asked for',
      find: '      this.#presumeFailed(services);\n',
      replace: '',
      whatItBreaks: 'what up could not start stays down',
      mendedIn: '6af04a4',
    },
    {
      name: 'decides before it has seen anything',
      find: 'if (!this.#isSeen || this.#over.signal.aborted) return [];',
      replace: 'if (this.#over.signal.aborted) return [];',
      whatItBreaks: 'a supervisor that starts takes everything for gone',
    },
    {
      name: 'a suspicion waits for the next round',
      find: '    this.#readTroubled();\n',
      replace: '',
      whatItBreaks: 'with an event lost, what is in doubt stays in doubt for ten seconds',
      mendedIn: '6af04a4',
    },
    {
      name: 'a late loop does not know it',
      find: 'this.#lagMs = lateMs;',
      replace: 'this.#lagMs = lateMs * 0;',
      whatItBreaks: 'a supervisor that was held up blames the members',
    },
    {
      name: 'decisions are not checked',
      find: 'decideGuarded(this.#model, this.#memory, observation, said, now, decide)',
      replace: '(decide ?? decideGuarded)(this.#model, this.#memory, observation, said, now)',
      whatItBreaks: 'a defect of the core is carried out',
    },
    {
      name: 'never looks again',
      find: '      await this.#lookAtAll();\n      this.#parts.store.catchUp();',
      replace: '      this.#parts.store.catchUp();',
      whatItBreaks: 'an event that Docker loses is a failure that nobody sees',
    },
    {
      name: 'a project that was taken down is remembered',
      find: 'forgetProject(this.#parts.store, this.#parts.clock.now());',
      replace: '',
      whatItBreaks: 'the next up finds budgets and quarantines of containers that are gone',
      mendedIn: 'e7487a4',
    },
    {
      name: 'what a down left behind stays',
      find: 'if (this.#picture.ids().length > 0) await',
      replace: 'if (this.#picture.ids().length < 0) await',
      whatItBreaks: 'compose down of the original file leaves members running that nobody watches',
    },
    {
      name: 'up does not forgive',
      find: "this.#say({ kind: 'up_asked', services: fleet.services.map(({ name }) => name) });",
      replace: '',
      whatItBreaks: 'twinhull up does not bring back what was stopped or quarantined',
    },
    {
      name: 'what the last supervisor had begun is still under way for the next',
      find: 'saved ? resumed(saved.memory, clock.now()) : emptyMemory()',
      replace: 'saved ? saved.memory : emptyMemory()',
      whatItBreaks: 'after kill -9 of the supervisor a repair is waited for that nobody does',
    },
    {
      name: 'a drill is not announced',
      find: "this.#say({ kind: 'drill_announced', service, member, until: this.#parts.clock.now() + forMs });",
      replace: '',
      whatItBreaks: 'drills use up the budget and are on record as failures',
    },
  ]),
  ...inFile('src/supervisor/readings.ts', [
    {
      name: 'a reading that says something else is no news',
      find: 'return wasSilent || !last || !saysTheSame(last, next);',
      replace: 'return wasSilent || !last;',
      whatItBreaks: 'what a gateway says leads to no decision before something else happens',
    },
  ]),
  ...inFile('src/supervisor/write-ahead.ts', [
    {
      name: 'what cannot be on record is done',
      find: 'for (const { id } of first.begun) recorder.withdraw(id);\n',
      replace: 'if (first.begun.length >= 0) return first;\n',
      whatItBreaks: 'with the disk full a supervisor that is killed has done what nobody knows of',
    },
    {
      name: 'what was decided in vain is on record as begun',
      find: 'for (const { id } of first.begun) recorder.withdraw(id);',
      replace: '',
      whatItBreaks: 'the next supervisor finds actions that were never begun',
    },
  ]),
  ...inFile('src/supervisor/act.ts', [
    {
      name: 'no deadline',
      find: 'this.#parts.clock.timer(effect.deadlineMs, () =>',
      replace: 'this.#parts.clock.timer(86_400_000, () =>',
      whatItBreaks: 'one call that hangs in Docker blocks a member for ever',
    },
    {
      name: 'cut before the lead has moved',
      find: "effect.kind === 'take_out' ? this.#lanes.get(leadLane(effect.service)) : undefined",
      replace: "effect.kind === 'drain' ? this.#lanes.get(leadLane(effect.service)) : undefined",
      whatItBreaks: 'requests meet a moment in which nobody leads',
    },
    {
      name: 'putting in goes on when it is taken out',
      find: "if (effect.kind !== 'put_in' && effect.kind !== 'lead') giveUp(this.#puttingIn, effect);",
      replace: '',
      whatItBreaks: 'a member that failed meanwhile is let into traffic',
    },
    {
      name: 'a rest cannot be taken back',
      find: "if (effect.kind === 'start_standby') giveUp(this.#resting, effect);",
      replace: '',
      whatItBreaks: 'a standby that is needed is drained and paused first',
    },
    {
      name: 'SIGKILL takes effect at once',
      find: 'while (await runs()) await clock.sleep(LOOK_EVERY_MS, signal);',
      replace: '',
      whatItBreaks: 'the start after a kill does nothing, as the process is still there',
    },
    {
      name: 'the engine brings back what is quarantined',
      find: "await engine.setRestartPolicy(id, 'no', { signal });\n        return engine.stopContainer",
      replace: 'return engine.stopContainer',
      whatItBreaks: 'a reboot starts what was quarantined',
    },
    {
      name: 'a soft restart uses up its deadline',
      find: 'Math.min(graceSeconds, Math.floor((effect.deadlineMs - START_RESERVE_MS) / 1000))',
      replace: 'graceSeconds',
      whatItBreaks: 'the stop takes all the time, and the start is given up',
    },
    {
      name: 'who goes to rest is not drained',
      find: 'await gateway.drainAndWait(member.name, policy.drainTimeoutMs, signal);\n      await gateway.takeOut',
      replace: 'await gateway.takeOut',
      whatItBreaks: 'requests are paused with the standby that has them',
    },
    {
      name: 'a restart policy is not given back',
      find: "case 'start':\n        await restoreRestartPolicy(engine, container, member, signal);\n",
      replace: "case 'start':\n",
      whatItBreaks: 'after a quarantine Docker never restarts that member again',
    },
    {
      name: 'a paused standby is started',
      find: "=== 'paused') return engine.unpauseContainer(id, { signal });",
      replace: "=== 'paused' && id === '') return engine.unpauseContainer(id, { signal });",
      whatItBreaks: 'the engine refuses to start what is paused, and nobody takes over',
    },
    {
      name: 'one network of two is given back',
      find: 'for (const attachment of lost) await',
      replace: 'for (const attachment of lost.slice(0, 1)) await',
      whatItBreaks: 'a member that lost two networks stays cut off from one',
    },
    {
      name: 'a lost network is given back without its names',
      find: 'await engine.connectNetwork(attachment, container.id, { signal });',
      replace: 'await engine.connectNetwork({ ...attachment, aliases: [] }, container.id, { signal });',
      whatItBreaks: 'others do not find the member by its name any more',
    },
  ]),
  ...inFile('src/supervisor/record.ts', [
    {
      name: 'what was left in the middle stays open',
      find: "this.#store.complete(id, this.#clock.now(), 'abandoned', 'the supervisor ended before it was done');",
      replace: '',
      whatItBreaks: 'each start finds the same unfinished actions',
    },
    {
      name: 'the memory outlives the project',
      find: '  store.saveDocument(MEMORY, null);\n',
      replace: '',
      whatItBreaks: 'the next up finds what was known of containers that are gone',
    },
    {
      name: 'what could not be done is told as done',
      find: "outcome === 'done' ? 'done' : 'failed', detail);",
      replace: "'done', detail);",
      whatItBreaks: 'the journal says that refused actions were carried out',
    },
  ]),
  ...inFile('src/supervisor/restart.ts', [
    {
      name: 'the last check of the old process lets the new one in',
      find: 'await gateway.takeOut(member.name, signal);\n',
      replace: '',
      whatItBreaks: 'requests go to a member that still starts',
      mendedIn: '9c8d7e0',
    },
    {
      name: 'one that is alone is back before it was checked',
      find: 'if (isAlone) await untilCheckedAnew(plan, parts);',
      replace: '',
      whatItBreaks: 'twinhull restart says that a member is back which does not answer',
      mendedIn: '9c8d7e0',
    },
    {
      name: 'the leader is restarted first',
      find: 'Number(a.name === leader) - Number(b.name === leader)',
      replace: 'Number(b.name === leader) - Number(a.name === leader)',
      whatItBreaks: 'traffic moves twice with each restart',
    },
    {
      name: 'what depends on it with restart: true is not restarted',
      find: 'return (restart || isBound) && restarted.has(on);',
      replace: 'return isBound && restarted.has(on);',
      whatItBreaks: 'dependents keep connections to a process that is gone',
      mendedIn: '10af2a0',
    },
    {
      name: 'what lives in it is not restarted',
      find: 'return (restart || isBound) && restarted.has(on);',
      replace: 'return restart && restarted.has(on);',
      whatItBreaks: 'what shares the network of a restarted container is cut off',
    },
    {
      name: 'a restart does not wait until its requests are over',
      find: 'const left = await gateway.drainAndWait(member.name, policy.drainTimeoutMs, signal);',
      replace: 'const left = 0;',
      whatItBreaks: 'twinhull restart cuts requests',
    },
  ]),
];
