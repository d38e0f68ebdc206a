import { readFile } from 'node:fs/promises';
import type { Member, Service, Status } from '../../examples/demo/project.ts';
import type { Container } from '../../src/ports/engine.ts';
import { type Company, isFrozen } from './company.ts';

/**
 * Is everything in order? What twinhull says is one half; the other is looked at past it, with the engine, the kernel
 * and requests of our own: a fault that nobody has noticed must not pass for one that was repaired.
 */
export class Whole {
  readonly #company: Company;
  /** by member: the networks it had when the project had just come up */
  #networks: ReadonlyMap<string, readonly string[]> = new Map();

  constructor(company: Company) {
    this.#company = company;
  }

  /** Takes what is there now as what has to be there. */
  async remember(): Promise<void> {
    const { services } = await this.#company.project.readStatus();
    const containers = await this.#company.containers();
    this.#networks = new Map(
      services.flatMap(({ members }) =>
        members.map(({ name, containerId }) => [name, Object.keys(find(containers, containerId)?.networks ?? {})]),
      ),
    );
  }

  /** What is wrong, each in a few words; empty: nothing is. */
  async problems(): Promise<readonly string[]> {
    const { project } = this.#company;
    const status = await project.readStatus().catch(() => null);
    if (status === null) return ['twinhull status does not answer'];
    const containers = await this.#company.containers().catch(() => []);
    const seen = await Promise.all([
      ...status.services.flatMap(({ members }) => members.map((member) => this.#memberProblems(member, containers))),
      ...status.services.map((service) => gatewayProblems(service, containers)),
      requestProblems(`${project.url}/jobs`),
      requestProblems(`${project.dashboardUrl}/health`),
    ]);
    return [...told(status), ...seen.flat()];
  }

  async #memberProblems(
    { name, verdict, containerId }: Member,
    containers: readonly Container[],
  ): Promise<readonly string[]> {
    const container = find(containers, containerId);
    if (container === undefined) return [`${name} has no container`];
    if (container.state === 'paused' || container.state === 'restarting') return [`${name} is ${container.state}`];
    if (container.state !== 'running') return verdict === 'standby' ? [] : [`${name} is ${container.state}`];
    const lost = (this.#networks.get(name) ?? []).filter((network) => container.networks[network] === undefined);
    if (lost.length > 0) return [`${name} is not on ${lost.join(', ')}`];
    if (await isFrozen(container.pid)) return [`${name} is frozen`];
    if ((await linksUp(container.pid)) < Object.keys(container.networks).length) return [`${name} has a link down`];
    if (!name.startsWith('api-')) return [];
    const answers = await Promise.all(
      Object.values(container.networks).map(({ ipv4 }) => requestProblems(`http://${ipv4}:8080/health`)),
    );
    return answers.flat().map((problem) => `${name}: ${problem}`);
  }
}

/** What twinhull itself says is not in order. */
function told({ supervised, frozen, services }: Status): readonly string[] {
  return [
    ...(supervised ? [] : ['nobody supervises']),
    ...(frozen === '' ? [] : [`repairs are frozen: ${frozen}`]),
    ...services.flatMap(({ name, serving, members, lastIncident }) => [
      ...(serving ? [] : [`${name} does not serve`]),
      ...members
        .filter(({ verdict }) => verdict !== 'healthy' && verdict !== 'standby')
        .map((member) => `${member.name} is ${member.verdict}`),
      ...(lastIncident !== null && lastIncident.endedAt === null ? [`an incident of ${name} is open`] : []),
    ]),
  ];
}

async function gatewayProblems(
  { name, gateway }: Service,
  containers: readonly Container[],
): Promise<readonly string[]> {
  if (gateway === null) return [];
  const container = find(containers, gateway.containerId);
  return container?.state === 'running' ? [] : [`the gateway of ${name} is ${container?.state ?? 'gone'}`];
}

async function requestProblems(url: string): Promise<readonly string[]> {
  return await fetch(url, { signal: AbortSignal.timeout(2000) }).then(
    async (response) => {
      await response.text();
      return response.ok ? [] : [`${url} answers ${response.status}`];
    },
    () => [`${url} does not answer`],
  );
}

/** Interfaces that have a route: one that is down has none. */
async function linksUp(pid: number): Promise<number> {
  const table = await readFile(`/proc/${pid}/net/route`, 'utf8').catch(() => '');
  const lines = table.split('\n').slice(1).filter(Boolean);
  return new Set(lines.map((line) => line.split('\t')[0])).size;
}

function find(containers: readonly Container[], id: string | null): Container | undefined {
  return containers.find((container) => container.id === id);
}
