import { sumMemoryParts } from './smaps.ts';

const formatRegion = (path: string, rss: number, pss: number, anonymous: number) =>
  `7f00-7f10 r-xp 00000000 08:01 42 ${path}\nSize: 9999 kB\nRss: ${rss} kB\nPss: ${pss} kB\nAnonymous: ${anonymous} kB\nVmFlags: rd`;

test('memory is told by what it belongs to, and the parts are the whole', () => {
  const smaps = [
    formatRegion('/opt/node', 40, 10, 2),
    formatRegion('/lib/libc.so.6', 4, 1, 1),
    formatRegion('[heap]', 20, 20, 20),
    formatRegion('', 50, 50, 50),
  ].join('\n');
  expect(sumMemoryParts(smaps, '/opt/node')).toEqual({
    program: 38 * 1_024,
    libraries: 3 * 1_024,
    mallocHeap: 20 * 1_024,
    mapped: 53 * 1_024,
    proportional: 81 * 1_024,
    resident: 114 * 1_024,
  });
});
