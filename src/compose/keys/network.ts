import type { NetworkDefinition } from '../project.ts';
import { external } from './external.ts';
import type { KeyTable } from './key.ts';
import { appendBy, identityByKey } from './merge.ts';
import { address } from './network-uses.ts';
import { boolean, text } from './scalars.ts';
import { labels, listOf, mapOf, nullable, object, options } from './shapes.ts';

const poolKeys: KeyTable = {
  subnet: { shape: text, doc: 'The subnet, such as 10.5.0.0/16.' },
  ip_range: { shape: text, doc: 'The part of it that containers get.' },
  gateway: { shape: address(0), doc: "The host's address in it." },
  aux_addresses: { shape: mapOf(address(0)), doc: 'Addresses that are taken.' },
};

const pool = object(poolKeys, { of: 'an address pool' });

export const networkKeys: KeyTable = {
  name: { shape: text, doc: 'The name in the engine.' },
  driver: { shape: text, doc: 'The driver; bridge by default.' },
  driver_opts: { shape: options, doc: 'Options of the driver.' },
  ipam: {
    shape: object(
      {
        driver: { shape: text, doc: 'The address driver.' },
        config: {
          shape: listOf(pool, { merge: appendBy(identityByKey('subnet'), pool.merge) }),
          doc: 'Address pools.',
        },
        options: { shape: options, doc: 'Options of the address driver.' },
      },
      { of: 'ipam' },
    ),
    doc: 'Addresses of the network.',
  },
  external: { shape: external, doc: 'The network exists already.' },
  internal: { shape: boolean, doc: 'No way out.' },
  enable_ipv4: { shape: boolean, doc: 'IPv4 addresses.' },
  enable_ipv6: { shape: boolean, doc: 'IPv6 addresses.' },
  attachable: { shape: boolean, doc: 'Other containers may join.' },
  labels: { shape: labels, doc: 'Labels of the network.' },
};

export const network = nullable(object<NetworkDefinition>(networkKeys, { of: 'a network' }));
