import { open } from 'node:fs/promises';

const MAX_BYTES = 10 * 1024 * 1024;

export type FileText = { readonly text: string } | { readonly missing: true } | { readonly refused: string };

/** A file's text, bounded: at most 10 MiB are read, also of a file that never ends. UTF-8; anything else is refused. */
export async function readFileText(path: string): Promise<FileText> {
  try {
    await using file = await open(path, 'r');
    if ((await file.stat()).isDirectory()) return { refused: 'is a folder' };
    const chunks: Buffer[] = [];
    let length = 0;
    for (;;) {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(64 * 1024), 0, 64 * 1024, null);
      if (bytesRead === 0) return decoded(Buffer.concat(chunks));
      chunks.push(buffer.subarray(0, bytesRead));
      length += bytesRead;
      if (length > MAX_BYTES) return { refused: 'is larger than 10 MiB' };
    }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') return { missing: true };
    if (code === 'EACCES' || code === 'EPERM') return { refused: 'may not be read by you' };
    return { refused: `cannot be read (${error instanceof Error ? error.message : String(error)})` };
  }
}

function decoded(bytes: Buffer): FileText {
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch {
    return { refused: 'is not UTF-8 text' };
  }
}
