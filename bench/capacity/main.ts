// npm run bench:capacity [-- --minutes 1] [--steps 1,4,16,40,64] [--part conversation|silent|talkers] [--show-disturbed] [--node-options=--cpu-prof]
import { parseArgs } from 'node:util';
import { type CapacityOptions, type CapacityStep, readChannels, readTalkers } from './parts.ts';
import { channelsReport, talkersReport } from './report.ts';

const parts = ['conversation', 'silent', 'talkers'] as const;
const usualSteps = { conversation: '1,4,16,40,64', silent: '1,4,16,40,64', talkers: '1,10,25' };
type CapacityPart = (typeof parts)[number];

const { values } = parseArgs({
  options: {
    /** Of each reading; all parts together take about 12 minutes with 0.3, and 20 with 1. */
    minutes: { type: 'string', default: '1' },
    steps: { type: 'string' },
    part: { type: 'string' },
    /** Shows what a disturbed reading gave, marked: only to try the program itself. */
    'show-disturbed': { type: 'boolean', default: false },
    /** Of the bot's process, for a profile: `bench/README.md`. */
    'node-options': { type: 'string', default: '' },
  },
});

console.log(
  'Parley capacity: figures of this machine in this minute; compare only within one run.',
);
for (const part of parts.filter((one) => values.part === undefined || values.part === one)) {
  await measure(part);
}

async function measure(part: CapacityPart): Promise<void> {
  const options: CapacityOptions = {
    steps: (values.steps ?? usualSteps[part]).split(',').map(Number),
    minutes: Number(values.minutes),
    showsDisturbed: values['show-disturbed'],
    nodeOptions: values['node-options'],
  };
  console.log(`\n${part}, ${options.minutes} min a reading`);
  if (part === 'talkers') {
    const { steps, loss } = await readTalkers(options);
    console.log(talkersReport(steps, loss, options));
    judge(steps);
    return;
  }
  const steps = await readChannels(part, options);
  console.log(channelsReport(steps, options));
  judge(steps);
}

/** A disturbed bench has failed. */
function judge(steps: readonly CapacityStep[]): void {
  if (steps.some(({ disturbed }) => disturbed)) process.exitCode = 1;
}
