/**
 * Memory taken up inside a member, by a shell that the image itself has. It runs in the member's control group, so
 * that nothing but the member's own limit is filled, and it tells the kernel that the member's first process is the
 * one to end: otherwise the shell, being the largest, would be ended alone and nothing would have failed. When the
 * member ends, the shell ends with it; when nothing ends either, the shell ends after its last step.
 *
 * No value is ever part of a script; they are arguments.
 */

import { isCode, TwinhullError } from '../errors.ts';
import type { Call, Engine } from '../ports/engine.ts';

const BLOCK_BYTES = 1024 * 1024;
/** by which the shell is found among the processes of the member */
const NAME = 'twinhull-drill';

/** Arguments: blocks of 1 MiB in a step, seconds between steps (0: none), blocks in all. */
const GROW = `: ${NAME}
read -r old </proc/1/oom_score_adj
echo 1000 >/proc/1/oom_score_adj || exit 1
trap 'echo "$old" >/proc/1/oom_score_adj' EXIT
trap 'exit 0' TERM
block=0123456789abcdef
for doubling in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do block=$block$block; done
blocks=0
while [ "$blocks" -lt "$3" ]; do
  step=0
  while [ "$step" -lt "$1" ]; do
    blocks=$((blocks + 1)) step=$((step + 1))
    eval "kept$blocks=\\$block"
  done
  [ "$2" = 0 ] || sleep "$2"
done
`;

/** Says yes where {@link GROW} can do what it does. */
const CAN_GROW = 'command -v sleep >/dev/null && [ -w /proc/1/oom_score_adj ]';

/** Ends every {@link GROW}; says yes where there was one. */
const END = `
for process in /proc/[0-9]*; do
  read -r words <"$process/cmdline" || [ -n "$words" ] || continue
  case $words in
    *": ${NAME}"*) kill -TERM "\${process#/proc/}" && ended=1 ;;
  esac
done 2>/dev/null
[ "$ended" = 1 ]
`;

const READ_MS = 10_000;

/** @throws TH_DRILL_REFUSED where the member has no limit, no shell, or more than this machine can spare */
export async function checkMemoryHog(
  engine: Engine,
  member: { readonly id: string; readonly name: string; readonly memoryLimitBytes: number | null },
  freeBytes: number,
): Promise<number> {
  const { id, name, memoryLimitBytes } = member;
  if (memoryLimitBytes === null)
    throw refused(
      `${name} has no memory limit: filling its memory would fill the machine's`,
      'Give its service one (mem_limit, or deploy.resources.limits.memory).',
    );
  if (memoryLimitBytes > freeBytes)
    throw refused(`the machine has less memory free than the limit of ${name}`, 'Free some, or lower the limit.');
  if (await says(engine, id, CAN_GROW)) return memoryLimitBytes;
  throw refused(
    `in the image of ${name} there is no shell (sh, sleep) that may fill its memory`,
    'Break it with kill or cpu, which need nothing in the image.',
  );
}

/**
 * All at once, until the kernel ends the member.
 * @throws TH_DRILL_REFUSED when it goes on, having used twice its limit (there is swap)
 */
export async function fillMemory(engine: Engine, id: string, limitBytes: number, call: Call): Promise<void> {
  const blocks = Math.ceil((limitBytes * 2) / BLOCK_BYTES) + 1;
  const ended = await grow(engine, id, [64, 0, blocks], call);
  if (!ended) throw refused('the member went on with twice its memory in use: what is over its limit is swapped out');
}

/** Reaches the limit a second before `forMs` are over. Resolves when it is over, one way or the other. */
export async function leakMemory(
  engine: Engine,
  id: string,
  limitBytes: number,
  forMs: number,
  call: Call,
): Promise<void> {
  const seconds = Math.max(1, Math.floor(forMs / 1000) - 1);
  const blocks = Math.ceil(limitBytes / BLOCK_BYTES);
  await grow(engine, id, [Math.ceil(blocks / seconds), 1, blocks], call);
}

/** @returns whether it was ended by something else than its last step */
async function grow(engine: Engine, id: string, amounts: readonly number[], call: Call): Promise<boolean> {
  try {
    const { exitCode } = await engine.exec(id, ['sh', '-c', GROW, NAME, ...amounts.map(String)], {}, call);
    return exitCode !== 0;
  } catch (error) {
    call.signal?.throwIfAborted();
    if (isCode(error, 'TH_ENGINE_REFUSED')) return true; // it ended with its container
    throw error;
  }
}

/** @returns whether there was one; it ends with its container, too */
export async function endLeak(engine: Engine, id: string): Promise<boolean> {
  return says(engine, id, END);
}

/** The engine refuses what the image does not have, and where nothing runs any more, with words that differ by version. */
async function says(engine: Engine, id: string, script: string): Promise<boolean> {
  try {
    return (await engine.exec(id, ['sh', '-c', script], {}, { deadlineMs: READ_MS })).exitCode === 0;
  } catch (error) {
    if (isCode(error, 'TH_ENGINE_REFUSED')) return false;
    throw error;
  }
}

function refused(why: string, next?: string): TwinhullError {
  return new TwinhullError('TH_DRILL_REFUSED', why, next === undefined ? {} : { next });
}
