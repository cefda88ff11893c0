/** Program of a process that writes the last words of a request back, three letters at a time. */
import { setTimeout as wait } from 'node:timers/promises';
import { BotError } from '#src/base/errors.ts';
import type { ForgetJob, PerformJob } from '#src/speech/local/model-jobs.ts';
import { serveJobs } from '#src/speech/local/process/serve-jobs.ts';

const end = {
  finish: 'stop',
  promptTokens: 10,
  keptTokens: 0,
  answerTokens: 0,
  answerMs: 100,
  residentBytes: 1_000,
  gpu: '',
} as const;
const forgotten: string[] = [];
const readAhead: string[] = [];
const answers: Readonly<Record<string, readonly string[]>> = {
  'What did you forget?': forgotten,
  'What did you read ahead?': readAhead,
};

function noteForgetting({ forgets }: ForgetJob) {
  forgotten.push(forgets);
  return end;
}

const echoJob: PerformJob<'chat'> = async (job, turn, sendText) => {
  if ('forgets' in job) return noteForgetting(job);
  const asked: string = JSON.parse(job.body).messages.at(-1).content;
  if (job.maxTokens === 0) readAhead.push(asked);
  if (job.maxTokens === 0) return end;
  sendText(''); // As while a prompt is read.
  const words = answers[asked]?.join() ?? asked;
  if (words.includes('die')) process.exit(1);
  if (words.includes('too long')) throw createLengthError();
  const pieces = words.match(/.{1,3}/gs) ?? [];
  let written = '';
  for (const piece of pieces) {
    sendText(piece);
    await turn.waitForThread();
    if (words.includes('slow')) await wait(5);
    written += piece;
    endIfAsked(words, written);
  }
  return { ...end, answerTokens: pieces.length };
};

function endIfAsked(words: string, written: string) {
  if (words.includes('broken off') || written.endsWith('ends here')) process.exit(1);
}

function createLoadError() {
  return new BotError('speech.failed', false, 'The chat model could not be loaded.');
}

function createLengthError() {
  return new BotError('provider.refused', false, 'It exceeds the context length.');
}

serveJobs({
  chat: {
    content: 'chat model',
    endings: [],
    loadRuntime: async () => undefined,
    open: async (path) => {
      if (path.includes('broken')) throw createLoadError();
      return echoJob;
    },
  },
});
