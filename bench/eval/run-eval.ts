import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { estimateRunUsd } from './chat-price.ts';
import { formatFailures, formatOutcomeTable, hasPassed } from './eval-report.ts';
import { type EvalScene, readScenes } from './eval-scene.ts';
import { type EvalSetup, readSetupFile, readUsualSetup } from './eval-setup.ts';
import { type EvalOutcome, evaluateSetup } from './evaluate.ts';

/** Plays and judges the scenes that the arguments of the program ask for. Returns 0 if everything passed, else 1. Throws a BotError of a server, or a plain Error with a line for each mistake in scenes, settings or arguments. */
export async function runEval(
  args: readonly string[],
  print: (text: string) => void,
): Promise<number> {
  const { options, files } = parseEvalArguments(args);
  const { text: isText, scenes: folder, only } = options;
  const scenes = (await readScenes(folder)).filter(({ topic, name }) =>
    `${topic} ${name}`.includes(only),
  );
  const setups = options.compare
    ? await Promise.all(files.map(readSetupFile))
    : [await readUsualSetup()];
  const [judging] = setups;
  if (!judging) return 1;
  printPlan(setups, scenes, isText, print);
  const outcomes: EvalOutcome[] = [];
  for (const setup of setups) {
    outcomes.push(await evaluateSetup(setup, { scenes, folder, isText, judging }));
  }
  print(`\n${formatOutcomeTable(outcomes)}`);
  for (const outcome of outcomes) {
    const failures = formatFailures(outcome);
    if (failures !== '') print(failures);
  }
  return outcomes.every(hasPassed) ? 0 : 1;
}

function parseEvalArguments(args: readonly string[]) {
  const { values: options, positionals: files } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      /** Without sound, on virtual time. */
      text: { type: 'boolean', default: false },
      /** Part of a scene's topic and name, letter case counts. Other scenes are left out. */
      only: { type: 'string', default: '' },
      scenes: {
        type: 'string',
        default: fileURLToPath(new URL('scenes', import.meta.url)),
      },
      /** Two files of settings, side by side. The chat model of the first one judges both. */
      compare: { type: 'boolean', default: false },
    },
  });
  if (options.compare !== (files.length === 2)) {
    throw new Error(
      'Two files go with --compare: npm run eval -- --compare a.env b.env',
    );
  }
  return { options, files };
}

/** Prints the number of scenes and their price, before any of it is spent. */
function printPlan(
  setups: readonly EvalSetup[],
  scenes: readonly EvalScene[],
  isText: boolean,
  print: (text: string) => void,
) {
  const usd = setups.reduce(
    (sum, { config }) => sum + estimateRunUsd(scenes, config, isText),
    0,
  );
  print(
    `${scenes.length} scenes ${isText ? 'as text' : 'aloud'}, about US$ ${usd.toFixed(4)}`,
  );
  for (const { name, hasChatModel } of setups) {
    if (!hasChatModel)
      print(`${name}: the stand-in answers, so only its manners are judged.`);
  }
}
