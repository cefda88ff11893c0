import { formatTable } from '#bench/format-table.ts';
import type { EvalOutcome, SceneOutcome } from './evaluate.ts';

/** A row for each topic, and a column for each set-up. */
export function formatOutcomeTable(outcomes: readonly EvalOutcome[]) {
  const row = (name: string, of: (outcome: EvalOutcome) => string) => [
    name,
    ...outcomes.map(of),
  ];
  const topics = new Set<string>();
  for (const { scenes } of outcomes)
    for (const { scene } of scenes) topics.add(scene.topic);
  const rows: string[][] = [];
  for (const topic of topics) {
    const inTopic = ({ scene }: SceneOutcome) => scene.topic === topic;
    rows.push(row(topic, ({ scenes }) => countPassed(scenes.filter(inTopic))));
  }
  rows.push(
    row('all', ({ scenes }) => countPassed(scenes)),
    row('answer p50, ms', ({ answerMs }) =>
      Number.isNaN(answerMs) ? '-' : answerMs.toFixed(0),
    ),
    row('price, US$', ({ usd }) => usd.toFixed(4)),
  );
  return formatTable(['scenes passed', ...outcomes.map(({ name }) => name)], rows);
}

/** Each scene that failed or was not played, with the words; empty: there is none. */
export function formatFailures({ name, scenes, judgeMistakes }: EvalOutcome) {
  const lines: string[] = [];
  for (const { scene, mistakes, skipped } of scenes) {
    const place = `${scene.topic}, ${scene.name}`;
    if (skipped !== undefined) lines.push(`${place}: not played, ${skipped}`);
    for (const mistake of mistakes) lines.push(`${place}: ${mistake}`);
  }
  for (const mistake of judgeMistakes)
    lines.push(`the judge cannot be trusted: ${mistake}`);
  if (lines.length === 0) return '';
  return [`\n${name}`, ...lines.map((line) => `  ${line}`)].join('\n');
}

/** Every played scene passed, and the judge let no wrong answer pass. */
export function hasPassed({ scenes, judgeMistakes }: EvalOutcome) {
  return (
    judgeMistakes.length === 0 && scenes.every(({ mistakes }) => mistakes.length === 0)
  );
}

function countPassed(scenes: readonly SceneOutcome[]) {
  const played = scenes.filter(({ skipped }) => skipped === undefined);
  const good = played.filter(({ mistakes }) => mistakes.length === 0);
  return `${good.length} of ${played.length}`;
}
