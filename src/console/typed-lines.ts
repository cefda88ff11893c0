import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { readCommand } from '#page/room/command-line.js';
import { realClock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { formatText } from '#src/texts/texts.ts';
import { consoleSpeaker, type SandboxObservers, waitForOutcome } from './exchange.ts';
import { explainSilence } from './printer.ts';
import type { StateAnswer } from './sandbox-process.ts';

const completionMs = 65_000;
/** Messages of a command may arrive this much later. */
const messagesMs = 500;

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
  const end = new AbortController();
  let hasLines = false;
  const either = AbortSignal.any([signal, end.signal]);
  for await (const typedLine of readLines(input, either)) {
    const text = typedLine.trim();
    if (text === '') continue;
    hasLines = true;
    if (!input.isTTY) observers.show.printTitle(`> ${text}`);
    const work = performLine(text, observers, either);
    if (input.isTTY) work.catch((error: unknown) => end.abort(error));
    else await work;
  }
  either.throwIfAborted();
  end.abort(new Error('left the console'));
  return hasLines;
}

async function performLine(
  text: string,
  observers: SandboxObservers,
  signal: AbortSignal,
) {
  try {
    if (text.startsWith('/')) await runCommandLine(text, observers, signal);
    else await speakLine(text, observers, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof BotError)) throw error;
    observers.show.printNote(error.message);
  }
}

async function speakLine(
  text: string,
  { botName, events, sandbox, show }: SandboxObservers,
  signal: AbortSignal,
) {
  const { bot } = await sandbox.sendRequest<StateAnswer>({ do: 'state' });
  const { channel } = bot;
  if (channel === undefined)
    return show.printNote(`${botName} is in no voice channel; /join calls it.`);
  const start = events.position;
  await sandbox.sendRequest(
    { do: 'type', person: consoleSpeaker, channel, text },
    signal,
  );
  const outcome = await waitForOutcome(consoleSpeaker, start, events, signal);
  if (!outcome)
    show.printNote(
      'No answer came within a minute; people are heard once they agree: /join.',
    );
  if (outcome?.kind !== 'ignored') return;
  const silence = explainSilence(outcome.why, botName);
  if (silence.stage !== 'attend') show.printNote(silence.why);
}

async function runCommandLine(
  commandLine: string,
  { events, sandbox, show }: SandboxObservers,
  signal: AbortSignal,
) {
  const { commands } = await sandbox.sendRequest<StateAnswer>({ do: 'state' });
  const command = readCommand(commandLine, commands);
  if (command.kind === 'incomplete')
    return show.printNote(
      formatText(command.lack.id, 'with' in command.lack ? command.lack.with : {}),
    );
  const options = Object.fromEntries(
    Object.entries(command.options).map(([option, value]) => [
      option,
      typeof value === 'object' ? value.file : value,
    ]),
  );
  const start = events.position;
  await sandbox.sendRequest(
    { do: 'command', person: consoleSpeaker, name: command.name, options },
    signal,
  );
  await events.waitForEvent(start, ['completed'], completionMs, signal);
  await realClock.sleep(messagesMs, signal);
}
