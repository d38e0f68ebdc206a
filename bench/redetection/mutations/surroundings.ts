/** Gateways, the engine, whether an end was asked for, and whether the project is still there. */

import { inFile } from '../mutation.ts';

export const surroundings = [
  ...inFile('src/core/gateway-repair.ts', [
    {
      name: 'a silent gateway is replaced',
      find: '      noteSilence(turn);\n',
      replace: "      mend(turn, 'replace_gateway', 'is silent');\n",
      whatItBreaks: 'a gateway that serves and does not answer us is taken away',
    },
    {
      name: 'our own repair of a gateway passes for a stop by hand',
      find: "gateway?.ended === 'unseen' && state === 'exited' && memory.incident === null",
      replace: "gateway?.ended === 'unseen' && state === 'exited'",
      whatItBreaks: 'a killed gateway whose start fails stays down until up',
      mendedIn: '2663f42',
    },
    {
      name: 'a gateway is repaired without a wait',
      find: 'if (turn.now < memory.notBefore) {',
      replace: 'if (turn.now < 0) {',
      whatItBreaks: 'a gateway that cannot start is started in a loop',
    },
    {
      name: 'a gateway whose end is unclear is repaired',
      find: "if (gateway?.ended === 'unclear') {",
      replace: "if (gateway?.ended === 'unclear' && turn.now < 0) {",
      whatItBreaks: 'docker stop of a gateway is undone',
    },
    {
      name: 'a gateway without its network is well',
      find: 'settleGateway(turn);\n      return gateway.attached ||',
      replace: 'settleGateway(turn);\n      return gateway.attached !== null ||',
      whatItBreaks: 'a disconnected gateway is not connected again',
    },
    {
      name: 'a stopped gateway is a failed one',
      find: '  if (memory.askedAt !== null) {\n    closeIncident(',
      replace: '  if (memory.askedAt === -1) {\n    closeIncident(',
      whatItBreaks: 'compose stop of the original file is undone',
    },
    {
      name: 'a broken gateway is started for ever',
      find: "remedy === 'start_gateway' && memory.attempts > 0 ? 'replace_gateway' : remedy",
      replace: "remedy === 'start_gateway' && memory.attempts > 1000 ? 'replace_gateway' : remedy",
      whatItBreaks: 'a gateway whose container is broken is never made anew',
    },
  ]),
  ...inFile('src/core/engine-away.ts', [
    {
      name: 'what an engine stops at its end was asked for',
      find: 'whole.engineAway = { from: now - SHUTTING_DOWN_MS, until: null };',
      replace: 'whole.engineAway = { from: now, until: null };',
      whatItBreaks: 'after a restart of Docker everything it stopped stays down',
      mendedIn: '83bb2a2',
    },
    {
      name: 'whatever ends after an outage was the engine',
      find: '(until === null || finishedAt <= until)',
      replace: '(until === null || until > 0)',
      whatItBreaks: 'docker stop after a restart of Docker is undone',
    },
  ]),
  ...inFile('src/core/signals.ts', [
    {
      name: 'stops just before the engine went are requests',
      find: 'for (const service of Object.values(memory.services)) forgetStops(service, now);',
      replace: '',
      whatItBreaks: 'what a Docker that shuts down has stopped stays down',
    },
  ]),
  ...inFile('src/core/gone.ts', [
    {
      name: 'a moment without containers is a down',
      find: 'gone: now >= whole.goneSince + SETTLES_MS,',
      replace: 'gone: now >= whole.goneSince,',
      whatItBreaks: 'a compose up that makes containers anew ends the supervisor',
    },
    {
      name: 'a deployment is a down',
      find: 'observation.busy.length === 0 &&',
      replace: '',
      whatItBreaks: 'up, which removes before it makes, ends the supervisor',
    },
    {
      name: 'removed gateways are a down',
      find: "return seen.gateway.state === 'absent' && memory?.gateway.askedAt != null;",
      replace: "return seen.gateway.state === 'absent' && memory !== undefined;",
      whatItBreaks: 'gateways that vanish end the supervisor, where it should make them anew',
    },
    {
      name: 'a silent engine has no project',
      find: 'observation.engineAnswers &&\n    observation.busy',
      replace: 'observation.busy',
      whatItBreaks: 'a supervisor that starts before Docker does takes the project for gone',
    },
  ]),
  ...inFile('src/core/intent.ts', [
    {
      name: 'a late stop is a crash',
      find: 'const STOP_FOLLOWS_MS = 3000;',
      replace: 'const STOP_FOLLOWS_MS = 250;',
      whatItBreaks: 'on a busy machine docker stop is undone',
      mendedIn: '1df1e0d',
    },
    {
      name: 'SIGKILL is polite',
      find: "'9', 'KILL', 'SIGKILL', ",
      replace: '',
      whatItBreaks: 'a member that was killed waits three seconds for its repair',
    },
    {
      name: 'a stop is a crash',
      find: "if (trail.stopped) return { ended: 'asked', unclearUntil: 0 };",
      replace: "if (trail.stopped) return { ended: 'failed', unclearUntil: 0 };",
      whatItBreaks: 'docker stop is undone',
    },
    {
      name: 'every end is known at once',
      find: 'return now < until ? {',
      replace: 'return until < 0 ? {',
      whatItBreaks: 'a container is started again before the stop that ends it is told',
    },
    {
      name: 'the next run inherits how the last one ended',
      find: "case 'start':\n    case 'unpause':\n      return noTrail;",
      replace: "case 'unpause':\n      return noTrail;",
      whatItBreaks: 'a container that was stopped and started again is not repaired when it dies',
    },
  ]),
];
