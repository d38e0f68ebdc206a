import { randomBytes } from 'node:crypto';
import { lstat, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { makePrivateFolder } from '../private-folder.ts';
import type { GatewayFiles } from './steps.ts';

/** Writes the whole file or nothing, for its owner alone unless `mode` says more; leaves it when it is so already. */
export async function writeWhole(path: string, text: string, mode: number): Promise<void> {
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

/** A config or secret made of text: readable in its container by everybody, on the host by who may enter the folder. */
export async function writeContentFile(path: string, text: string, mode: number): Promise<void> {
  makePrivateFolder(dirname(path));
  await writeWhole(path, text, mode);
}

/** @param overwrite false: only what is missing, for what is there is the truth of a gateway that goes on */
export async function writeGatewayFiles(folder: string, files: GatewayFiles, overwrite: boolean): Promise<void> {
  makePrivateFolder(folder);
  for (const [name, { text, mode }] of Object.entries(files)) {
    const path = join(folder, name);
    if (overwrite || !(await exists(path))) await writeWhole(path, text, mode);
  }
}

export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** A gateway's container writes into its folder too: what it put there in place of a file is not even opened. */
export async function isSo(path: string, text: string, mode: number): Promise<boolean> {
  try {
    const found = await lstat(path);
    const fits = found.isFile() && (found.mode & 0o7777) === mode && found.size === Buffer.byteLength(text);
    return fits && (await readFile(path, 'utf8')) === text;
  } catch {
    return false;
  }
}
