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
