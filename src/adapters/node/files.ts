import { randomBytes } from 'node:crypto';
import { lstat, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Files } from '../../ports/files.ts';
import { makePrivateFolder } from '../../private-folder.ts';

/** The files of this machine. */
export const machineFiles: Files = { makeFolder: makePrivateFolder, write, exists, isSo };

async function write(path: string, text: string, mode: number): Promise<void> {
  if (await isSo(path, text, mode)) return;
  const next = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}`);
  try {
    const file = await open(next, 'wx', mode);
    try {
      await file.chmod(mode); // whatever the umask is
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(next, path);
  } catch (error) {
    await rm(next, { force: true });
    throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** A gateway's container writes into its folder too: what it put there in place of a file is not even opened. */
async function isSo(path: string, text: string, mode: number): Promise<boolean> {
  try {
    const found = await lstat(path);
    const fits = found.isFile() && (found.mode & 0o7777) === mode && found.size === Buffer.byteLength(text);
    return fits && (await readFile(path, 'utf8')) === text;
  } catch {
    return false;
  }
}
