/** A person's hand, what must always hold, and what a supervisor finds that starts again. */

import { inFile } from '../mutation.ts';

export const hands = [
  ...inFile('src/core/freeze.ts', [
    {
      name: 'a freeze freezes nothing',
      find: 'return whole.frozen !== undefined || service.maintenance !== undefined;',
      replace: 'return service.maintenance !== undefined;',
      whatItBreaks: 'containers are restarted under the hands of who froze repairs',
    },
    {
      name: 'maintenance keeps nothing',
      find: 'return whole.frozen !== undefined || service.maintenance !== undefined;',
      replace: 'return whole.frozen !== undefined;',
      whatItBreaks: 'a service in maintenance is repaired',
    },
    {
      name: 'maintenance does not end by itself',
      find: 'until === null || now < until',
      replace: 'until === null || until > 0',
      whatItBreaks: 'a service stays without repairs after its hour of maintenance',
    },
    {
      name: 'a change of who runs is left half done by a freeze',
      find: 'return isHandsOff(whole, service) && !(service.handover && HANDS_OVER.has(kind));',
      replace: 'return isHandsOff(whole, service);',
      whatItBreaks: 'a freeze between the end of one and the start of the other leaves nobody',
    },
    {
      name: 'thaw thaws nothing',
      find: 'whole.frozen = undefined;\n  whole.brokenRule',
      replace: 'whole.brokenRule',
      whatItBreaks: 'repairs stay frozen',
    },
    {
      name: 'what failed in maintenance is an old failure',
      find: 'for (const member of Object.values(service.members)) member.suspectSince = null;',
      replace: '',
      whatItBreaks: 'what failed for the hour of maintenance is repaired with no patience',
    },
  ]),
  ...inFile('src/core/turn.ts', [
    {
      name: 'effects are asked for under a hand',
      find: 'if (!isTraffic(effect) && isHeldBack(turn.whole, turn.memory, kind)) return false;',
      replace: '',
      whatItBreaks: 'what is no repair (rest, stop, a gateway) is done in a freeze',
    },
  ]),
  ...inFile('src/core/decide.ts', [
    {
      name: 'alerts in maintenance',
      find: "return kind !== 'alert' || !memory.maintenance;",
      replace: "return kind !== 'alert' || memory !== null;",
      whatItBreaks: 'somebody is woken for what another one works on',
    },
    {
      name: 'incidents go on in maintenance',
      find: 'if (turn.memory.maintenance) dropIncidents(turn);',
      replace: '',
      whatItBreaks: 'an incident is open for as long as somebody works on the service',
    },
    {
      name: 'services that up changes are repaired',
      find: 'isBusy: observation.busy.includes(service.name)',
      replace: 'isBusy: observation.busy.length > 1000',
      whatItBreaks: 'a deployment and a repair work on the same container',
    },
    {
      name: 'repairs by what a silent engine said',
      find: 'if (isWanted && turn.engineAnswers) {',
      replace: 'if (isWanted) {',
      whatItBreaks: 'repairs go by a picture that nobody vouches for',
    },
  ]),
  ...inFile('src/core/unrecorded.ts', [
    {
      name: 'a writer is started with nothing on record',
      find: "case 'start_standby':\n      return policy.oneWriter;",
      replace: "case 'start_standby':\n      return false;",
      whatItBreaks: 'with the disk full the next supervisor does not know which writer the last one started',
    },
    {
      name: 'nothing needs to be on record',
      find: 'if (whole.unrecorded === undefined || !needsRecord(kind, model)) return',
      replace: 'if (whole.unrecorded === undefined || !needsRecord(kind, model) || kind !== null) return',
      whatItBreaks: 'with the disk full containers are ended and nobody knows who did it',
    },
    {
      name: 'a full disk leaves a change of writers half done',
      find: "if (handover && isOnRecord && HANDS_OVER.has(kind)) return '';",
      replace: '',
      whatItBreaks: 'a disk that fills up between the end of one writer and the start of the other leaves none',
    },
  ]),
  ...inFile('src/core/foreign.ts', [
    {
      name: 'a stranger and ours write one volume',
      find: 'for (const name of seen.foreignSharesVolumeWith) {',
      replace: 'for (const name of seen.foreignSharesVolumeWith.slice(1)) {',
      whatItBreaks: 'a plain compose up of a database gets our writer beside its own',
    },
  ]),
  ...inFile('src/core/guard.ts', [
    {
      name: 'broken rules are carried out',
      find: "if (first.broken === '') return first.decision;",
      replace: "if (first.broken !== ' ') return first.decision;",
      whatItBreaks: 'a defect of the core does what it must never do',
    },
    {
      name: 'a rule broken twice is carried out',
      find: "second.broken === '' ? second.decision : withoutEffects(memory, second.decision)",
      replace: 'second.decision',
      whatItBreaks: 'a defect that a freeze does not stop is carried out',
    },
    {
      name: 'the same broken rule is told with each decision',
      find: 'if (memory.brokenRule === broken) return decision;',
      replace: '',
      whatItBreaks: 'one defect makes thousands of alerts',
    },
    {
      name: 'a broken rule freezes nothing',
      find: "frozen.frozen ??= { since: now, reason: first.broken, cause: 'rule' };",
      replace: '',
      whatItBreaks: 'a defect is met again and again',
    },
  ]),
  ...inFile('src/core/invariants.ts', [
    {
      name: 'the last one may be taken',
      find: 'return isLeft ? [] : [',
      replace: 'return isLeft || who.length > 0 ? [] : [',
      whatItBreaks: 'a decision that takes the last member that serves is carried out',
    },
    {
      name: 'two actions on one container are no broken rule',
      find: "if (seen.has(key) && effect.kind !== 'lead') broken",
      replace: "if (seen.has(key) && effect.kind === 'lead') broken",
      whatItBreaks: 'a decision that starts and stops one container is carried out',
    },
    {
      name: 'a silent engine is no reason',
      find: "if (!engineAnswers && !isTraffic(effect)) return 'the engine is silent, so nothing is known';",
      replace: '',
      whatItBreaks: 'a repair of what nobody sees is carried out',
    },
  ]),
  ...inFile('src/core/repair-invariants.ts', [
    {
      name: 'the brake is no rule',
      find: '  braked,\n',
      replace: '',
      whatItBreaks: 'a decision that ends what runs under the brake is carried out',
    },
    {
      name: 'the budget is no rule',
      find: '  overBudget,\n',
      replace: '',
      whatItBreaks: 'a decision beyond the budget is carried out',
    },
    {
      name: 'quarantine is no rule',
      find: '  removesQuarantined,\n',
      replace: '',
      whatItBreaks: 'a decision that deletes the last good copy is carried out',
    },
  ]),
  ...inFile('src/core/memory.ts', [
    {
      name: 'a rule broken by another version freezes this one',
      find: "if (whole.frozen?.cause === 'rule') whole.frozen = undefined;",
      replace: '',
      whatItBreaks: 'an update that mends a defect does not end its freeze',
    },
    {
      name: 'what the last supervisor had begun is still under way',
      find: 'service.pending = {};',
      replace: '',
      whatItBreaks: 'after kill -9 of the supervisor a repair is not begun again in time',
    },
    {
      name: 'a repair of the last supervisor never ends',
      find: "if (member.repair?.phase !== 'acting') continue;",
      replace: "if (member.repair?.phase !== 'waiting') continue;",
      whatItBreaks: 'after kill -9 of the supervisor a repair is waited for that nobody does',
    },
  ]),
];
