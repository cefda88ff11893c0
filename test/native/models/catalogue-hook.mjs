// Loaded before a program: its catalogues of models and voices are those of the file that TEST_CATALOGUES names.
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';

const catalogues = JSON.parse(readFileSync(process.env.TEST_CATALOGUES, 'utf8'));

registerHooks({
  load(url, context, nextLoad) {
    const name = /\/src\/downloads\/([\w-]*catalogue\.json)$/.exec(url)?.[1];
    if (name === undefined) return nextLoad(url, context);
    const source = JSON.stringify(catalogues[name]);
    return { format: 'json', shortCircuit: true, source };
  },
});
