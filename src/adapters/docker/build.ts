/** Images are built by the docker command line: it knows contexts, ignore files and BuildKit. */

import { spawn } from 'node:child_process';
import { TwinhullError } from '../../errors.ts';
import type { BuildRequest, ImageBuilder } from '../../ports/image-builder.ts';
import type { Endpoint, Environment } from './endpoint.ts';
import { eachLine } from './output-lines.ts';

/** Lines kept of what the builder said, for the error. */
const LAST_LINES = 20;
const PROBE_DEADLINE_MS = 10_000;
/** What the command line says of the older builder, each time. */
const LEGACY_NOTICE = /^(DEPRECATED: The legacy builder|\s+BuildKit is currently disabled|\s+environment-variable\.)/;

interface Outcome {
  readonly exitCode: number;
  readonly lastLines: readonly string[];
}

export function openImageBuilder(environment: Environment, endpoint: Endpoint): ImageBuilder {
  return {
    build: async (request, image, onProgress, call = {}) => {
      const hasBuildKit =
        (await run(['buildx', 'version'], { environment, endpoint, signal: AbortSignal.timeout(PROBE_DEADLINE_MS) }))
          .exitCode === 0;
      const outcome = await run(buildArguments(request, image), {
        environment: { ...environment, ...request.environment, DOCKER_BUILDKIT: hasBuildKit ? '1' : '0' },
        endpoint,
        input: request.dockerfileInline,
        onLine: onProgress,
        ...(call.signal !== undefined && { signal: call.signal }),
      });
      call.signal?.throwIfAborted();
      if (outcome.exitCode !== 0) throw buildFailed(image, outcome);
    },
  };
}

/** An inline Dockerfile comes on standard input. `--` ends the options: a context is never read as one. */
function buildArguments(request: BuildRequest, image: string): string[] {
  const dockerfile = request.dockerfileInline === null ? [] : ['--file', '-'];
  return ['build', '--tag', image, ...dockerfile, ...request.arguments, '--', request.context];
}

interface RunOptions {
  readonly environment: Environment;
  readonly endpoint: Endpoint;
  readonly input?: string | null;
  readonly onLine?: (line: string) => void;
  readonly signal?: AbortSignal;
}

async function run(args: readonly string[], options: RunOptions): Promise<Outcome> {
  const { DOCKER_HOST: _host, DOCKER_CONTEXT: _context, ...rest } = options.environment;
  const child = spawn('docker', args, {
    env: { ...rest, ...options.endpoint.commandEnvironment },
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(options.signal !== undefined && { signal: options.signal }),
  });
  const lastLines: string[] = [];
  const take = (line: string): void => {
    if (LEGACY_NOTICE.test(line)) return;
    lastLines.push(line);
    if (lastLines.length > LAST_LINES) lastLines.shift();
    options.onLine?.(line);
  };
  eachLine(child.stdout, take);
  eachLine(child.stderr, take);
  child.stdin.on('error', () => {}); // it may end without reading; its exit code tells
  child.stdin.end(options.input ?? '');
  return await new Promise((resolve, reject) => {
    child.on('error', (error) =>
      isMissing(error) ? reject(missing(error)) : resolve({ exitCode: -1, lastLines: [error.message] }),
    );
    child.on('close', (exitCode) => resolve({ exitCode: exitCode ?? -1, lastLines }));
  });
}

function isMissing(error: Error): boolean {
  return 'code' in error && error.code === 'ENOENT';
}

function missing(cause: Error): TwinhullError {
  return new TwinhullError('TH_ENGINE_REFUSED', 'the docker command line, which builds images, is not installed', {
    next: 'Install it (package docker-ce-cli or docker-cli), or build the image elsewhere and name it with image:.',
    cause,
  });
}

function buildFailed(image: string, outcome: Outcome): TwinhullError {
  const words = outcome.lastLines
    .filter((line) => line.trim() !== '')
    .slice(-5)
    .join(' | ');
  return new TwinhullError(
    'TH_ENGINE_REFUSED',
    `building ${image} failed with exit code ${outcome.exitCode}: ${words}`,
    { state: 'No image was made.' },
  );
}
