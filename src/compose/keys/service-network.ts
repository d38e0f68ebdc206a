/** Networks, names and ports. */

import { extraHosts } from './hosts.ts';
import { key, undecided, type ServiceKeyTable } from './key.ts';
import { macAddress, networkUses } from './network-uses.ts';
import { expose, ports } from './ports.ts';
import { distinctTexts, text, textOrList } from './shapes.ts';

export const networkKeys = {
  ports: key({ shape: ports, engine: undecided, doc: 'Published ports.' }),
  expose: key({ shape: expose, engine: undecided, doc: 'Ports for other containers only.' }),
  networks: key({ shape: networkUses, engine: undecided, doc: 'Networks the container is on; "default" when none is named.' }),
  network_mode: key({ shape: text, engine: undecided, doc: 'host, none, bridge, service:NAME or container:NAME instead of networks.' }),
  hostname: key({ shape: text, engine: undecided, doc: 'The container\'s host name.' }),
  domainname: key({ shape: text, engine: undecided, doc: 'The container\'s domain name.' }),
  mac_address: key({ shape: macAddress, engine: undecided, doc: 'MAC address on the first network.' }),
  extra_hosts: key({ shape: extraHosts, engine: undecided, doc: 'Further lines of /etc/hosts.' }),
  dns: key({ shape: textOrList, engine: undecided, doc: 'DNS servers.' }),
  dns_opt: key({ shape: distinctTexts, engine: undecided, doc: 'Options of the resolver.' }),
  dns_search: key({ shape: textOrList, engine: undecided, doc: 'Search domains.' }),
  links: key({ shape: distinctTexts, engine: undecided, doc: 'Other services under further names (SERVICE:ALIAS).' }),
  external_links: key({ shape: distinctTexts, engine: undecided, doc: 'Containers of other projects under a name here.' }),
} as const satisfies ServiceKeyTable;
