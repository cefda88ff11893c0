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

/** File of the saved figures. */
export const resultUrl: URL = new URL('result.json', import.meta.url);
const guideUrl = new URL('../../docs/pipelines.md', import.meta.url);
const tableMarks = {
  begin: '<!-- npm run bench -- pipelines --save writes this table -->',
  end: '<!-- end of the table -->',
};

/** Input of the answering model, and the servers that an answer waits for in sequence. */
const pipelineDescriptions: Readonly<
  Record<BenchPipeline, { readonly input: string; readonly servers: string }>
> = {
  chained: {
    input: 'words, once they were said; tone is lost',
    servers: 'recogniser, model, speech',
  },
  'chained, streaming recogniser': {
    input: 'words, recognised while they are said; tone is lost',
    servers: 'model, speech',
  },
  'audio-model': { input: 'the sound, once it was said', servers: 'model' },
  realtime: { input: 'the sound, while it is said', servers: 'model' },
};

/** Formats the table of docs/pipelines.md: the input of each choice, its delay, and the price of a minute. */
export function formatChoiceTable({ made, rows }: PipelineResult): string {
  const columnNames = [
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
    const { input, servers } = pipelineDescriptions[pipeline];
    const { p50, p95 } = rows[pipeline];
    const prices = [cost.hearUsd, cost.thinkUsd, cost.speakUsd]
      .map(formatUsd)
      .join('; ');
    const delay = `${p50.toFixed(0)}; ${p95.toFixed(0)} ms`;
    return [
      ...[pipeline, recogniser, model, reader, input, servers, delay],
      ...[formatUsd(cost.wholeUsd), prices],
    ];
  });
  const table = [columnNames, columnNames.map(() => '---'), ...body].map(
    (row) => `| ${row.join(' | ')} |`,
  );
  const questionCount = rows.chained.asked;
  const sourceNote = `Delays: ${questionCount} questions each in one run, ${made}. US dollars: OpenAI, prices of ${getPriceDate()}.`;
  return [...table, '', sourceNote].join('\n');
}

/** Puts a table between its marks in the guide. Throws a plain Error where they are missing. */
export function replaceTable(guide: string, table: string): string {
  const [textAbove, tableAndBelow] = guide.split(`${tableMarks.begin}\n`);
  const [, textBelow] = tableAndBelow?.split(`${tableMarks.end}\n`) ?? [];
  if (textAbove === undefined || textBelow === undefined)
    throw new Error('The guide has no such table.');
  return `${textAbove}${tableMarks.begin}\n\n${table}\n\n${tableMarks.end}\n${textBelow}`;
}

/** Writes the table into docs/pipelines.md, from the figures that were saved last. */
export async function saveTable(): Promise<void> {
  const guide = await readFile(guideUrl, 'utf8');
  await writeFile(
    guideUrl,
    replaceTable(guide, formatChoiceTable(await readPipelineResult())),
  );
}

/** Reads the saved figures. */
export async function readPipelineResult(): Promise<PipelineResult> {
  return JSON.parse(await readFile(resultUrl, 'utf8'));
}
