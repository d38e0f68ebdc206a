import { closeSync, constants, openSync } from 'node:fs';
import { basename, dirname } from 'node:path';

/** The longest path the kernel takes for a unix socket (sun_path is 108 bytes with its NUL). */
const LONGEST_BYTES = 107;

/**
 * A path of at most 107 bytes to the same socket: the path itself, or its folder opened and named by
 * /proc/self/fd. Valid until close(), in this process alone.
 */
export function shortSocketPath(path: string): { readonly path: string; close(): void } {
  if (Buffer.byteLength(path) <= LONGEST_BYTES) return { path, close: () => undefined };
  const folder = openSync(dirname(path), constants.O_RDONLY | constants.O_DIRECTORY);
  return { path: `/proc/self/fd/${folder}/${basename(path)}`, close: () => closeSync(folder) };
}
