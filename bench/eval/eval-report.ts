import { formatTable } from '#bench/format-table.ts';
import type { EvalOutcome, SceneOutcome } from './evaluate.ts';

/** Formats how many scenes passed, a row for each topic, then the median wait and the price, with a column for each set-up. */
export function formatOutcomeTable(outcomes: readonly EvalOutcome[]): string {
  const makeRow = (name: string, formatCell: (outcome: EvalOutcome) => string) => [
    name,
    ...outcomes.map(formatCell),
  ];
  const topics = new Set<string>();
  for (const { scenes } of outcomes)
    for (const { scene } of scenes) topics.add(scene.topic);
  const rows: string[][] = [];
  for (const topic of topics) {
    const isInTopic = ({ scene }: SceneOutcome) => scene.topic === topic;
    rows.push(makeRow(topic, ({ scenes }) => countPassed(scenes.filter(isInTopic))));
  }
  rows.push(
    makeRow('all', ({ scenes }) => countPassed(scenes)),
    makeRow('answer p50, ms', ({ answerMs }) =>
      Number.isNaN(answerMs) ? '-' : answerMs.toFixed(0),
    ),
    makeRow('price, US$', ({ usd }) => usd.toFixed(4)),
  );
  return formatTable(['scenes passed', ...outcomes.map(({ name }) => name)], rows);
}

/** Formats a line for each mistake, for each scene not played, and for each wrong answer the judge let pass. Returns '' if there is none. */
export function formatFailures({ name, scenes, judgeMistakes }: EvalOutcome): string {
  const lines: string[] = [];
  for (const { scene, mistakes, skipped } of scenes) {
    const title = `${scene.topic}, ${scene.name}`;
    if (skipped !== undefined) lines.push(`${title}: not played, ${skipped}`);
    for (const mistake of mistakes) lines.push(`${title}: ${mistake}`);
  }
  for (const mistake of judgeMistakes)
    lines.push(`the judge cannot be trusted: ${mistake}`);
  if (lines.length === 0) return '';
  return [`\n${name}`, ...lines.map((text) => `  ${text}`)].join('\n');
}

/** Returns whether every played scene passed, and the judge let no wrong answer pass. */
export function hasPassed({ scenes, judgeMistakes }: EvalOutcome): boolean {
  return (
    judgeMistakes.length === 0 && scenes.every(({ mistakes }) => mistakes.length === 0)
  );
}

function countPassed(scenes: readonly SceneOutcome[]) {
  const played = scenes.filter(({ skipped }) => skipped === undefined);
  const passed = played.filter(({ mistakes }) => mistakes.length === 0);
  return `${passed.length} of ${played.length}`;
}
