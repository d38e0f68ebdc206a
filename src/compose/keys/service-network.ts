/** Networks, names and ports. */

import { configField, hostField } from '../create/fields.ts';
import { judgeNetworks, putExpose, putExtraHosts, putNamespace } from '../create/sharing.ts';
import { extraHosts } from './hosts.ts';
import { key, type ServiceKeyTable } from './key.ts';
import { macAddress, networkUses } from './network-uses.ts';
import { expose, ports } from './ports.ts';
import { text } from './scalars.ts';
import { distinctTexts, textOrList } from './shapes.ts';

export const networkKeys = {
  ports: key({
    shape: ports,
    engine: { elsewhere: 'published by the gateway, or by the only member' },
    doc: 'Published ports.',
  }),
  expose: key({ shape: expose, engine: { put: putExpose }, doc: 'Ports for other containers only.' }),
  networks: key({
    shape: networkUses,
    engine: { put: judgeNetworks },
    doc: 'Networks the container is on; "default" when none is named.',
  }),
  network_mode: key({
    shape: text,
    engine: putNamespace('NetworkMode'),
    doc: 'host, none, bridge, service:NAME or container:NAME instead of networks.',
  }),
  hostname: key({ shape: text, engine: configField('Hostname'), doc: "The container's host name." }),
  domainname: key({ shape: text, engine: configField('Domainname'), doc: "The container's domain name." }),
  mac_address: key({ shape: macAddress, engine: configField('MacAddress'), doc: 'MAC address on the first network.' }),
  extra_hosts: key({ shape: extraHosts, engine: { put: putExtraHosts }, doc: 'Further lines of /etc/hosts.' }),
  dns: key({ shape: textOrList, engine: hostField('Dns'), doc: 'DNS servers.' }),
  dns_opt: key({ shape: distinctTexts, engine: hostField('DnsOptions'), doc: 'Options of the resolver.' }),
  dns_search: key({ shape: textOrList, engine: hostField('DnsSearch'), doc: 'Search domains.' }),
  links: key({
    shape: distinctTexts,
    engine: { elsewhere: 'further aliases of the services they name' },
    doc: 'Other services under further names (SERVICE:ALIAS).',
  }),
  external_links: key({
    shape: distinctTexts,
    engine: { unsupported: 'names for containers of other projects; put both on one network instead' },
    doc: 'Containers of other projects under a name here.',
  }),
} as const satisfies ServiceKeyTable;
