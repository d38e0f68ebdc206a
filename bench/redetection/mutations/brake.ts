/** Many failures at once: the brake, and the emergency with its order. */

import { inFile } from '../mutation.ts';

export const brake = [
  ...inFile('src/core/cascade.ts', [
    {
      name: 'no brake',
      find: 'export const HOLD_MS = 60_000;',
      replace: 'export const HOLD_MS = 0;',
      whatItBreaks: 'when all fail at once, all are restarted',
    },
    {
      name: 'a pair has no brake',
      find: 'running.length >= 2 && running.every',
      replace: 'running.length >= 3 && running.every',
      whatItBreaks: 'both members of a pair are restarted when what they share is slow',
    },
    {
      name: 'half is not enough',
      find: 'sick.length * 2 >= watched.length',
      replace: 'sick.length * 2 > watched.length',
      whatItBreaks: 'exactly half of everything bad at once is no sign of a common cause',
    },
    {
      name: 'one service is a common cause',
      find: 'services.size >= 2 &&',
      replace: 'services.size >= 1 &&',
      whatItBreaks: 'the trouble of one large cluster stops the repairs of all others',
    },
    {
      name: 'a cascade needs one service more',
      find: 'export const CASCADE_SERVICES = 3;',
      replace: 'export const CASCADE_SERVICES = 4;',
      whatItBreaks: 'three failures of different services in five minutes are no emergency',
    },
    {
      name: 'a cascade is over in a minute',
      find: 'const CASCADE_WINDOW_MS = 5 * 60_000;',
      replace: 'const CASCADE_WINDOW_MS = 60_000;',
      whatItBreaks: 'failures of different services within five minutes are not seen together',
    },
    {
      name: 'what somebody works on is a sign',
      find: 'if (turn.memory.maintenance) return false;',
      replace: '',
      whatItBreaks: 'maintenance of some services sets the brake for all',
    },
    {
      name: 'after a moment of doubt ten seconds of grace',
      find: 'easedAt + Math.min(RELEASE_MS, easedAt - since)',
      replace: 'easedAt + RELEASE_MS',
      whatItBreaks: 'one late check of the other member spares a hung one for ten seconds',
      mendedIn: '1ea5a55',
    },
    {
      name: 'the first one that is back releases the brake',
      find: 'return now < endOf(eased) ? eased : null;',
      replace: 'return null;',
      whatItBreaks: 'members that come back a little later than the first one are restarted',
      mendedIn: '77159b8',
    },
    {
      name: 'the dead are under the brake',
      find: "(condition.is === 'failed' && !condition.gone && !condition.serves)",
      replace: "(condition.is === 'failed' && !condition.serves)",
      whatItBreaks: 'exited containers count as running ones that are sick',
    },
    {
      name: 'what serves is a sign of trouble',
      find: "(condition.is === 'failed' && !condition.gone && !condition.serves)",
      replace: "(condition.is === 'failed' && !condition.gone)",
      whatItBreaks: 'members near their memory limit set the brake',
    },
  ]),
  ...inFile('src/core/obstacles.ts', [
    {
      name: 'the brake holds nobody',
      find: 'const brake = heldBy(turn);\n  if (brake) return brake;',
      replace: '',
      whatItBreaks: 'running members are restarted under the brake',
    },
  ]),
  ...inFile('src/core/emergency.ts', [
    {
      name: 'a moment without service is an emergency',
      find: 'const NOTHING_SERVES_MS = 3000;',
      replace: 'const NOTHING_SERVES_MS = 0;',
      whatItBreaks: 'the restart of a project with one service is an emergency',
    },
    {
      name: 'what may have been stopped is down',
      find: 'standings.every(({ serves, isUnclear }) => !serves && !isUnclear)',
      replace: 'standings.every(({ serves }) => !serves)',
      whatItBreaks: 'docker stop of the last container is an emergency',
    },
    {
      name: 'nothing was ever served, and that is an emergency',
      find: 'standings.some(({ turn }) => turn.memory.serving || turn.memory.outageSince !== null)',
      replace: 'standings.length > 0',
      whatItBreaks: 'a project that is being brought up for the first time is an emergency',
    },
    {
      name: 'all must fail',
      find: 'failing * 2 < all',
      replace: 'failing < all',
      whatItBreaks: 'half of everything failing at once is no emergency',
    },
    {
      name: 'the same failures are the next emergency',
      find: 'cascadedServices(whole, whole.emergency?.endedAt ?? 0)',
      replace: 'cascadedServices(whole, 0)',
      whatItBreaks: 'an emergency that is over begins again with the next failure',
    },
    {
      name: 'a freeze does not stop the plan',
      find: "if (whole.frozen) return end(emergency, 'frozen', now);",
      replace: '',
      whatItBreaks: 'twinhull freeze leaves the emergency running',
    },
    {
      name: 'what a person ended begins anew',
      find: 'whole.emergencyMuted = true;',
      replace: '',
      whatItBreaks: 'twinhull thaw ends an emergency for the time of one decision',
    },
    {
      name: 'an emergency never ends',
      find: 'if (isCarriedOut(emergency) && standings.every(({ fails }) => !fails))',
      replace: 'if (isCarriedOut(emergency) && standings.every(({ fails }) => fails))',
      whatItBreaks: 'the order of an emergency holds for ever',
    },
  ]),
  ...inFile('src/core/emergency-plan.ts', [
    {
      name: 'no order of dependencies',
      find: "return !serves && (state === 'planned' || state === 'running');",
      replace: "return serves && state === 'planned';",
      whatItBreaks: 'everything is started at once, what depends on a database before it',
    },
    {
      name: 'a dependency that is beyond help holds everything',
      find: "else if (step.state === 'running' && isOver(step, now))\n    finish(step, 'failed', 'it had",
      replace: "else if (step.state === 'running' && isOver(step, 0))\n    finish(step, 'failed', 'it had",
      whatItBreaks: 'what depends on a service that never comes back is never started',
    },
    {
      name: 'what begins to fail later is not in the plan',
      find: 'fails && !stepOf(emergency, turn.model.name)',
      replace: 'fails && !stepOf(emergency, turn.model.name) && turn.now < 0',
      whatItBreaks: 'an emergency is over before everything is back',
    },
  ]),
  ...inFile('src/core/emergency-order.ts', [
    {
      name: 'a replacement needs no order',
      find: "['start', 'start_standby', 'restart_soft', 'restart_hard', 'replace']",
      replace: "['start_standby', 'restart_soft', 'restart_hard', 'replace']",
      whatItBreaks: 'in an emergency the dead are started in any order',
    },
  ]),
  ...inFile('src/core/standing.ts', [
    {
      name: 'a drill is a failure',
      find: 'return isFollowing || turn.now < (drill?.until ?? 0);',
      replace: 'return isFollowing;',
      whatItBreaks: 'drills of several services are an emergency',
    },
    {
      name: 'what somebody works on should serve',
      find: '!isBusy && !memory.maintenance &&',
      replace: '!isBusy &&',
      whatItBreaks: 'maintenance of the last services is an emergency',
    },
  ]),
  ...inFile('src/core/incidents.ts', [
    {
      name: 'drills are a cascade',
      find: 'if (!drill && !isFollowing(turn, member)) turn',
      replace: 'if (!isFollowing(turn, member)) turn',
      whatItBreaks: 'three drills within five minutes set off an emergency',
    },
    {
      name: 'one failure and what follows it are a cascade',
      find: 'if (!drill && !isFollowing(turn, member)) turn',
      replace: 'if (!drill) turn',
      whatItBreaks: 'the restart of what three others live in is an emergency',
    },
  ]),
  ...inFile('src/core/relief.ts', [
    {
      name: 'in an emergency what serves is restarted for its memory',
      find: 'if (isEmergency(turn.whole)) return false;',
      replace: '',
      whatItBreaks: 'the last healthy members are restarted in the worst moment',
      mendedIn: '091e822',
    },
  ]),
];
