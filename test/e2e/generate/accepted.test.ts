import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { GeneratedProject } from './generated-project.ts';

/** Projects as people write them, each with something that newer Compose prints in a form that 1.29 does not read. */
const projects: Readonly<Record<string, string>> = {
  'a shop with a front door, workers and a database': `
name: shop
services:
  web:
    build: { context: ., args: { LEVEL: "1" } }
    ports: ["127.0.0.1:8080:80", "8443-8445:8443-8445", "\${EXTRA:-9000}:9000"]
    environment: { ON: "yes", TIME: "12:34", ZERO: "010", EMPTY: "", SECRET: "\${SECRET:-}" }
    healthcheck: { test: "curl -f http://localhost/health || exit 1", interval: 5s, start_interval: 1s }
    depends_on: { db: { condition: service_healthy, restart: true } }
    x-twinhull: { mode: pair }
  worker: { image: "acme/worker:1", command: "work --all", deploy: { replicas: 3 }, depends_on: [web] }
  api: { image: "acme/api:1", expose: [3000], deploy: { replicas: 4, update_config: { order: start-first } } }
  db:
    image: postgres:16
    volumes: ["data:/var/lib/postgresql/data", { type: tmpfs, target: /run/x, tmpfs: { size: 10m } }]
    healthcheck: { test: ["CMD-SHELL", "pg_isready -U $\${POSTGRES_USER:-postgres}"] }
    shm_size: 128m
volumes: { data: }
`,
  'networks, addresses, aliases, links': `
services:
  proxy:
    image: "nginx:1"
    ports: [{ target: 80, published: "8080", host_ip: 127.0.0.1, mode: host, name: web, app_protocol: http }]
    networks: { front: { aliases: [www], ipv4_address: 172.30.9.5, priority: 10 }, back: }
    extra_hosts: ["gw=172.30.9.1"]
    x-twinhull: { mode: pair }
  app: { image: "acme/app", networks: [back], links: ["proxy:site"], dns: 1.1.1.1 }
networks:
  front: { ipam: { config: [{ subnet: 172.30.9.0/24 }] } }
  back: { internal: true, name: shop-back }
`,
  'files: env_file, configs, secrets, read-only mounts, devices, limits': `
services:
  app:
    image: "acme/app"
    env_file: [{ path: .env.app, required: true }]
    configs: [{ source: site, target: /etc/site.conf }]
    secrets: [token, { source: token, target: other, mode: 0400 }]
    volumes: ["./html:/html:ro", { type: bind, source: ./conf.d, target: /etc/conf.d, read_only: true, bind: { create_host_path: false } }]
    devices: ["/dev/dri:/dev/dri"]
    ulimits: { nofile: { soft: 1024, hard: 2048 }, nproc: 100 }
    deploy: { resources: { limits: { cpus: "0.5", memory: 64M, pids: 100 } } }
    logging: { driver: json-file, options: { max-size: 1m } }
    sysctls: { net.core.somaxconn: 1024 }
    cap_drop: [ALL]
    security_opt: ["no-new-privileges:true"]
    init: true
    ports: ["80"]
    x-twinhull: { mode: pair }
configs: { site: { file: ./site.conf } }
secrets: { token: { file: ./token.txt } }
`,
};

for (const [title, text] of Object.entries(projects)) {
  test(`docker-compose 1.29 accepts the generated file of ${title}`, async () => {
    await using project = new GeneratedProject('shop', text);
    for (const name of ['.env.app', 'site.conf', 'token.txt']) project.write(name, 'KEY=value\n');
    await project.generate();
    const { code, stderr } = await project.compose('config', '-q');
    assert.equal(code, 0, stderr);
  });
}

test('values mean the same to docker-compose 1.29 as to the file they came from', async () => {
  const [text = ''] = Object.values(projects);
  await using project = new GeneratedProject('shop', text, { SECRET: 'hunter2', EXTRA: '9100' });
  const generated = await project.generate();
  assert.doesNotMatch(generated, /hunter2/);
  const { stdout, stderr } = await project.compose('config');
  const { services } = parse(stdout) as { services: Record<string, Record<string, unknown>> };
  assert.deepEqual(
    services['web-primary']?.['environment'],
    {
      SERVICE_ROLE: 'primary',
      SERVICE_NAME: 'web',
      REDUNDANCY_ENABLED: 'true',
      ON: 'yes',
      TIME: '12:34',
      ZERO: '010',
      EMPTY: '',
      SECRET: 'hunter2',
    },
    stderr,
  );
  assert.match(JSON.stringify(services['web']?.['ports']), /9100/);
  assert.match(JSON.stringify(services['db']?.['healthcheck']), /\$\$\{POSTGRES_USER:-postgres\}/);
});

test('what may hold a secret is for its owner only', async () => {
  await using project = new GeneratedProject('shop', Object.values(projects)[0] ?? '');
  await project.generate();
  for (const [name, mode] of [
    ['docker-compose.redundancy.yml', 0o600],
    ['docker-compose.redundancy/web/haproxy.cfg', 0o600],
  ] as const) {
    assert.equal(statSync(join(project.folder, name)).mode & 0o777, mode, name);
  }
});
