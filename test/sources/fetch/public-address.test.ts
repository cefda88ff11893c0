import { AllowedHosts } from '#src/sources/fetch/allowed-hosts.ts';
import { isPublic } from '#src/sources/fetch/public-address.ts';

test.each([
  ['this machine', ['127.0.0.1', '127.8.8.8', '0.0.0.0', '::1', '::']],
  [
    'a private network',
    ['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', 'fd00::1'],
  ],
  ['the link', ['169.254.1.1', 'fe80::1', 'fec0::1']],
  [
    'the metadata of a cloud',
    ['169.254.169.254', '168.63.129.16', '100.100.100.200', 'fd00:ec2::254'],
  ],
  ['a carrier', ['100.64.0.1', '100.127.255.255']],
  [
    'many, or nobody',
    [
      '224.0.0.1',
      '255.255.255.255',
      '240.0.0.1',
      'ff02::1',
      '192.0.2.1',
      '2001:db8::1',
    ],
  ],
  [
    'an IPv4 address in disguise',
    ['::ffff:127.0.0.1', '::ffff:a00:1', '::127.0.0.1', '::ffff:0:7f00:1'],
  ],
  [
    'a translator',
    [
      '64:ff9b::7f00:1',
      '64:ff9b::a9fe:a9fe',
      '64:ff9b:1::a00:1',
      '2002:7f00:1::',
      '2001::1',
    ],
  ],
  ['nothing', ['', 'localhost', '1.2.3', 'x', '::g', '4000::1']],
])('an address of %s is not public', (_, addresses) => {
  for (const address of addresses) expect(isPublic(address), address).toBe(false);
});

test('addresses of the internet are public, also through a translator', () => {
  for (const address of [
    '8.8.8.8',
    '162.159.135.233',
    '2606:4700::6810:84e5',
    '::ffff:8.8.8.8',
    '64:ff9b::808:808',
  ]) {
    expect(isPublic(address), address).toBe(true);
  }
});

test('an allowed host is a name or an address, with all its ports or one', () => {
  const allowed = new AllowedHosts([
    'NAS.local',
    'music:8000',
    '10.0.0.7',
    '[fd00::7]:443',
    'fd00::0:8',
  ]);
  expect(allowed.has('nas.local', '80')).toBe(true);
  expect(allowed.has('nas.local.', '443')).toBe(true);
  expect(allowed.has('music', '8000')).toBe(true);
  expect(allowed.has('music', '8001')).toBe(false);
  expect(allowed.has('10.0.0.7', '1')).toBe(true);
  expect(allowed.has('::ffff:10.0.0.7', '1')).toBe(true);
  expect(allowed.has('[fd00::7]', '443')).toBe(true);
  expect(allowed.has('[fd00::7]', '80')).toBe(false);
  expect(allowed.has('fd00::8', '80')).toBe(true);
  expect(allowed.has('evil.nas.local', '80')).toBe(false);
  expect(new AllowedHosts([]).has('', '80')).toBe(false);
});
