// node --import URL?fault=ID, where URL is this file's: plants a fault into the sources as they are loaded.
import { registerHooks } from 'node:module';
import { faultAreas } from '#test/planted/fault-areas.ts';

const id = new URL(import.meta.url).searchParams.get('fault');
const fault = Object.values(faultAreas)
  .flat()
  .find((plantedFault) => plantedFault.id === id);
if (!fault) throw new Error(`There is no planted fault ${id}.`);
const { file, from, to } = fault;
const url = new URL(`../../${file}`, import.meta.url).href;

registerHooks({
  load(question, context, nextLoad) {
    const loaded = nextLoad(question, context);
    if (question !== url) return loaded;
    const source = `${loaded.source}`;
    if (source.split(from).length !== 2)
      throw new Error(`Fault ${id} cannot be planted.`);
    return { ...loaded, source: source.replace(from, () => to) };
  },
});
