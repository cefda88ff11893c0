import { expect, test } from 'vitest';
import { ownInterfaces, placesOf, smallFiles, twoWayPairs } from '#scripts/house/counters.ts';
import { measured } from '#scripts/house/sources.ts';

/** A source that imports files, by their specifiers. */
function importing(path: string, ...specifiers: readonly string[]) {
  return measured(path, specifiers.map((from) => `import {} from '${from}';\n`).join(''));
}

test('a file is measured in syntax nodes, lines, `Pick<`, collections of options and first sentences', () => {
  const source = `/** What is chosen. */
type TextOptions = Pick<Text, 'size'>;
/**
 * Of a text.
 */
interface TextParts { readonly text: import('./text.ts').Text }
/** Size of a text. */
export * from '#src/texts/size.ts';
`;
  expect(measured('src/texts/part.ts', source)).toMatchObject({
    ...{ lines: 8, picks: 1, bags: 2, relative: 2 },
    imports: ['src/texts/text.ts', 'src/texts/size.ts'],
  });
  expect(measured('src/a.ts', 'const a = 1;').nodes).toBe(5);
});

test('a small file of src belongs to its importer where there is only one', () => {
  const files = [
    importing('src/app/a.ts', '#src/base/one.ts', '#src/base/two.ts'),
    importing('src/app/b.ts', '#src/base/two.ts'),
    importing('src/base/one.ts'),
    importing('src/base/two.ts'),
  ];
  expect(smallFiles(files)).toEqual([
    { path: 'src/base/one.ts', lines: 0, importer: 'src/app/a.ts' },
  ]);
});

const port = `export interface Queue { next(): string }\n`;
const uses = `import type { Queue as Line } from '#src/session/ports/queue.ts';\n`;

test.each([
  ['a class', `${uses}class Turns implements Line {}`],
  ['a function', `${uses}async function open(): Promise<Line> { return { next: () => '' }; }`],
  ['an arrow function', `${uses}const open = (): Line => ({ next: () => '' });`],
  ['a constant', `${uses}const turns: Line = { next: () => '' };`],
])('%s implements an interface: an own one where nothing outer does', (_, source) => {
  const declaring = measured('src/session/ports/queue.ts', port);
  const name = 'src/session/ports/queue.ts#Queue';
  const [inner, outer] = ['src/session/queue/turns.ts', 'src/discord/turns.ts'].map((path) =>
    measured(path, source),
  );
  if (!inner || !outer) throw new Error('both are measured');
  expect(ownInterfaces([declaring, inner])).toEqual([name]);
  expect(ownInterfaces([declaring, outer])).toEqual([]);
  expect(ownInterfaces([declaring, inner, outer])).toEqual([]);
});

test('a function that passes an interface on does not implement it', () => {
  const passing = `${uses}function same(queue: Line): Line { const names = () => { return {}; }; return queue; }`;
  expect(measured('src/session/queue/turns.ts', passing).implemented).toEqual([]);
});

const elsewhere = ['transcript', 'track', 'persona', 'memory', 'setting', 'seat', 'typed', 'tool']
  .concat('word', 'reminder')
  .map((word) => `src/base/${word}.ts`);

test('a capability stands in each folder with a file or folder of its name, and in one after it became a feature', () => {
  const before = [
    'src/captions/layout.ts',
    'src/discord/captions/writer.ts',
    'src/session/ports/caption-chats.ts',
    'src/session/hearing/recaption.ts',
    'commands/captions/find.ts',
  ];
  expect(placesOf([...before, ...elsewhere]).get('captions')).toEqual([
    'src/captions',
    'src/discord/captions',
    'src/session/ports',
  ]);
  const after = [
    'src/features/captions/layout.ts',
    'src/features/captions/discord/writer.ts',
    'src/features/tracks/caption-of-track.ts',
  ];
  expect(placesOf([...after, ...elsewhere]).get('captions')).toEqual(['src/features/captions']);
  expect(() => placesOf(before)).toThrow('No folder of src is named for transcripts');
});

test.each(['session', 'conversation'])(
  'folders of src/%s that import each other are pairs',
  (folder) => {
    const at = (path: string) => `src/${folder}/${path}`;
    const files = [
      importing(at('context.ts'), `#${at('queue/turns.ts')}`),
      importing(at('queue/turns.ts'), `#${at('hearing/input.ts')}`, `#${at('context.ts')}`),
      importing(at('hearing/input.ts'), `#${at('queue/turns.ts')}`, './sound.ts'),
      importing(at('output/mixer.ts'), `#${at('hearing/input.ts')}`),
      importing('src/base/clock.ts'),
    ];
    expect(twoWayPairs(files)).toEqual([`${at('hearing/')} ${at('queue/')}`]);
    expect(() => twoWayPairs(files.slice(-1))).toThrow('No file of a conversation');
  },
);
