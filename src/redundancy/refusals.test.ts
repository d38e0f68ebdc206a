import assert from 'node:assert/strict';
import { test } from 'node:test';
import { image, servicePlanOf } from '../../test/support/project.ts';

const web = (keys: string, more = ''): string =>
  `services: { web: { image: acme/web, ${keys}, x-twinhull: { mode: pair } }${more} }`;

const reasons: readonly (readonly [title: string, text: string, what: string])[] = [
  ['a UDP port', web('ports: ["53:53/udp", "80"]'), 'port 53/udp'],
  ['an exposed UDP port', web('expose: ["53/udp"]'), 'port 53/udp'],
  ['more ports than a gateway carries', web('ports: ["9000-9999:9000-9999"]'), 'more than 100 ports'],
  ['host networking', web('network_mode: host'), 'network_mode: host'],
  ['the network of another container', web('network_mode: "container:abc"'), 'network_mode: container:abc'],
  [
    'the network of another service',
    web('network_mode: "service:db"', ', db: { image: d }'),
    'network_mode: service:db',
  ],
  ['the default bridge', web('network_mode: bridge'), 'network_mode: bridge'],
  ['processes of the host', web('pid: host'), 'pid: host'],
  [
    'shared memory of another service',
    web('ipc: "service:db"', ', db: { image: d, ipc: shareable }'),
    'ipc: service:db',
  ],
  [
    'others in its network',
    web('ports: ["80"]', ', vpn: { image: v, network_mode: "service:web" }'),
    'services.vpn.network_mode joins web',
  ],
  [
    'others in its processes',
    web('ports: ["80"]', ', tracer: { image: v, pid: "service:web" }'),
    'services.tracer.pid joins web',
  ],
  [
    'others that borrow its volumes',
    web('ports: ["80"]', ', copy: { image: v, volumes_from: [web] }'),
    'services.copy.volumes_from joins web',
  ],
  ['a device', web('ports: ["80"], devices: ["/dev/ttyUSB0:/dev/ttyUSB0"]'), 'device /dev/ttyUSB0'],
  ['a service with the name of a member', web('ports: ["80"]', ', web-primary: { image: v }'), 'names of the members'],
  [
    "a container_name that is a member's",
    web('ports: ["80"]', ', other: { image: v, container_name: shop-web-backup-1 }'),
    'names of the members',
  ],
  ['a container_name that no gateway carries', web('container_name: worker'), 'container_name: worker'],
  [
    'a fixed address that no gateway carries',
    'services: { web: { image: w, networks: { n: { ipv4_address: 172.30.0.9 } }, x-twinhull: { mode: pair } } }\nnetworks: { n: { ipam: { config: [{ subnet: 172.30.0.0/24 }] } } }',
    'address 172.30.0.9 on n',
  ],
  [
    'a published port and no gateway',
    'services: { web: { image: w, ports: ["80:80"], x-twinhull: { mode: pair, gateway: none } } }',
    'published port 80',
  ],
  [
    'a network with the name of ours',
    'services: { web: { image: w, ports: ["80"], networks: [twinhull-web], x-twinhull: { mode: pair } } }\nnetworks: { twinhull-web: }',
    'network twinhull-web',
  ],
  [
    'a writable volume of a cluster',
    'services: { web: { image: w, volumes: ["data:/data"], x-twinhull: { mode: cluster } } }\nvolumes: { data: }',
    'cluster with state: data:/data',
  ],
  [
    'a writable volume of a pair and its cluster',
    'services: { web: { image: w, volumes: ["./data:/data"], x-twinhull: { mode: pair+cluster } } }',
    'pair+cluster with state: ',
  ],
  ['a volume that nobody has named', web('volumes: ["/data"]'), 'pair with state: anonymous volume:/data'],
  [
    'a paused writer',
    'services: { web: { image: w, volumes: ["data:/data"], x-twinhull: { mode: pair, standby: warm } } }\nvolumes: { data: }',
    'standby: warm with state',
  ],
  [
    'a second writer',
    'services: { web: { image: w, volumes: ["data:/data"], x-twinhull: { mode: pair, standby: hot } } }\nvolumes: { data: }',
    'standby: hot with state',
  ],
];

for (const [title, text, what] of reasons) {
  test(`${title} keeps a service as it is, and the plan says so`, async () => {
    const { mode, members, gateway, refused, reason } = await servicePlanOf('web', text);
    assert.deepEqual([mode, gateway, members.map(({ name }) => name)], ['single', null, ['web']]);
    assert.ok(
      refused.some((note) => note.what.startsWith(what) && note.why.length > 20),
      JSON.stringify(refused),
    );
    assert.match(reason, /^stays as it is: /);
  });
}

test('a name that leads out of a folder gets no gateway', async () => {
  const { gateway, refused } = await servicePlanOf(
    '..',
    'services: { "..": { image: a, ports: ["80"], x-twinhull: { mode: pair } } }',
  );
  assert.equal(gateway, null);
  assert.equal(refused[0]?.what, 'service name ..');
});

test('a cluster of one is done and said to be of no use', async () => {
  const { members, notes } = await servicePlanOf(
    'a',
    'services: { a: { image: a, ports: ["80"], deploy: { replicas: 1 }, x-twinhull: { mode: cluster } } }',
  );
  assert.equal(members.length, 1);
  assert.ok(notes.some(({ what }) => what === 'one member'));
});

test('everything that is in the way is said in one go', async () => {
  const { refused } = await servicePlanOf('web', web('pid: host, ports: ["53:53/udp"], devices: ["/dev/ttyUSB0"]'));
  assert.equal(refused.length, 3);
});

test('nothing is refused that nobody asked for', async () => {
  const { refused } = await servicePlanOf('web', 'services: { web: { image: w, network_mode: host } }');
  assert.deepEqual(refused, []);
});

test('refused replicas are still those that Compose would make', async () => {
  const { mode, members } = await servicePlanOf(
    'dns',
    'services: { dns: { image: d, expose: ["53/udp"], deploy: { replicas: 3 } } }',
  );
  assert.equal(mode, 'single');
  assert.deepEqual(
    members.map(({ containerName }) => containerName),
    ['shop-dns-1', 'shop-dns-2', 'shop-dns-3'],
  );
});

const pairs: readonly (readonly [title: string, text: string])[] = [
  ['a graphics device', web('ports: ["80"], devices: ["/dev/dri:/dev/dri"]')],
  ['a container_name with a gateway', web('ports: ["80"], container_name: front')],
  ['a read-only mount', web('ports: ["80"], volumes: ["./site:/site:ro"]')],
  ['a tmpfs', web('ports: ["80"], volumes: [{ type: tmpfs, target: /tmp }]')],
  ["the engine's socket", web('ports: ["80"], volumes: ["/var/run/docker.sock:/var/run/docker.sock"]')],
  ['the clock of the host', web('ports: ["80"], volumes: ["/etc/localtime:/etc/localtime"]')],
  ['a configuration file', web('ports: ["80"], volumes: ["./nginx.conf:/etc/nginx/nginx.conf"]')],
  [
    'replicas that the user asked for',
    'services: { web: { image: w, volumes: ["data:/data"], deploy: { replicas: 2 } } }\nvolumes: { data: }',
  ],
  [
    'shared_volumes',
    'services: { web: { image: w, volumes: ["data:/data"], x-twinhull: { mode: pair, shared_volumes: true } } }\nvolumes: { data: }',
  ],
];

for (const [title, text] of pairs) {
  test(`${title} is not in the way of a pair`, async () => {
    const { mode, refused } = await servicePlanOf('web', text);
    assert.deepEqual([mode, refused], ['pair', []]);
  });
}

test('cluster and pair+cluster with state are told that a pair would do', async () => {
  const { refused } = await servicePlanOf(
    'db',
    'services: { db: { image: d, volumes: ["data:/data"], x-twinhull: { mode: cluster } } }\nvolumes: { data: }',
  );
  assert.match(refused[0]?.why ?? '', /`mode: pair` gives it a standby/);
});

test('who names the volume that the image declares gets a pair of which one writes', async () => {
  const images = new Map([['acme/web', image({ volumes: ['/data'] })]]);
  const { refused } = await servicePlanOf('web', web('ports: ["80"]'), { images });
  assert.match(refused[0]?.why ?? '', /name it \(`volumes: \["NAME:\/data"\]`\)/);
});

test('a VOLUME of the image is state, except where a tmpfs or a read-only mount covers it', async () => {
  const images = new Map([['acme/web', image({ volumes: ['/data'] })]]);
  const mode = async (keys: string) => (await servicePlanOf('web', web(`ports: ["80"]${keys}`), { images })).mode;
  assert.equal(await mode(''), 'single');
  assert.equal(await mode(', tmpfs: ["/data"]'), 'pair');
  assert.equal(await mode(', tmpfs: ["/data/:size=10m"]'), 'pair');
  assert.equal(await mode(', volumes: ["./data:/data:ro"]'), 'pair');
  assert.equal(await mode(', volumes: ["./data:/data"]'), 'pair');
});

test('an image that is not here yet is judged by what is known of its name', async () => {
  const text = 'services: { db: { image: "registry.example/team/postgres:16@sha256:00", x-twinhull: { mode: pair } } }';
  const { refused } = await servicePlanOf('db', text);
  assert.match(refused[0]?.what ?? '', /VOLUME \/var\/lib\/postgresql\/data of the image/);
});

test('a pair with more replicas than two says what it leaves out', async () => {
  const { mode, refused } = await servicePlanOf(
    'a',
    'services: { a: { image: a, deploy: { replicas: 5 }, x-twinhull: { mode: pair } } }',
  );
  assert.equal(mode, 'pair');
  assert.equal(refused[0]?.what, 'deploy.replicas: 5');
});
