import { join } from 'node:path';
import type { Gateway, GatewayConfig, GatewayDriver } from '../../ports/gateway.ts';
import { HaproxyGateway } from './gateway.ts';
import { files, MOUNT_POINT } from './names.ts';
import { configurationOf, renderConfig, renderLeaderMap, renderState } from './render.ts';
import { startScript } from './start-script.ts';

export interface HaproxyDriverOptions {
  /** image with `haproxy` and `/bin/sh` */
  readonly image: string;
  /** "uid:gid" that owns the gateway's folder, as the engine sees it ("0:0" on a rootless engine) */
  readonly user: string;
}

const STOP_TIMEOUT_S = 5;
const DEFAULT_IMAGE = 'haproxy:3.2-alpine';

/** The image of the gateway: `TWINHULL_GATEWAY_IMAGE`, else the official one. */
export function gatewayImage(environment: Readonly<Record<string, string | undefined>>): string {
  return environment['TWINHULL_GATEWAY_IMAGE'] || DEFAULT_IMAGE;
}

/** Makes gateways out of HAProxy. */
export class HaproxyDriver implements GatewayDriver {
  readonly #options: HaproxyDriverOptions;

  constructor(options: HaproxyDriverOptions) {
    this.#options = options;
  }

  files(config: GatewayConfig): ReturnType<GatewayDriver['files']> {
    return {
      [files.config]: { kind: 'configuration', text: renderConfig(config), mode: 0o600 },
      [files.script]: { kind: 'program', text: startScript, mode: 0o700 },
      [files.leader]: { kind: 'record', text: renderLeaderMap(config.leader), mode: 0o600 },
      [files.state]: { kind: 'record', text: renderState(config), mode: 0o600 },
    };
  }

  configuration(config: GatewayConfig): string {
    return configurationOf(config);
  }

  /**
   * As little right as it can work with. Ports below 1024 are opened to it by a sysctl of its own network
   * namespace, not by a capability. No limits of its own: an engine that may not raise them would not start it.
   * SIGUSR1 lets HAProxy finish what is in flight, for as long as the engine waits.
   */
  container(_config: GatewayConfig, hostFolder: string): ReturnType<GatewayDriver['container']> {
    return {
      Image: this.#options.image,
      Entrypoint: ['/bin/sh', `${MOUNT_POINT}/${files.script}`],
      Cmd: [],
      User: this.#options.user,
      StopSignal: 'SIGUSR1',
      StopTimeout: STOP_TIMEOUT_S,
      Healthcheck: { Test: ['NONE'] },
      HostConfig: {
        Mounts: [{ Type: 'bind', Source: hostFolder, Target: MOUNT_POINT }],
        RestartPolicy: { Name: 'unless-stopped' },
        ReadonlyRootfs: true,
        CapDrop: ['ALL'],
        SecurityOpt: ['no-new-privileges:true'],
        Sysctls: { 'net.ipv4.ip_unprivileged_port_start': '0' },
        LogConfig: { Type: 'json-file', Config: { 'max-size': '1m', 'max-file': '2' } },
      },
    };
  }

  open(config: GatewayConfig, hostFolder: string): Gateway {
    return new HaproxyGateway(config, { folder: hostFolder, socket: join(hostFolder, files.socket) });
  }
}
