import type { GatewayDriver } from '../ports/gateway.ts';
import type { GatewayPlan } from './fleet.ts';
import { listOf, mapOf, type Raw, textOf, withoutEmpty } from './portable.ts';

/** Stands for the gateway's folder until its path in the file is known: no path of this machine goes into it. */
const FOLDER = '/twinhull-gateway-folder';

/** The keys that the driver's container becomes in a Compose file; `folder` is the gateway's, as the file names it. */
export function gatewayContainer(driver: GatewayDriver, gateway: GatewayPlan, folder: string): Raw {
  const { Image, Entrypoint, Cmd, User, StopSignal, StopTimeout, Healthcheck, HostConfig } = driver.container(
    gateway.config,
    FOLDER,
  );
  return withoutEmpty({
    image: `\${TWINHULL_GATEWAY_IMAGE:-${Image}}`,
    entrypoint: listOf(Entrypoint).map(literal),
    command: listOf(Cmd).map(literal),
    user: User,
    stop_signal: StopSignal,
    stop_grace_period: StopTimeout === undefined ? undefined : `${StopTimeout}s`,
    healthcheck:
      Healthcheck?.Test?.[0] === 'NONE'
        ? { disable: true }
        : Healthcheck?.Test === undefined
          ? undefined
          : { test: Healthcheck.Test.map(literal) },
    ...hostKeys(HostConfig),
    volumes: [...mountsOf(HostConfig), ...listOf(HostConfig['Binds']).map(textOf)].map((mount) =>
      mount.replace(FOLDER, folder),
    ),
  });
}

function hostKeys(host: Raw): Raw {
  return {
    restart: textOf(mapOf(host['RestartPolicy'])['Name']) || 'unless-stopped',
    read_only: host['ReadonlyRootfs'] === true ? true : undefined,
    init: host['Init'] === true ? true : undefined,
    cap_drop: listOf(host['CapDrop']),
    cap_add: listOf(host['CapAdd']),
    security_opt: listOf(host['SecurityOpt']),
    sysctls: mapOf(host['Sysctls']),
    tmpfs: Object.entries(mapOf(host['Tmpfs'])).map(([path, options]) =>
      textOf(options) === '' ? path : `${path}:${textOf(options)}`,
    ),
    ulimits: Object.fromEntries(
      listOf(host['Ulimits']).map((limit) => [
        textOf(mapOf(limit)['Name']),
        { soft: mapOf(limit)['Soft'], hard: mapOf(limit)['Hard'] },
      ]),
    ),
    logging: loggingOf(mapOf(host['LogConfig'])),
  };
}

function loggingOf(log: Raw): Raw | undefined {
  const driver = textOf(log['Type']);
  return driver === '' ? undefined : withoutEmpty({ driver, options: mapOf(log['Config']) });
}

function mountsOf(host: Raw): readonly string[] {
  return listOf(host['Mounts']).flatMap((mount) => {
    const { Type, Source, Target, ReadOnly } = mapOf(mount);
    return Type === 'bind' ? [`${textOf(Source)}:${textOf(Target)}${ReadOnly === true ? ':ro' : ''}`] : [];
  });
}

/** A `$` that Compose must leave alone. */
function literal(text: unknown): string {
  return textOf(text).replaceAll('$', '$$$$');
}
