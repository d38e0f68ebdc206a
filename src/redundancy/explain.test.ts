import assert from 'node:assert/strict';
import { test } from 'node:test';
import { image, planOf } from '../../test/support/project.ts';
import { formatPlan, planDocument } from './explain.ts';

const SHOP = `
services:
  web:
    image: acme/web:1
    ports: ["127.0.0.1:8080:80"]
    healthcheck: { test: ["CMD", "wget", "-qO-", "http://localhost/health"] }
    x-twinhull: { mode: pair }
  worker: { image: acme/worker:1, restart: always, x-twinhull: { mode: pair } }
  db:
    image: postgres:16
    volumes: ["data:/var/lib/postgresql/data"]
    x-twinhull: { mode: pair }
  log: { image: "acme/log:1", volumes: ["/var/log"], x-twinhull: { mode: pair } }
volumes: { data: }
`;

const facts = {
  images: new Map(['acme/web:1', 'acme/worker:1', 'postgres:16', 'acme/log:1'].map((name) => [name, image({})])),
};

test('plan --json has the keys that others rely on, and no more', async () => {
  assert.deepEqual(planDocument(await planOf(SHOP, facts)), {
    project: 'shop',
    services: [
      {
        name: 'web',
        mode: 'pair',
        members: [
          { name: 'web-primary', role: 'primary' },
          { name: 'web-backup', role: 'backup' },
        ],
        gateway: { name: 'web', ports: [80] },
        refused: [],
      },
      {
        name: 'worker',
        mode: 'pair',
        members: [
          { name: 'worker-primary', role: 'primary' },
          { name: 'worker-backup', role: 'backup' },
        ],
        gateway: null,
        refused: [],
      },
      {
        name: 'db',
        mode: 'pair',
        members: [
          { name: 'db-primary', role: 'primary' },
          { name: 'db-backup', role: 'backup' },
        ],
        gateway: null,
        refused: [],
      },
      {
        name: 'log',
        mode: 'single',
        members: [{ name: 'log', role: 'primary' }],
        gateway: null,
        refused: [
          {
            what: 'pair with state: anonymous volume:/var/log',
            why: 'each member would have data of its own there, since nobody has given the volume a name; name it (`volumes: ["NAME:/var/log"]`), or set `shared_volumes: true` if the program can share it',
          },
        ],
      },
    ],
  });
});

test('a person reads the plan in 80 columns', async () => {
  const plan = formatPlan(await planOf(SHOP, facts));
  assert.equal(
    plan,
    `shop: 4 services, 8 containers

web: pair (x-twinhull asks for it)
  gateway    shop-web-1, ports 80 http
  published  127.0.0.1:8080 -> 80
  check      http /health on port 80, every 500ms, answer within 1s
  network    shop_twinhull-web 10.213.100.96/28
  primary    web-primary
  backup     web-backup
  note       port: 80 http (the health check asks a URL there)

worker: pair (x-twinhull asks for it)
  primary    worker-primary
  backup     worker-backup, created and not started until it is needed

db: pair (x-twinhull asks for it)
  primary    db-primary
  backup     db-backup, created and not started until it is needed and the other
             is proven stopped
  note       one writer: both members write data:/var/lib/postgresql/data, so
             one runs at a time: the other one is started when it is proven
             stopped, and until it has started nothing serves. Nobody but
             twinhull starts them: with no supervisor, one that ends stays ended

log: single (stays as it is: pair with state: anonymous volume:/var/log)
  refused    pair with state: anonymous volume:/var/log: each member would have
             data of its own there, since nobody has given the volume a name;
             name it (\`volumes: ["NAME:/var/log"]\`), or set \`shared_volumes:
             true\` if the program can share it
`,
  );
});

test('text of a file cannot steer the terminal', async () => {
  const plan = formatPlan(
    await planOf('services: { a: { image: a, volumes: ["./a:/\\e[31mred"], x-twinhull: { mode: pair } } }', facts),
  );
  assert.doesNotMatch(plan.replaceAll('\n', ''), /\p{Cc}/u);
});

test('who meddles beside us is named', async () => {
  const plan = formatPlan(await planOf('services: { w: { image: "containrrr/watchtower:latest" } }', facts));
  assert.match(plan, /beware +service w: watchtower recreates containers/);
});
