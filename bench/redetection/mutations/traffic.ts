/** Who gets requests: traffic first, cutting later, nobody back without a check. */

import { inFile } from '../mutation.ts';

export const traffic = [
  ...inFile('src/core/failover.ts', [
    {
      name: 'anybody may lead',
      find: 'usable(turn).find((name) => name !== leader)',
      replace: 'turn.model.members.map(({ name }) => name).find((name) => name !== leader)',
      whatItBreaks: 'requests are led to a member that fails too',
    },
    {
      name: 'unknown is trouble',
      find: "case 'well':\n    case 'unknown':",
      replace: "case 'unknown':\n      return condition.why;\n    case 'well':",
      whatItBreaks: 'leaders are moved because the engine is silent',
    },
    {
      name: 'a start is trouble',
      find: "    case 'starting':\n      return '';\n    case 'suspect':",
      replace: "      return '';\n    case 'starting':\n    case 'suspect':",
      whatItBreaks: 'the start of a service is a switch',
    },
    {
      name: 'the first word cuts',
      find: 'condition.confirmations >= 2 && !frozen',
      replace: 'condition.confirmations >= 1 && !frozen',
      whatItBreaks: 'requests in flight are cut for one late check',
    },
    {
      name: 'the brake does not hold the knife',
      find: 'condition.confirmations >= 2 && !frozen',
      replace: 'condition.confirmations >= 2',
      whatItBreaks: 'with everything in doubt at once, requests are cut all the same',
    },
    {
      name: 'failed members are cut with no patience',
      find: 'turn.now >= condition.patientUntil && (condition.gone || !frozen)',
      replace: 'condition.gone || !frozen',
      whatItBreaks: 'what could be unpaused or connected again loses the requests inside it',
    },
    {
      name: 'the last one is cut too',
      find: 'if (others.length === 0) return;\n  if (cut',
      replace: 'if (cut',
      whatItBreaks: 'a service is taken from its last member',
    },
    {
      name: 'no second chance for a hang',
      find: 'if (memory.everWell && memory.repair === null) return probe(turn, name);',
      replace: '',
      whatItBreaks: 'a member that was cut off for a hang has as long as a start to come back, so its repair is late',
    },
    {
      name: 'an old reading says who leads',
      find: '!isMoving && readAt > memory.leaderSaidAt',
      replace: '!isMoving',
      whatItBreaks: 'a switch is taken back by what was read before it',
    },
    {
      name: 'a switch under way is taken for undone',
      find: '!isMoving && readAt > memory.leaderSaidAt',
      replace: 'readAt > memory.leaderSaidAt',
      whatItBreaks: 'while the gateway is told who leads, the one before leads again',
    },
    {
      name: 'a second chance is cut short',
      find: " && isPending(turn, 'put_in', name)) return;",
      replace: " && isPending(turn, 'put_in', name) && turn.now < 0) return;",
      whatItBreaks: 'a hang is repaired after ten seconds or twenty, depending on when it is read',
      mendedIn: '45989ab',
    },
    {
      name: 'who is served by the brake is not serving',
      find: "return seen.gateway?.state === 'answering' && model.members.some(",
      replace: "return seen.gateway?.state === 'paused' && model.members.some(",
      whatItBreaks: 'status says NOT SERVING of a service that answers',
      mendedIn: 'b310f14',
    },
    {
      name: 'a service without its gateway serves',
      find: 'if (isGatewayDown(turn)) return false;',
      replace: '',
      whatItBreaks: 'status says serving where nobody can get in',
    },
    {
      name: 'a suspect of a cluster keeps its share',
      find: "turn.model.balance === 'spread' && traffic === 'in'",
      replace: "turn.model.balance === 'spread' && traffic === 'draining'",
      whatItBreaks: 'new requests go to a member of a cluster that is in doubt',
    },
    {
      name: 'with the memory lost the gateway is not asked who leads',
      find: 'if (told) memory.leader = told;',
      replace: '',
      whatItBreaks: 'after the loss of its state a supervisor lets the primary lead, whoever runs',
    },
  ]),
  ...inFile('src/core/turn.ts', [
    {
      name: 'in traffic is fit to serve',
      find: ".gateway?.traffic === 'in' && memberMemory(turn, name).check === 'passing'",
      replace: ".gateway?.traffic === 'in'",
      whatItBreaks: 'a member that has passed no check yet is thought good enough to lead',
    },
    {
      name: 'late deadlines are not widened',
      find: '(more.deadlineMs ?? 5000) + turn.lagMs',
      replace: '(more.deadlineMs ?? 5000)',
      whatItBreaks: 'a supervisor that is held up gives up what would have ended well',
    },
    {
      name: 'a process counts as working at once',
      find: '(isChecked ? 0 : RAN_LONG_ENOUGH_MS)',
      replace: '0',
      whatItBreaks: 'an incident is closed as repaired by a start that lasted a moment',
    },
    {
      name: 'the same wish twice',
      find: 'in turn.memory.pending) return false;',
      replace: "in turn.memory.pending && kind === 'lead') return false;",
      whatItBreaks: 'an action is begun anew with each decision while it runs',
    },
  ]),
];
