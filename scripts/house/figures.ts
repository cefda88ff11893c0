import { readFile } from 'node:fs/promises';
import { privateNames } from '#test/plain-names.ts';
import { sourceFiles } from '#test/source-files.ts';
import { ownInterfaces, placesOf, smallFiles, sum, twoWayPairs } from './counters.ts';
import { codeFolders, otherFolders, programFolders, readSources } from './sources.ts';

/** Figures of one checkout: values by the name of their counter, and the names that a person judges. */
export type Figures = {
  readonly values: Readonly<Record<string, number>>;
  readonly lists: Readonly<Record<string, readonly string[]>>;
};

/** Counts the checkout in the working folder. */
export async function countFigures(): Promise<Figures> {
  const files = await readSources(codeFolders);
  const inSrc = files.filter(({ path }) => path.startsWith('src/'));
  const tests = (await textsOf('test/**/*.{ts,mjs}')).join('').split('\n').length - 1;
  const documents = await textsOf('{*,docs/**/*,src/**/*}.md', /^THIRD-PARTY/);
  const places = placesOf(files.map(({ path }) => path));
  const pairs = twoWayPairs(files);
  const programs = await readSources(programFolders);
  const others = await readSources(otherFolders);
  const interfaces = ownInterfaces([...files, ...programs]);
  return {
    values: {
      'syntax nodes': sum(files, 'nodes'),
      lines: sum(files, 'lines'),
      'files of src': inSrc.length,
      'files of src under 60 lines with one importer': smallFiles(files).length,
      'Pick<': sum(inSrc, 'picks'),
      'interfaces with one implementation, in the same part': interfaces.length,
      'types that end in Options, Parts or Context': sum(inSrc, 'bags'),
      'private words in names': (await privateNames()).length,
      'folders of captions': places.get('captions')?.length ?? Number.NaN,
      'two-way folder pairs inside the conversation': pairs.length,
      'test lines': tests,
      'test lines for each line of src': Number((tests / sum(inSrc, 'lines')).toFixed(2)),
      'words of Markdown in the root, docs and src':
        documents.join('\n').match(/\S+/g)?.length ?? 0,
      'first sentences that begin with What, How, Of, As or Whoever': sum(
        [...files, ...programs, ...others],
        'relative',
      ),
    },
    lists: {
      ...Object.fromEntries(places),
      'interfaces with one implementation, in the same part': interfaces,
      'two-way folder pairs inside the conversation': pairs,
    },
  };
}

async function textsOf(pattern: string, without = /^$/): Promise<readonly string[]> {
  const texts: string[] = [];
  for await (const path of sourceFiles(pattern)) {
    if (!without.test(path)) texts.push(await readFile(path, 'utf8'));
  }
  return texts;
}
