import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * Where a project's state lives: `$TWINHULL_STATE_DIR` (default `$XDG_STATE_HOME/twinhull`, then
 * `~/.local/state/twinhull`) / engine / project. The engine's id is shortened, because gateways' socket paths
 * must stay under 108 bytes.
 */
export function stateFolder(
  environment: Readonly<Record<string, string | undefined>>,
  engineId: string,
  project: string,
): string {
  return join(stateRoot(environment), createHash('sha256').update(engineId).digest('hex').slice(0, 8), project);
}

export function stateRoot(environment: Readonly<Record<string, string | undefined>>): string {
  return (
    environment['TWINHULL_STATE_DIR'] ||
    join(environment['XDG_STATE_HOME'] || join(homedir(), '.local', 'state'), 'twinhull')
  );
}

/** The folder a gateway shares with the supervisor: its configuration, its admin socket, its state on disk. */
export function gatewayFolder(projectState: string, service: string): string {
  return join(projectState, 'gateways', service);
}
