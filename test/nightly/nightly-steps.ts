/** A program of the night. */
export type NightlyStep = {
  readonly name: string;
  readonly command: string;
  /** The line of its output that stands in the table. */
  readonly figure: RegExp;
  readonly seed?: number;
};

/** Minutes that steps without a length of their own take together on two cores. */
const fixedMinutes = 60;
/** Below so many minutes all is shortened, and the slowest of the programs of others are left out. */
const shortMinutes = 120;

/** Steps of a night of so many minutes. The long ones share 90 : 30 : 30 : 120 of four hours and a half, and as much in a shorter night. */
export function listSteps(minutes: number, seed: number) {
  const timed = Math.max(minutes - fixedMinutes, 0.4 * minutes);
  const isShort = minutes < shortMinutes;
  const [talkS, fuzzS] = [(timed * 3) / 8, timed / 8].map((one) =>
    Math.round(one * 60),
  );
  const simulate = 'node test/simulate/main.ts';
  return [
    {
      name: 'simulated talk',
      command: `${simulate} --seconds ${talkS} --from ${seed}`,
      figure: /^.* runs hold: .*$/m,
      seed,
    },
    {
      name: 'canary',
      command: `${simulate} --canary`,
      figure: /^.*found.*$/m,
    },
    {
      name: 'planted faults',
      command: `node test/planted/main.ts --minutes ${Math.round(timed / 8)} --seed ${seed}`,
      figure: /^talk: .*found$/m,
      seed,
    },
    {
      name: 'each call fails',
      command: `${simulate} --each-call-fails --calls ${isShort ? 2 : 30} --seed ${seed}`,
      figure: /^.* runs hold: .*$/m,
      seed,
    },
    {
      name: 'scenes of trouble',
      command: `npx vitest run --project long test/scenarios/scenes.long.test.ts --sequence.shuffle.tests --sequence.seed ${seed}`,
      figure: /^ *Tests +\d.*$/m,
      seed,
    },
    {
      name: 'fuzz',
      command: `node test/fuzz/main.ts --seconds ${fuzzS} --seed ${seed}`,
      figure: /^(?:Nothing was found|.* targets failed).*$/m,
      seed,
    },
    {
      name: 'soak',
      command: `node test/nightly/soak.ts --minutes ${timed / 2}`,
      figure: /^.* answered, memory .*$/m,
    },
    ...(isShort
      ? [makeOtherStep('.ci/others mcp deploy')]
      : [makeOtherStep('.ci/others'), makeOtherStep('.ci/litellm-proxy --slow')]),
    {
      name: 'documents',
      command: 'node test/documents/main.ts',
      figure: /^(?:\d+ commands were run.*|FAILED: .*)$/m,
    },
    { name: 'image', command: '.ci/image', figure: /^.*received sound holds.*$/m },
  ];
}

function makeOtherStep(command: string) {
  return { name: command, command, figure: /^ *Tests +\d.*$/m };
}
