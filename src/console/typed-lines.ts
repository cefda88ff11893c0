import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { readCommand } from '#page/room/command-line.js';
import { realClock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { host, type SandboxObservers, waitForOutcome } from './exchange.ts';
import { describeSilence, explainSilence } from './printer.ts';
import type { StateAnswer } from './sandbox-process.ts';

const doneMs = 65_000;
const writtenMs = 500;

async function* readLines(input: Readable, signal: AbortSignal) {
  try {
    yield* createInterface({ input, signal });
  } catch {
    return; // a closed descriptor or a folder: there is no input
  }
}

/**
 * Says each line as Adam, or runs it as a command. Only lines of a terminal may
 * overlap. Returns whether there was any.
 */
export async function performLines(
  input: Readable & { readonly isTTY?: boolean },
  observers: SandboxObservers,
  signal: AbortSignal,
): Promise<boolean> {
  const left = new AbortController();
  let hasLines = false;
  const either = AbortSignal.any([signal, left.signal]);
  for await (const line of readLines(input, either)) {
    const words = line.trim();
    if (words === '') continue;
    hasLines = true;
    if (!input.isTTY) observers.show.printTitle(`> ${words}`);
    const work = performLine(words, observers, either);
    if (input.isTTY) work.catch((error: unknown) => left.abort(error));
    else await work;
  }
  either.throwIfAborted();
  left.abort(new Error('left the console'));
  return hasLines;
}

async function performLine(
  line: string,
  observers: SandboxObservers,
  signal: AbortSignal,
) {
  try {
    if (line.startsWith('/')) await runCommandLine(line, observers, signal);
    else await speakLine(line, observers, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof BotError)) throw error;
    observers.show.printNote(error.message);
  }
}

async function speakLine(
  words: string,
  { botName, events, sandbox, show }: SandboxObservers,
  signal: AbortSignal,
) {
  const { bot } = await sandbox.sendRequest<StateAnswer>({ do: 'state' });
  const { channel } = bot;
  if (channel === undefined)
    return show.printNote(`${botName} is in no voice channel; /join calls it.`);
  const start = events.place;
  await sandbox.sendRequest({ do: 'type', person: host, channel, text: words }, signal);
  const outcome = await waitForOutcome(host, start, events, signal);
  if (!outcome)
    show.printNote(
      'No answer came within a minute; people are heard once they agree: /join.',
    );
  if (outcome?.kind !== 'ignored') return;
  const silence = explainSilence(outcome.why, botName);
  if (silence.stage !== 'attend') show.printNote(describeSilence(silence, botName));
}

async function runCommandLine(
  line: string,
  { events, sandbox, show }: SandboxObservers,
  signal: AbortSignal,
) {
  const { commands } = await sandbox.sendRequest<StateAnswer>({ do: 'state' });
  const read = readCommand(line, commands);
  if (read.kind === 'incomplete') return show.printNote(read.message);
  const options = Object.fromEntries(
    Object.entries(read.options).map(([option, value]) => [
      option,
      typeof value === 'object' ? value.file : value,
    ]),
  );
  const start = events.place;
  await sandbox.sendRequest(
    { do: 'command', person: host, name: read.name, options },
    signal,
  );
  await events.waitForEvent(start, ['completed'], doneMs, signal);
  await realClock.sleep(writtenMs, signal);
}
