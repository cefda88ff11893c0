// Counts how large the bot's own code is: `npm run code-size`, and `-- --small` for the files that belong to their one importer.
import { parseArgs } from 'node:util';
import { smallFiles, smallLines, sum } from './house/counters.ts';
import { codeFolders, readSources } from './house/sources.ts';

const { values: flags } = parseArgs({ options: { small: { type: 'boolean' } } });

const files = await readSources(codeFolders);
const inSrc = files.filter(({ path }) => path.startsWith('src/'));
const small = smallFiles(files);

if (flags.small) {
  for (const { path, lines, importer } of small) console.log(`${lines}\t${path}\t<- ${importer}`);
} else {
  console.table({
    'syntax nodes': sum(files, 'nodes'),
    lines: sum(files, 'lines'),
    'files of src': inSrc.length,
    [`files of src under ${smallLines} lines with one importer`]: small.length,
    'Pick<': sum(inSrc, 'picks'),
    'types that end in Options, Parts or Context': sum(inSrc, 'bags'),
    'first sentences that begin with What, How, Of, As or Whoever': sum(files, 'relative'),
  });
}
