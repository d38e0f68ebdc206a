/** Pairs of which one stands by, cold or paused. */

import { inFile } from '../mutation.ts';

export const standby = [
  ...inFile('src/core/standby.ts', [
    {
      name: 'two of a cold pair work at once',
      find: "if (is === 'well' && serves && !isHeld(turn)) {",
      replace: "if (is === 'completed' && serves && !isHeld(turn)) {",
      whatItBreaks: 'jobs are done twice when somebody starts the standby',
      mendedIn: '37046dd',
    },
    {
      name: "the engine's own restart is not waited for",
      find: "=== 'restarting' ? ENGINE_RESTARTS_WITHIN_MS : 0",
      replace: "=== 'restarting' ? 0 : 0",
      whatItBreaks: 'every crash that Docker mends in 100 ms is a change of members',
      mendedIn: '8ab9c9e',
    },
    {
      name: 'a pair moves back and forth',
      find: 'if (isBudgetSpent(turn)) return waitBefore(other);',
      replace: '',
      whatItBreaks: 'two members that both fail take turns without a wait',
    },
    {
      name: 'compose stop is a switch',
      find: 'Math.abs(other.askedAt - askedAt) < STOPPED_TOGETHER_MS',
      replace: 'Math.abs(other.askedAt - askedAt) < 0',
      whatItBreaks: 'who stops several containers sees their standbys start',
    },
    {
      name: 'alert_only moves all the same',
      find: "if (reactionTo(turn, leader, condition.failure).alertOnly) return '';",
      replace: '',
      whatItBreaks: 'a service that a person wants to repair himself is moved',
    },
    {
      name: 'the standby of a failed leader stays a standby',
      find: "} else if (is === 'failed' || is === 'stopped' || is === 'quarantined') {",
      replace: "} else if (is === 'stopped' || is === 'quarantined') {",
      whatItBreaks: 'who already runs in its place does not lead, and is not kept',
    },
  ]),
  ...inFile('src/core/warm.ts', [
    {
      name: 'back to rest at once',
      find: 'if (turn.now < since + CALM_MS)',
      replace: 'if (turn.now < since)',
      whatItBreaks: 'a warm standby is paused and woken with every hiccup',
    },
    {
      name: 'who is needed is paused',
      find: '.repair !== null || isNeeded(turn, leader, twin)) return;',
      replace: '.repair !== null) return;',
      whatItBreaks: 'the standby is paused while the gateway sends its requests to it',
    },
    {
      name: 'woken only when the leader has failed for certain',
      find: 'isLedByGateway(turn) ? troubleOf(conditionOf(turn, leader)) : reasonToCover(turn, leader, twin)',
      replace: 'reasonToCover(turn, leader, twin)',
      whatItBreaks: 'a hang of the leader costs the requests until its threshold',
    },
    {
      name: 'a switch by hand waits for ever',
      find: "condition.is === 'failed' || turn.now >= until",
      replace: "condition.is === 'failed'",
      whatItBreaks: 'a standby that does not serve keeps a switch open without end',
    },
    {
      name: 'a switch to a standby that cannot be woken goes on',
      find: "if (refusal !== '') return end(",
      replace: "if (refusal === ' ') return end(",
      whatItBreaks: 'the person who asked for a switch is not told that it failed',
    },
  ]),
  ...inFile('src/core/repair.ts', [
    {
      name: 'a sick standby goes on beside the leader',
      find: "ask(turn, 'stop', name, `${name} ${condition.why}, and ${leader ?? 'the other'} has taken over`, { deadlineMs });",
      replace: '',
      whatItBreaks: 'a member that failed and whose standby leads works on beside it',
    },
  ]),
  ...inFile('src/core/health.ts', [
    {
      name: 'who is leaving is a failure',
      find: "return isIdleStandby(turn, name) || (isLeaving(turn, name) && turn.memory.handover?.cause !== 'failure');",
      replace: 'return isIdleStandby(turn, name);',
      whatItBreaks: 'a planned switch of a cold pair is an incident',
    },
  ]),
];
