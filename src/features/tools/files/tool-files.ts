import { readdir, realpath } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { z } from 'zod';
import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { parsedJson } from '#src/base/json.ts';
import { unlessAborted, within } from '#src/base/waiting.ts';
import {
  type ExternalResult,
  type ExternalTool,
  ruleFields,
  rulesOf,
  type ToolNews,
} from '#src/features/tools/external-tool.ts';
import type { FromTool, ToolWork } from './tool-worker-messages.ts';

export type ToolFilesOptions = {
  readonly folder: string;
  /** Names that are taken. */
  readonly taken: ReadonlySet<string>;
  readonly clock: Clock;
  /** Told once for each file that is left out. */
  readonly report: ToolNews;
};

/** Deadline, in ms, for a file to describe itself. */
const describeMs = 5_000;
const mostFiles = 64;
const endings: ReadonlySet<string> = new Set(['.js', '.mjs', '.ts']);
const toolName = /^[a-z][a-z0-9_-]{0,47}$/i;

const description = z.object({
  description: z.string().trim().min(1).max(2_000),
  parameters: z.looseObject({ type: z.literal('object') }).default({ type: 'object' }),
  ...ruleFields,
});

/** Functions of the operator, one a file; a file that is none costs a sentence. Aborting `signal` throws `signal.reason`. */
export async function openToolFiles(
  options: ToolFilesOptions,
  signal: AbortSignal,
): Promise<readonly ExternalTool[]> {
  const { folder, report } = options;
  const files = await filesIn(folder);
  if (!files) {
    report(`TOOL_FILES is on, but there is no folder ${folder}.`);
    return [];
  }
  const tools: ExternalTool[] = [];
  for (const file of files) {
    const tool = await readTool(file, options, signal);
    if (typeof tool === 'string') report(`${basename(file)} is left out: ${tool}`);
    else tools.push(tool);
  }
  return tools;
}

/** Undefined where there is no such folder; links are followed. */
async function filesIn(folder: string): Promise<readonly string[] | undefined> {
  try {
    const home = await realpath(folder);
    const names = (await readdir(home)).filter((name) => endings.has(extname(name))).sort();
    return names.slice(0, mostFiles).map((name) => join(home, name));
  } catch {
    return undefined;
  }
}

/** The tool, or in a sentence why there is none. */
async function readTool(
  path: string,
  { taken, clock }: ToolFilesOptions,
  signal: AbortSignal,
): Promise<ExternalTool | string> {
  const name = basename(path, extname(path));
  if (!toolName.test(name)) return 'its name must be a word of up to 48 letters, digits, - and _.';
  if (taken.has(name)) return `the bot has its own tool ${name}; choose another name.`;
  const folder = join(path, '..');
  try {
    const answer = await inTime({ path, folder }, describeMs, clock, signal);
    const read = description.safeParse(answer.kind === 'described' ? answer.tool : {});
    if (!read.success) {
      const [issue] = read.error.issues;
      return `its export ${issue?.path.join('.')} does not fit: ${issue?.message}.`;
    }
    const rules = rulesOf(read.data);
    return {
      name,
      title: name,
      description: read.data.description,
      parameters: read.data.parameters,
      rules,
      run: (given, until) => run({ path, folder, given }, rules.deadlineMs, clock, until),
    };
  } catch (error) {
    if (signal.aborted || !(error instanceof BotError)) throw error;
    return error.message;
  }
}

async function run(
  work: Parameters<typeof runToolThread>[0],
  deadlineMs: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<ExternalResult> {
  const answer = await inTime(work, deadlineMs, clock, signal);
  const json = answer.kind === 'result' ? answer.json : undefined;
  const done = { leftOut: [], isError: false } as const;
  if (json === undefined) return { text: '', ...done };
  if (json.startsWith('"')) return { text: String(parsedJson(json)), ...done };
  return { text: '', structured: json, ...done }; // handed on as it is: it may hold words of any person
}

/** Ends the thread that takes longer. */
async function inTime(
  work: Parameters<typeof runToolThread>[0],
  ms: number,
  clock: Clock,
  signal: AbortSignal,
): ReturnType<typeof runToolThread> {
  const over = new AbortController();
  const late = () =>
    new BotError(
      'tool.late',
      false,
      `A function of the operator took longer than ${ms / 1_000} s.`,
    );
  try {
    const thread = runToolThread(work, AbortSignal.any([signal, over.signal]));
    return await within(thread, ms, clock, late);
  } finally {
    over.abort(new Error('the call was given up'));
  }
}

/** Heap of a thread, in MB; what lies outside the heap, as buffers do, is not counted. */
const resourceLimits = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 8, stackSizeMb: 4 };
const entry = new URL('./tool-worker.ts', import.meta.url);

/**
 * Has a thread of its own import one file of the operator, and run it where it is given arguments; the thread ends with it.
 *
 * It has no environment, no arguments and no handle on anything of the bot. Errors: BotError `tool.threw`, `tool.crashed`.
 * Aborting `signal` throws `signal.reason`, and ends the thread whatever it does.
 */
async function runToolThread(work: ToolWork, signal: AbortSignal): Promise<FromTool> {
  signal.throwIfAborted();
  const isCall = work.given !== undefined;
  const bare = { env: {}, argv: [], execArgv: [], stdin: false, stdout: true, stderr: true };
  const worker = new Worker(entry, { workerData: work, ...bare, resourceLimits });
  const { promise, resolve, reject } = Promise.withResolvers<FromTool>();
  worker.once('message', resolve);
  worker.once('error', (cause) => reject(diedOf(cause, isCall)));
  worker.once('exit', () => {
    reject(new BotError('tool.crashed', true, 'A function of the operator ended its thread.'));
  });
  worker.stdout.resume();
  worker.stderr.resume();
  try {
    const message = await unlessAborted(promise, signal);
    if (message.kind === 'threw') throw threw(isCall ? 'it threw' : message.why);
    return message;
  } finally {
    await worker.terminate();
  }
}

function diedOf(cause: Error, isCall: boolean): BotError {
  const isFull = 'code' in cause && cause.code === 'ERR_WORKER_OUT_OF_MEMORY';
  if (isFull) return threw('it took too much memory');
  return threw(isCall ? 'it threw' : cause.message);
}

/**
 * Error text of a call may hold words of people, which no log does; error text before a call is only about the function
 * itself.
 */
function threw(why: string): BotError {
  return new BotError('tool.threw', false, `A function of the operator failed: ${why}.`);
}
