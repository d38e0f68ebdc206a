import { dirname, join } from 'node:path';
import type { Files } from '../ports/files.ts';
import type { GatewayFiles } from './steps.ts';

/** A config or secret made of text: readable in its container by everybody, on the host by who may enter the folder. */
export async function writeContentFile(files: Files, path: string, text: string, mode: number): Promise<void> {
  files.makeFolder(dirname(path));
  await files.write(path, text, mode);
}

/** @param overwrite false: only what is missing, for what is there is the truth of a gateway that goes on */
export async function writeGatewayFiles(
  files: Files,
  folder: string,
  wanted: GatewayFiles,
  overwrite: boolean,
): Promise<void> {
  files.makeFolder(folder);
  for (const [name, { text, mode }] of Object.entries(wanted)) {
    const path = join(folder, name);
    if (overwrite || !(await files.exists(path))) await files.write(path, text, mode);
  }
}
