/**
 * The host's memory, and the file systems below some paths. A file system whose server is away holds a call for ever
 * in the kernel: while one is out, that path is not asked again, and it is not waited for longer than a moment.
 */

import { stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../ports/clock.ts';
import type { FileSystemSample, HostSample } from '../../ports/meter.ts';
import { textOf } from './file.ts';
import { readMeminfo } from './reading.ts';

const ANSWERS_WITHIN_MS = 1000;
/** f_type of an overlay: the root of a container, which tells of the file system that the engine's data root is on */
const OVERLAY = 0x794c7630;

interface Found extends Omit<FileSystemSample, 'paths'> {
  readonly device: number;
  readonly type: number;
}

export class HostReader {
  readonly #clock: Clock;
  /** where the host's files are; '' outside of tests */
  readonly #root: string;
  /** paths whose call has not come back */
  readonly #out = new Map<string, Promise<Found | null>>();

  constructor(clock: Clock, root: string) {
    this.#clock = clock;
    this.#root = root;
  }

  async read(dataRoot: string, paths: readonly string[], signal: AbortSignal): Promise<HostSample> {
    const all = [...new Set(paths.filter((path) => path !== dataRoot))];
    const [data, ...others] = await Promise.all([
      this.#dataRoot(dataRoot, signal),
      ...all.map((path) => this.#soon(path, signal)),
    ]);
    signal.throwIfAborted();
    const memory = readMeminfo(textOf(join(this.#root, '/proc/meminfo')));
    const found = [
      { path: dataRoot, sample: data ?? null },
      ...all.map((path, at) => ({ path, sample: others[at] ?? null })),
    ];
    return { at: this.#clock.monotonic(), memory, fileSystems: onceEach(found) };
  }

  /** Within a container the engine's data root is not there, but the container's own root lies on it. */
  async #dataRoot(path: string, signal: AbortSignal): Promise<Found | null> {
    const found = await this.#soon(path, signal);
    if (found !== null) return found;
    const own = await this.#soon('/', signal);
    return own?.type === OVERLAY ? own : null;
  }

  async #soon(path: string, signal: AbortSignal): Promise<Found | null> {
    if (this.#out.has(path)) return null;
    const call = fileSystemOf(join(this.#root, path)).finally(() => this.#out.delete(path));
    this.#out.set(path, call);
    const over = new AbortController();
    const patience = this.#clock.sleep(ANSWERS_WITHIN_MS, AbortSignal.any([signal, over.signal])).then(
      () => null,
      () => null,
    );
    const found = await Promise.race([call, patience]);
    over.abort();
    return found;
  }
}

async function fileSystemOf(path: string): Promise<Found | null> {
  try {
    const [{ bsize, blocks, bfree, bavail, files, ffree, type }, { dev }] = await Promise.all([
      statfs(path),
      stat(path),
    ]);
    return {
      device: dev,
      type,
      usedBytes: (blocks - bfree) * bsize,
      availableBytes: bavail * bsize,
      inodes: files === 0 ? null : { used: files - ffree, free: ffree },
    };
  } catch {
    return null;
  }
}

function onceEach(found: readonly { readonly path: string; readonly sample: Found | null }[]): FileSystemSample[] {
  const byDevice = Map.groupBy(
    found.flatMap(({ path, sample }) => (sample === null || sizeOf(sample) === 0 ? [] : [{ path, sample }])),
    ({ sample }) => sample.device,
  );
  return [...byDevice.values()].flatMap((same) => {
    const [first] = same;
    if (!first) return [];
    const { usedBytes, availableBytes, inodes } = first.sample;
    return [{ paths: same.map(({ path }) => path), usedBytes, availableBytes, inodes }];
  });
}

/** Those of the kernel itself (proc, sysfs) have no size. */
function sizeOf({ usedBytes, availableBytes }: Found): number {
  return usedBytes + availableBytes;
}
