import { registerHooks } from 'node:module';
import { faultAreas } from '#test/planted/fault-areas.ts';

/** A fault in the sources that the simulation or the tests have to find. */
export type PlantedFault = {
  readonly id: string;
  /** What the bot does wrong with it. */
  readonly meaning: string;
  readonly file: string;
  /** Text that stands once in the file, and the text in its place. */
  readonly from: string;
  readonly to: string;
  /** Folders whose tests may find it. */
  readonly tests: readonly string[];
  /** Begin of the names of the tests that find it. Absent: all tests are run. */
  readonly testName?: string;
  /** The simulation finds it within seconds, as a canary. */
  readonly isQuick?: boolean;
  /**
   * What found the fault when it was last planted. Absent: the simulation. `nothing`: the fault lives, and a test is missing.
   * `npm run simulate -- --planted all --tests` measures it.
   */
  readonly foundBy?: 'tests' | 'nothing';
};

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
