/** A project that the tests of deploy bring up, change and take down on a real engine. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openImageBuilder } from '../../src/adapters/docker/build.ts';
import { openDockerEngine } from '../../src/adapters/docker/engine.ts';
import { HaproxyDriver } from '../../src/adapters/haproxy/driver.ts';
import { systemClock } from '../../src/adapters/node/clock.ts';
import { machineFiles } from '../../src/adapters/node/files.ts';
import type { Project, Service } from '../../src/compose/project.ts';
import { Deployer } from '../../src/deploy/deployer.ts';
import type { UpResult } from '../../src/deploy/up.ts';
import type { PlanOptions } from '../../src/deploy/steps.ts';
import type { Container } from '../../src/ports/engine.ts';
import type { Fleet } from '../../src/redundancy/fleet.ts';
import { fleetOf } from './fleet.ts';

type Services = Readonly<Record<string, Service>>;
type More = Partial<Pick<Project, 'networks' | 'volumes' | 'extensions'>>;

export class Site implements AsyncDisposable {
  readonly project: string;
  readonly engine = openDockerEngine(process.env);
  readonly driver = new HaproxyDriver({
    image: process.env['TWINHULL_GATEWAY_IMAGE'] ?? 'twinhull-local/haproxy:latest',
    user: '0:0',
  });
  readonly stateFolder: string;
  readonly deployer: Deployer;
  /** lines of the last up or down */
  lines: string[] = [];

  /** @param stateFolder default: a new one, gone with the site */
  constructor(project: string, stateFolder: string = mkdtempSync(join(tmpdir(), `${project}-`))) {
    this.project = project;
    this.stateFolder = stateFolder;
    this.deployer = new Deployer({
      engine: this.engine,
      driver: this.driver,
      builder: openImageBuilder(process.env, this.engine.endpoint),
      clock: systemClock,
      files: machineFiles,
      stateFolder: this.stateFolder,
    });
  }

  async fleet(services: Services, more: More = {}): Promise<Fleet> {
    const references = [...new Set(Object.values(services).flatMap(({ image }) => image ?? []))];
    const images = await Promise.all(
      references.map(async (reference) => [reference, await this.engine.inspectImage(reference)] as const),
    );
    const networks = await this.engine.listNetworks({});
    return fleetOf(
      this.project,
      services,
      { driver: this.driver, stateFolder: this.stateFolder, images: new Map(images), networks },
      more,
    );
  }

  async up(
    services: Services,
    options: Partial<PlanOptions> & { readonly more?: More; readonly signal?: AbortSignal } = {},
  ): Promise<UpResult> {
    const { more, signal, ...rest } = options;
    this.lines = [];
    return this.deployer.up(
      await this.fleet(services, more),
      { removeOrphans: false, forceRecreate: false, waitTimeoutMs: 20_000, ...rest },
      { report: ({ text }) => this.lines.push(text), aside: (_services, work) => work() },
      signal ?? new AbortController().signal,
    );
  }

  /** Brings it up and insists that everything serves. */
  async upAndServing(services: Services, options: Parameters<Site['up']>[1] = {}): Promise<UpResult> {
    const result = await this.up(services, options);
    assert.deepEqual(result.notServing, [], this.lines.join('\n'));
    return result;
  }

  async down(options: { readonly volumes?: boolean; readonly fleet?: Fleet } = {}): Promise<void> {
    this.lines = [];
    await this.deployer.down(
      this.project,
      options.fleet ?? null,
      { volumes: options.volumes ?? false, timeoutSeconds: 2 },
      ({ text }) => this.lines.push(text),
    );
  }

  /** By name without the project: "web-primary-1". */
  async containers(): Promise<Record<string, Container>> {
    const containers = await this.engine.listContainers({ labels: { 'com.docker.compose.project': this.project } });
    return Object.fromEntries(
      containers
        .map((container) => [container.name.slice(this.project.length + 1), container] as const)
        .sort(([one], [other]) => (one < other ? -1 : 1)),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.down({ volumes: true }).catch(() => undefined);
    await this.engine.close();
    rmSync(this.stateFolder, { recursive: true, force: true });
  }
}
