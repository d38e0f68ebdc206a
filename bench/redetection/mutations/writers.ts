/** One writer: the old one is proven stopped before the new one starts, at every door. */

import { inFile } from '../mutation.ts';

export const writers = [
  ...inFile('src/core/one-writer.ts', [
    {
      name: 'paused is stopped',
      find: "return 'it is paused, and goes on where it was';",
      replace: "return '';",
      whatItBreaks: 'a paused writer goes on beside the new one',
    },
    {
      name: 'restarting is stopped',
      find: "return 'the engine restarts it';",
      replace: "return '';",
      whatItBreaks: 'the engine brings the old writer back beside the new one',
    },
    {
      name: 'unknown is stopped',
      find: "case 'unknown':\n      return 'the engine does not answer for it';",
      replace: "case 'unknown':\n      return '';",
      whatItBreaks: 'a second writer is started while the engine says nothing of the first',
    },
    {
      name: 'no answer for this container is proof',
      find: "if (partial) return 'the engine does not answer for it';",
      replace: '',
      whatItBreaks: 'a second writer is started by what a list remembered of the first',
    },
    {
      name: 'what is set aside does not write',
      find: "if (asideRuns) return 'the container that it replaces still runs';",
      replace: '',
      whatItBreaks: 'the container that is being replaced writes beside the new one',
    },
    {
      name: 'what we are starting does not run yet',
      find: 'if (isBeingStarted(pending, other.name)) return',
      replace: "if (isBeingStarted(pending, other.name) && other.name === '') return",
      whatItBreaks: 'two starts that overlap make two writers',
    },
  ]),
  ...inFile('src/core/actions.ts', [
    {
      name: 'unpausing starts no process',
      find: "    case 'unpause':\n    case 'restart_soft':\n    case 'restart_hard':\n    case 'replace':\n      return true;",
      replace:
        "    case 'restart_soft':\n    case 'restart_hard':\n    case 'replace':\n      return true;\n    case 'unpause':\n      return false;",
      whatItBreaks: 'a paused old writer is unpaused beside the new one',
    },
  ]),
  ...inFile('src/core/turn.ts', [
    {
      name: 'the core asks for a second writer',
      find: "if (startsProcess(kind) && rivalOf(turn, member) !== '') return false;",
      replace: '',
      whatItBreaks: 'the last check before an effect is gone',
    },
  ]),
  ...inFile('src/core/writer-invariants.ts', [
    {
      name: 'two writers are no broken rule',
      find: '(isStarted(name) || !hasNoProcess(seen, name))',
      replace: 'isStarted(name)',
      whatItBreaks: 'a decision that makes a second writer is carried out',
    },
    {
      name: 'two starts are no broken rule',
      find: '(isStarted(name) || !hasNoProcess(seen, name))',
      replace: '!hasNoProcess(seen, name)',
      whatItBreaks: 'a decision that starts both writers is carried out',
    },
  ]),
  ...inFile('src/core/handover.ts', [
    {
      name: 'the new one leads before the old one is ended',
      find: "return model.policy.oneWriter || (cause !== 'failure' && model.balance === null);",
      replace: "return cause !== 'failure' && model.balance === null;",
      whatItBreaks: 'the old writer is not fenced before the new one is to start',
    },
    {
      name: 'a paused writer is stopped politely',
      find: "if (memberSeen(turn, from).state !== 'running') return false;",
      replace: '',
      whatItBreaks: 'a paused writer is thawed by the stop, and writes on',
    },
    {
      name: 'traffic is not led away first',
      find: "if (traffic === 'out' || cause === 'person') return true;",
      replace: 'if (turn.now > 0) return true;',
      whatItBreaks: 'requests go to a writer that is being killed',
    },
    {
      name: 'a writer that is well again is ended all the same',
      find: "if (conditionOf(turn, from).is === 'well' && isUp(memberSeen(turn, from))) return goOnWith(turn, from);",
      replace: '',
      whatItBreaks: 'a hiccup costs a change of writers',
    },
    {
      name: 'the brake does not hold a change of writers',
      find: '    if (isHeld(turn)) return;\n',
      replace: '',
      whatItBreaks: 'writers are killed when everything is in doubt at once',
    },
    {
      name: 'a switch by hand that fails is not taken back',
      find: "if (cause !== 'person') return;",
      replace: "if (cause !== 'taken_back') return;",
      whatItBreaks: 'a planned switch to a broken standby leaves the service down',
    },
    {
      name: 'a writer that goes on does not lead',
      find: 'turn.memory.leader = name;\n  drop(turn);',
      replace: 'drop(turn);',
      whatItBreaks: 'who is well again before it was fenced runs and gets no requests',
      mendedIn: '9c8d7e0',
    },
    {
      name: 'a start that was refused for another writer is not tried again',
      find: "  if (rivalOf(turn, to) !== '') {\n",
      replace:
        "  if (handover.refusal !== '') return failed(turn, handover, 'could not be started');\n  if (rivalOf(turn, to) !== '') {\n",
      whatItBreaks: 'the one that stands in the way is not fenced, and nobody writes',
      mendedIn: '9c8d7e0',
    },
    {
      name: 'changes of writers cost nothing',
      find: ' countRestart(turn, to, from);',
      replace: ' wake(turn, turn.now + 1);',
      whatItBreaks: 'two broken writers take turns for ever',
    },
    {
      name: 'nobody is told that the old one cannot be proven stopped',
      find: 'const ALERT_AFTER_MS = 30_000;',
      replace: 'const ALERT_AFTER_MS = 86_400_000;',
      whatItBreaks: 'a service waits for proof that never comes, in silence',
    },
    {
      name: 'a standby that never lasts is never made anew',
      find: 'const STARTS_BEFORE_RENEWAL = 2;',
      replace: 'const STARTS_BEFORE_RENEWAL = 1000;',
      whatItBreaks: 'a broken container is started again and again',
    },
    {
      name: 'a rival at the start is not fenced',
      find: "    handover.step = 'fence';\n",
      replace: '',
      whatItBreaks: 'a change of writers hangs when somebody starts the old one by hand',
    },
  ]),
  ...inFile('src/core/standby.ts', [
    {
      name: 'a writer that could be unpaused is fenced',
      find: 'if (endsNothing(first)) return true;',
      replace: '',
      whatItBreaks: 'a docker pause of a database costs a change of writers',
    },
    {
      name: 'what ended with the engine moves',
      find: " || seen.ended === 'unseen' || endedWithEngine(turn.whole, seen)",
      replace: '',
      whatItBreaks: 'a reboot moves every database',
    },
    {
      name: 'a stopped writer moves',
      find: 'if (askedAt === null || turn.model.policy.oneWriter) return false;',
      replace: 'if (askedAt === null) return false;',
      whatItBreaks: 'somebody who stops a database to work at its data gets another writer on it',
    },
    {
      name: 'of two writers the second leads while the first is being started',
      find: "isProvenStopped(own) && !isPending(turn, 'start', leader)",
      replace: 'isProvenStopped(own)',
      whatItBreaks: 'a start of the leader that is under way is followed by another writer',
    },
    {
      name: 'a writer that still starts is given up',
      find: 'Math.max(since + patience(turn, leader, twin), startsUntil(turn, leader, condition))',
      replace: 'since + patience(turn, leader, twin)',
      whatItBreaks: 'two writers whose gateway reaches neither change for ever',
      mendedIn: '9c8d7e0',
    },
    {
      name: 'a writer waits for its own failures only',
      find: 'waitBefore({ loops: own.loops + other.loops })',
      replace: 'waitBefore(other)',
      whatItBreaks: 'two broken writers change twice as often as they should',
      mendedIn: '9c8d7e0',
    },
    {
      name: 'the second of two writers may stay',
      find: '  } else if (isUp(own)) {\n',
      replace: "  } else if (isUp(own) && own.state === 'restarting') {\n",
      whatItBreaks: 'a standby that somebody started by hand writes beside the leader',
    },
  ]),
  ...inFile('src/fencing/proof.ts', [
    {
      name: 'the engine is not asked about the others',
      find: 'if (!rival) return;',
      replace: 'if (!rival || rival.partial !== true) return;',
      whatItBreaks: 'who starts a writer goes by what it believes',
    },
    {
      name: 'no answer is no process',
      find: "partial !== true && (state === 'created'",
      replace: "(state === 'created'",
      whatItBreaks: 'a container the engine does not answer for counts as stopped',
    },
    {
      name: 'a stranger on the same volume is no rival',
      find: '(memberOf(fenced, container) !== null || sharesData(own, container))',
      replace: 'memberOf(fenced, container) !== null',
      whatItBreaks: 'a container of before a change of mode writes the same data',
    },
    {
      name: 'a fence is believed without a look',
      find: 'await clock.sleep(LOOK_EVERY_MS, signal);',
      replace: 'return;',
      whatItBreaks: 'SIGKILL that has no effect yet passes for proof',
    },
    {
      name: 'the engine may bring back what was fenced',
      find: "if (restartPolicy !== 'no' && !partial) await engine.setRestartPolicy(id, 'no', { signal });",
      replace: '',
      whatItBreaks: 'a writer with a restart policy is back a moment after its fence',
    },
  ]),
  ...inFile('src/supervisor/act.ts', [
    {
      name: 'two writers have two lanes',
      find: 'const isShared = !isOnGateway(effect) && plan?.policy.oneWriter === true;',
      replace: 'const isShared = !isOnGateway(effect) && plan === undefined;',
      whatItBreaks: 'the end of one writer and the start of the other run side by side',
    },
    {
      name: 'a start does not ask the engine for another writer',
      find: 'if (startsProcess(effect.kind)) await this.#refuseSecondWriter(plan, id, signal);',
      replace: '',
      whatItBreaks: 'what somebody started in between gets a second writer beside it',
    },
  ]),
];
