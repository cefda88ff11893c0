import { table } from '#bench/table.ts';
import type { EvalOutcome, SceneOutcome } from './run.ts';

/** A row for each topic, and a column for each set-up. */
export function outcomeTable(outcomes: readonly EvalOutcome[]): string {
  const topics = [
    ...new Set(outcomes.flatMap(({ scenes }) => scenes.map(({ scene }) => scene.topic))),
  ];
  const row = (name: string, of: (outcome: EvalOutcome) => string) => [name, ...outcomes.map(of)];
  const rows = [
    ...topics.map((topic) =>
      row(topic, ({ scenes }) => passed(scenes.filter(({ scene }) => scene.topic === topic))),
    ),
    row('all', ({ scenes }) => passed(scenes)),
    row('answer p50, ms', ({ answerMs }) => (Number.isNaN(answerMs) ? '-' : answerMs.toFixed(0))),
    row('price, US$', ({ usd }) => usd.toFixed(4)),
  ];
  return table(['scenes passed', ...outcomes.map(({ name }) => name)], rows);
}

/** Each scene that failed or was not played, with the words. */
export function failures({ name, scenes, judgeMistakes }: EvalOutcome): string {
  const lines = scenes.flatMap(({ scene, mistakes, skipped }) => [
    ...(skipped === undefined ? [] : [`${scene.topic}, ${scene.name}: not played, ${skipped}`]),
    ...mistakes.map((mistake) => `${scene.topic}, ${scene.name}: ${mistake}`),
  ]);
  const planted = judgeMistakes.map((mistake) => `the judge cannot be trusted: ${mistake}`);
  const all = [...lines, ...planted];
  return all.length === 0 ? '' : [`\n${name}`, ...all.map((line) => `  ${line}`)].join('\n');
}

/** Every played scene passed, and the judge let no wrong answer pass. */
export function isPassed({ scenes, judgeMistakes }: EvalOutcome): boolean {
  return judgeMistakes.length === 0 && scenes.every(({ mistakes }) => mistakes.length === 0);
}

function passed(scenes: readonly SceneOutcome[]): string {
  const played = scenes.filter(({ skipped }) => skipped === undefined);
  const good = played.filter(({ mistakes }) => mistakes.length === 0);
  return `${good.length} of ${played.length}`;
}
