import { setTimeout as pause } from 'node:timers/promises';
import { TwinhullError } from '../../errors.ts';
import type { Call } from '../../ports/engine.ts';
import { CHANGE_DEADLINE_MS, deadline, type EngineClient, READ_DEADLINE_MS, segment } from './client.ts';
import { type Frame, readFrames } from './frames.ts';
import { count, field, flag, text } from './reading.ts';

const MAX_OUTPUT_BYTES = 1024 * 1024;
/** The engine notes the exit a moment after the stream has ended. */
const EXIT_CODE_TRIES = 50;
const EXIT_CODE_PAUSE_MS = 20;

export interface ExecOptions {
  readonly user?: string;
  readonly env?: readonly string[];
  readonly workingDir?: string;
}

export interface ExecResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The deadline (60 s unless the call says otherwise) is for the command to end; the engine cannot kill it then. */
export async function exec(
  client: EngineClient,
  id: string,
  command: readonly string[],
  options: ExecOptions,
  call: Call = {},
): Promise<ExecResult> {
  const limitMs = deadline(call, CHANGE_DEADLINE_MS);
  const late = AbortSignal.timeout(limitMs);
  const signal = call.signal === undefined ? late : AbortSignal.any([call.signal, late]);
  try {
    return await run(client, id, command, options, signal);
  } catch (error) {
    if (!late.aborted || call.signal?.aborted) throw error;
    throw new TwinhullError(
      'TH_ENGINE_UNREACHABLE',
      `${command[0] ?? ''} in the container did not end within ${limitMs / 1000} s`,
      {
        state: 'It may still be running there.',
        cause: error,
      },
    );
  }
}

async function run(
  client: EngineClient,
  id: string,
  command: readonly string[],
  options: ExecOptions,
  signal: AbortSignal,
): Promise<ExecResult> {
  const body = {
    AttachStdout: true,
    AttachStderr: true,
    Cmd: command,
    ...(options.user !== undefined && { User: options.user }),
    ...(options.env !== undefined && { Env: options.env }),
    ...(options.workingDir !== undefined && { WorkingDir: options.workingDir }),
  };
  const created = await client.request({
    method: 'POST',
    path: `/containers/${segment(id)}/exec`,
    body,
    deadlineMs: CHANGE_DEADLINE_MS,
    signal,
  });
  const path = `/exec/${segment(text(field(created.document, 'Id')))}`;
  const stream = await client.stream({
    method: 'POST',
    path: `${path}/start`,
    body: { Detach: false, Tty: false },
    deadlineMs: CHANGE_DEADLINE_MS,
    signal,
  });
  const output = await collect(readFrames(stream));
  return { ...output, exitCode: await exitCode(client, path, signal) };
}

async function collect(frames: AsyncIterable<Frame>): Promise<{ stdout: string; stderr: string }> {
  const pieces = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  let room = MAX_OUTPUT_BYTES;
  for await (const { stream, payload } of frames) {
    // What is beyond the limit is read and dropped, so that the command is not blocked on a full pipe.
    if (room > 0) pieces[stream].push(Buffer.from(payload.subarray(0, room)));
    room = Math.max(0, room - payload.length);
  }
  return {
    stdout: Buffer.concat(pieces.stdout).toString('utf8'),
    stderr: Buffer.concat(pieces.stderr).toString('utf8'),
  };
}

async function exitCode(client: EngineClient, path: string, signal: AbortSignal): Promise<number> {
  for (let attempt = 0; attempt < EXIT_CODE_TRIES; attempt++) {
    const { document } = await client.request({
      method: 'GET',
      path: `${path}/json`,
      deadlineMs: READ_DEADLINE_MS,
      signal,
    });
    if (!flag(field(document, 'Running')) && field(document, 'ExitCode') !== null)
      return count(field(document, 'ExitCode'));
    await pause(EXIT_CODE_PAUSE_MS, undefined, { signal });
  }
  throw new TwinhullError('TH_ENGINE_REFUSED', 'the engine does not tell how the command ended');
}
