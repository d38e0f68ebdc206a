/** A tiny image for tests, made without a registry: Debian's static busybox and the names it answers to. */

import { spawn } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const TEST_IMAGE = 'twinhull-test/busybox:1';

const APPLETS = [
  'cat',
  'echo',
  'env',
  'false',
  'head',
  'httpd',
  'id',
  'kill',
  'ls',
  'nc',
  'printf',
  'pwd',
  'rm',
  'sh',
  'sleep',
  'touch',
  'true',
  'wget',
  'yes',
];

/**
 * Puts {@link TEST_IMAGE} on the engine that DOCKER_HOST names, unless it is there. Rejects when no engine
 * answers or busybox is missing: a test that needs an engine must fail without one, not skip.
 */
export async function importTestImage(): Promise<string> {
  if ((await docker(['image', 'inspect', TEST_IMAGE])).exitCode === 0) return TEST_IMAGE;
  const root = await mkdtemp(join(tmpdir(), 'twinhull-test-image.'));
  try {
    for (const folder of ['bin', 'etc', 'tmp']) await mkdir(join(root, folder));
    await copyFile('/usr/bin/busybox', join(root, 'bin', 'busybox'));
    for (const applet of APPLETS) await symlink('busybox', join(root, 'bin', applet));
    await writeFile(join(root, 'etc', 'passwd'), 'root:x:0:0:root:/:/bin/sh\nguest:x:1000:1000::/:/bin/sh\n');
    const { exitCode, output } = await importFolder(root);
    if (exitCode !== 0) throw new Error(`docker import failed: ${output}`);
  } finally {
    await rm(root, { recursive: true });
  }
  return TEST_IMAGE;
}

interface Outcome {
  readonly exitCode: number | null;
  readonly output: string;
}

async function importFolder(root: string): Promise<Outcome> {
  const tar = spawn('tar', ['-C', root, '--owner=0', '--group=0', '-c', '.'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const command = spawn(
    'docker',
    ['import', '--change', 'EXPOSE 80', '--change', 'CMD ["sleep", "3600"]', '-', TEST_IMAGE],
    { stdio: ['pipe', 'pipe', 'pipe'] },
  );
  tar.stdout.pipe(command.stdin);
  return await outcome(command);
}

export async function docker(args: readonly string[]): Promise<Outcome> {
  return await outcome(spawn('docker', args, { stdio: ['ignore', 'pipe', 'pipe'] }));
}

async function outcome(child: ReturnType<typeof spawn>): Promise<Outcome> {
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (piece: string) => (output += piece));
  return await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (exitCode) => resolve({ exitCode, output }));
  });
}
