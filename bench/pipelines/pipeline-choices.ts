import { readFile, writeFile } from 'node:fs/promises';
import { estimateMinuteCosts, formatUsd, getPriceDate } from './minute-costs.ts';
import type { BenchPipeline } from './server-settings.ts';

/** Delays of one pipeline, in ms from the last voiced packet of a question to the first packet of its answer. */
export type PipelineDelay = {
  readonly p50: number;
  readonly p95: number;
  readonly answered: number;
  readonly asked: number;
};

/** Figures of one run of `npm run bench -- pipelines`. */
export type PipelineResult = {
  /** Day, Node and cores. */
  readonly made: string;
  readonly rows: Readonly<Record<BenchPipeline, PipelineDelay>>;
};

export const resultUrl = new URL('result.json', import.meta.url);
const guideUrl = new URL('../../docs/pipelines.md', import.meta.url);
const tableMarks = {
  begin: '<!-- npm run bench -- pipelines --save writes this table -->',
  end: '<!-- end of the table -->',
};

/** Input of the answering model, and the servers that an answer waits for in sequence. */
const pipelineDescriptions: Readonly<
  Record<BenchPipeline, { readonly given: string; readonly waits: string }>
> = {
  chained: {
    given: 'words, once they were said; tone is lost',
    waits: 'recogniser, model, speech',
  },
  'chained, streaming recogniser': {
    given: 'words, recognised while they are said; tone is lost',
    waits: 'model, speech',
  },
  'audio-model': { given: 'the sound, once it was said', waits: 'model' },
  realtime: { given: 'the sound, while it is said', waits: 'model' },
};

/** Table of docs/pipelines.md: what each choice hears, how soon it answers, and the price of a minute. */
export function formatChoiceTable({ made, rows }: PipelineResult) {
  const head = [
    ...[
      'Pipeline',
      'Recogniser',
      'Model',
      'Speaks',
      'The model gets',
      'Servers in a row',
    ],
    ...['Bot alone, p50; p95', 'US$ a minute', 'hear; think; speak'],
  ];
  const body = estimateMinuteCosts().map((cost) => {
    const { pipeline, recogniser, model, reader = 'the model' } = cost;
    const { given, waits } = pipelineDescriptions[pipeline];
    const { p50, p95 } = rows[pipeline];
    const parts = [cost.hearUsd, cost.thinkUsd, cost.speakUsd]
      .map(formatUsd)
      .join('; ');
    const delay = `${p50.toFixed(0)}; ${p95.toFixed(0)} ms`;
    return [
      ...[pipeline, recogniser, model, reader, given, waits, delay],
      ...[formatUsd(cost.wholeUsd), parts],
    ];
  });
  const table = [head, head.map(() => '---'), ...body].map(
    (row) => `| ${row.join(' | ')} |`,
  );
  const asked = rows.chained.asked;
  const source = `Delays: ${asked} questions each in one run, ${made}. US dollars: OpenAI, prices of ${getPriceDate()}.`;
  return [...table, '', source].join('\n');
}

/** Text of the guide with this table between its marks. Throws a plain Error where they are missing. */
export function replaceTable(guide: string, table: string) {
  const [before, rest] = guide.split(`${tableMarks.begin}\n`);
  const [, after] = rest?.split(`${tableMarks.end}\n`) ?? [];
  if (before === undefined || after === undefined)
    throw new Error('The guide has no such table.');
  return `${before}${tableMarks.begin}\n\n${table}\n\n${tableMarks.end}\n${after}`;
}

/** Writes the table into docs/pipelines.md, from the figures that were saved last. */
export async function saveTable() {
  const guide = await readFile(guideUrl, 'utf8');
  await writeFile(
    guideUrl,
    replaceTable(guide, formatChoiceTable(await readPipelineResult())),
  );
}

export async function readPipelineResult(): Promise<PipelineResult> {
  return JSON.parse(await readFile(resultUrl, 'utf8'));
}
