/** Projects for tests, from the text of a Compose file as a person writes it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadProject } from '../../src/compose/load.ts';
import type { Project } from '../../src/compose/project.ts';
import type { GatewayDriver } from '../../src/ports/gateway.ts';
import type { Fleet, ServicePlan } from '../../src/redundancy/fleet.ts';
import { type PlanFacts, planFleet } from '../../src/redundancy/plan.ts';

export { plainImage as image } from '../../src/adapters/memory/engine-images.ts';

/** The project is called "shop"; its folder is gone when this returns. */
export async function projectOf(
  text: string,
  options: {
    readonly interpolate?: boolean;
    readonly environment?: Readonly<Record<string, string>>;
    /** further files of its folder */
    readonly files?: Readonly<Record<string, string>>;
  } = {},
): Promise<Project> {
  const folder = mkdtempSync(join(tmpdir(), 'twinhull-project-'));
  try {
    const files = { ...options.files, 'compose.yaml': text };
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
    return await loadProject({
      files: ['compose.yaml'],
      currentDir: folder,
      projectName: 'shop',
      environment: options.environment ?? {},
      interpolate: options.interpolate ?? true,
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A driver that writes its configuration down and cannot be opened. */
export const paperDriver: GatewayDriver = {
  files: (config) => ({ 'gateway.json': { kind: 'configuration', text: JSON.stringify(config), mode: 0o600 } }),
  configuration: (config) => JSON.stringify(config),
  container: (_config, folder) => ({
    Image: 'gateway:1',
    Entrypoint: ['/bin/sh', '/gw/start.sh'],
    Cmd: [],
    HostConfig: {
      Mounts: [{ Type: 'bind', Source: folder, Target: '/gw' }],
      RestartPolicy: { Name: 'unless-stopped' },
    },
  }),
  open: () => {
    throw new Error('a paper gateway cannot be opened');
  },
};

/** The fleet of a Compose file's text. */
export async function planOf(text: string, facts: Partial<PlanFacts> = {}): Promise<Fleet> {
  const project = await projectOf(text);
  return planFleet(project, { images: new Map(), networks: [], stateFolder: '/state', driver: paperDriver, ...facts });
}

/** One service of it. */
export async function servicePlanOf(name: string, text: string, facts: Partial<PlanFacts> = {}): Promise<ServicePlan> {
  const { services } = await planOf(text, facts);
  const plan = services.find((service) => service.name === name);
  if (plan === undefined) throw new Error(`no service ${name}`);
  return plan;
}
