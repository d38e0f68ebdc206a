import { readdir, readFile, readlink } from 'node:fs/promises';

const LISTENING = '0A';

/**
 * The process of this host that listens on a TCP port, as "node (process 4711)". Null where that cannot be seen:
 * another user's process, another system than Linux, a supervisor in a container.
 */
export async function portHolder(port: number): Promise<string | null> {
  const tables = await Promise.all(['/proc/net/tcp', '/proc/net/tcp6'].map(textOf));
  const inodes = new Set(tables.flatMap((table) => listenersOf(table, port)));
  if (inodes.size === 0) return null;
  for (const pid of await namesIn('/proc')) {
    if (/^\d+$/.test(pid) && (await holds(pid, inodes)))
      return `${(await textOf(`/proc/${pid}/comm`)).trim() || 'a program'} (process ${pid})`;
  }
  return null;
}

/** Inodes of the sockets that listen on the port. Columns: number, local address:port (hexadecimal), remote, state, ..., inode. */
function listenersOf(table: string, port: number): string[] {
  return table.split('\n').flatMap((line) => {
    const columns = line.trim().split(/\s+/);
    const [, local = '', , state] = columns;
    const isIt = state === LISTENING && Number.parseInt(local.split(':')[1] ?? '', 16) === port;
    return isIt && columns[9] !== undefined ? [columns[9]] : [];
  });
}

async function holds(pid: string, inodes: ReadonlySet<string>): Promise<boolean> {
  const folder = `/proc/${pid}/fd`;
  for (const descriptor of await namesIn(folder)) {
    const target = await readlink(`${folder}/${descriptor}`).catch(() => '');
    const [, inode = ''] = /^socket:\[(\d+)\]$/.exec(target) ?? [];
    if (inodes.has(inode)) return true;
  }
  return false;
}

function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}

function textOf(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}
