/** What members use up and say of themselves, and the host. */

import { inFile } from '../mutation.ts';

export const resources = [
  ...inFile('src/core/relief.ts', [
    {
      name: 'the only one is restarted for its memory',
      find: 'ailment === null || others.length === 0 || !mayBeRelieved',
      replace: 'ailment === null || !mayBeRelieved',
      whatItBreaks: 'a member near its limit is restarted with nobody in its place',
    },
    {
      name: 'a program that lives near its limit is restarted again and again',
      find: 'return !isSomebodyElseAway(turn, name) && !wasRelievedLately(turn, name);',
      replace: 'return !isSomebodyElseAway(turn, name);',
      whatItBreaks: 'a cache is emptied every few minutes',
    },
    {
      name: 'two are restarted for their memory at once',
      find: 'return !isSomebodyElseAway(turn, name) && !wasRelievedLately(turn, name);',
      replace: 'return !wasRelievedLately(turn, name);',
      whatItBreaks: 'members that fill up together are restarted together',
    },
    {
      name: 'requests inside are not waited for',
      find: '!isLed && !isFed && gateway.sessions === 0',
      replace: '!isLed && !isFed',
      whatItBreaks: 'requests are cut because of a restart that could have waited',
    },
    {
      name: 'relief beyond the budget',
      find: 'if (isBudgetSpent(turn) || isHostSpent(turn) || reactionTo(turn, name, kind).alertOnly) return false;',
      replace: 'if (reactionTo(turn, name, kind).alertOnly) return false;',
      whatItBreaks: 'members that serve are restarted with a budget that is spent',
    },
    {
      name: 'busy is lost in a loop',
      find: "if (resource !== 'processor' || !isSlow(seen)) return false;",
      replace: "if (resource !== 'processor') return false;",
      whatItBreaks: 'a member that works more than the others is restarted for it',
    },
  ]),
  ...inFile('src/core/strain.ts', [
    {
      name: 'a busy processor is used up',
      find: "({ resource: 'processor', words, isUsedUp: false })",
      replace: "({ resource: 'processor', words, isUsedUp: true })",
      whatItBreaks: 'whoever works hard is restarted',
    },
    {
      name: 'at the limit is not near it',
      find: 'memory.share >= policy.memoryShare',
      replace: 'memory.share > policy.memoryShare',
      whatItBreaks: 'the memory threshold is one step higher than was set',
    },
    {
      name: "only the engine's flag tells of want of memory",
      find: 'return oomKilled || (exitCode === 137 && (oom.events > 0 || (oom.killsInWindow ?? 0) > 0));',
      replace: 'return oomKilled;',
      whatItBreaks: 'an end for want of memory is taken for a crash where the flag is missing',
    },
    {
      name: 'every SIGKILL is want of memory',
      find: 'return oomKilled || (exitCode === 137 && (oom.events > 0 || (oom.killsInWindow ?? 0) > 0));',
      replace: 'return oomKilled || exitCode === 137;',
      whatItBreaks: 'docker kill is told as want of memory',
    },
    {
      name: 'one process that ran out of memory is a leak',
      find: 'isNear || kills >= policy.oomKills',
      replace: 'isNear || kills >= 1',
      whatItBreaks: 'a member is restarted because one of its children was killed',
    },
  ]),
  ...inFile('src/core/signs.ts', [
    {
      name: 'errors that all have are one member’s',
      find: '.filter(({ policy: { name } }) => others.some((other) => isWellIn(policy, other, name)))',
      replace: ".filter(({ policy: { name } }) => name !== '' && others.length > 0)",
      whatItBreaks: 'a dependency that is away gets every member restarted',
    },
    {
      name: 'a warning is a hang',
      find: "level === 'fail' && (kind === 'heartbeat' || kind === 'progress')",
      replace: "level !== 'well' && (kind === 'heartbeat' || kind === 'progress')",
      whatItBreaks: 'a worker is restarted by the threshold that was to warn',
    },
    {
      name: 'a sign that cannot be read is a hang',
      find: "return { policy, level: 'unknown', words: `${policy.name} cannot be read",
      replace: "return { policy, level: 'fail', words: `${policy.name} cannot be read",
      whatItBreaks: 'a heartbeat file that cannot be read restarts the worker',
    },
  ]),
  ...inFile('src/core/host.ts', [
    {
      name: 'full to the threshold is room',
      find: 'return diskShare < policy.diskShare && (inodesShare ?? 0) < policy.inodesShare;',
      replace: 'return diskShare <= policy.diskShare && (inodesShare ?? 0) < policy.inodesShare;',
      whatItBreaks: 'a new container is made on a disk that is full to the mark',
    },
    {
      name: 'inodes are no room',
      find: 'return diskShare < policy.diskShare && (inodesShare ?? 0) < policy.inodesShare;',
      replace: 'return diskShare < policy.diskShare;',
      whatItBreaks: 'a container is replaced on a disk without inodes',
    },
  ]),
  ...inFile('src/core/told.ts', [
    {
      name: 'what swings about a threshold is told each time',
      find: 'const OVER_FOR_MS = 5 * 60_000;',
      replace: 'const OVER_FOR_MS = 0;',
      whatItBreaks: 'one alert becomes hundreds',
    },
  ]),
];
