/** A file system of a few megabytes, for what happens when a disk is full. Needs root, as the private engine does. */
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * ext4 on a loop device: what a tmpfs calls full differs from processor to processor. With blocks of a page, as any disk
 * of more than 512 MB has: with smaller ones a page of the file that SQLite maps can be half there.
 */
export class SmallDisk {
  readonly #image = mkdtempSync(join(tmpdir(), 'twinhull-disk-'));
  readonly folder = join(this.#image, 'mounted');
  readonly #filler = join(this.folder, 'filler');

  constructor(megabytes = 4) {
    const image = join(this.#image, 'image');
    writeFileSync(image, '');
    truncateSync(image, megabytes * 1024 * 1024);
    execFileSync('mkfs.ext4', ['-q', '-b', '4096', '-m', '0', image], { stdio: 'pipe' });
    mkdirSync(this.folder);
    execFileSync('mount', ['-o', 'loop', image, this.folder]);
  }

  /** To the last byte. */
  fill(): void {
    const file = openSync(this.#filler, 'a');
    try {
      for (const bytes of [65_536, 1024, 1]) fillWith(file, Buffer.alloc(bytes));
    } finally {
      closeSync(file);
    }
  }

  makeRoom(): void {
    rmSync(this.#filler, { force: true });
  }

  remove(): void {
    execFileSync('umount', [this.folder]);
    rmSync(this.#image, { recursive: true });
  }
}

function fillWith(file: number, bytes: Buffer): void {
  try {
    while (writeSync(file, bytes) === bytes.length);
    fsyncSync(file);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
  }
}
