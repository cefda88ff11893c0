import { readFile } from 'node:fs/promises';
import { estimateMinuteCosts, formatUsd } from './minute-costs.ts';
import {
  formatChoiceTable,
  readPipelineResult,
  replaceTable,
} from './pipeline-choices.ts';

const guide = await readFile('docs/pipelines.md', 'utf8');
const result = await readPipelineResult();

test('the table of docs/pipelines.md is that of the saved figures and the prices that the bot knows', () =>
  expect(replaceTable(guide, formatChoiceTable(result))).toBe(guide));

test('each choice has a row with its own delay and price, and every question was answered', () => {
  const rows = formatChoiceTable(result)
    .split('\n')
    .filter((row) => /^\| [a-z]/.test(row));
  expect(rows).toHaveLength(estimateMinuteCosts().length);
  for (const [n, { pipeline, model, wholeUsd }] of estimateMinuteCosts().entries()) {
    const { p50, p95, answered, asked } = result.rows[pipeline];
    expect(rows[n]).toContain(`| ${pipeline} |`);
    expect(rows[n]).toContain(` ${model} `);
    expect(rows[n]).toContain(
      `| ${p50.toFixed(0)}; ${p95.toFixed(0)} ms | ${formatUsd(wholeUsd)} |`,
    );
    expect([answered, p50 > 0, p50 <= p95]).toEqual([asked, true, true]);
  }
});

test('a table is put between its marks, and the rest of the guide stays', () => {
  const changed = replaceTable(guide, '| a |');
  expect(changed).toContain('\n\n| a |\n\n');
  expect(changed).not.toContain('| audio-model | gpt');
  expect(replaceTable(changed, formatChoiceTable(result))).toBe(guide);
  expect(() => replaceTable('No table.', '| a |')).toThrow('no such table');
});
