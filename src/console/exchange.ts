import { join } from 'node:path';
import type { SessionEvent } from '#src/session/events.ts';
import { type HeardAnswer, heard, replied, type Spoken, spoken } from './sandbox-lines.ts';
import type { SandboxProcess } from './sandbox-process.ts';
import { openFolder } from './shelf.ts';
import { instantsLine, type Show } from './show.ts';
import type { Witness } from './witness.ts';

/** The bot may think and begin to speak for so long, then be quiet for so long before it counts as done. */
const answerMs = 60_000;
const quietMs = 1_500;

type Answered = Extract<SessionEvent, { kind: 'answered' }>;

/** One question and its answer, as the person who asked had it; or the stage that failed, and why. */
export type Exchange =
  | {
      readonly kind: 'exchanged';
      readonly answered: Answered;
      readonly spoken: Spoken;
      readonly heard: HeardAnswer;
      /** Of the WAV with what reached the person. */
      readonly path: string;
    }
  | { readonly kind: 'failed'; readonly stage: string; readonly why: string };

/** Where exchanges take place, and who watches. */
export type Theatre = {
  readonly sandbox: SandboxProcess;
  readonly witness: Witness;
  readonly show: Show;
  readonly botName: string;
  readonly dataDir: string;
};

/** `person` sits down in Lounge, calls the bot and waits until they hear each other. */
export async function callIn(
  person: string,
  { sandbox, show }: Theatre,
): Promise<{ readonly kind: 'called' } | Extract<Exchange, { kind: 'failed' }>> {
  await sandbox.ask({ do: 'join', person });
  show.says(person, '/join');
  const reply = replied.parse(await sandbox.ask({ do: 'command', person, name: 'join' }));
  // What stands in the way is told to the caller alone.
  if (reply.ephemeral) return { kind: 'failed', stage: 'join', why: reply.text };
  await sandbox.ask({ do: 'settled', person });
  return { kind: 'called' };
}

/**
 * `person` speaks the recording and listens to the answer, which is kept as `name`.wav.
 *
 * Errors: BotError `sandbox.failed`. Aborting `signal` throws its reason.
 */
export async function exchange(
  person: string,
  wav: string,
  name: string,
  theatre: Theatre,
  signal: AbortSignal,
): Promise<Exchange> {
  const { sandbox, witness, show, botName, dataDir } = theatre;
  const path = join(await openFolder(dataDir), `${name}.wav`);
  witness.forget();
  const said = spoken.parse(await sandbox.ask({ do: 'say', person, wav }, signal));
  const listening = listen(theatre, person, path, said);
  const answered = await witness.first(['answered', 'failed'], answerMs, signal);
  if (answered?.kind === 'failed' || answered?.finish === 'failed') return failure(witness, signal);
  const reached = await listening;
  if (!answered) return silence(witness, signal);
  show.says(botName, answered.text);
  if (!reached)
    return { kind: 'failed', stage: 'hear', why: `nothing of the answer reached ${person}` };
  const after = `${person}'s last syllable`;
  show.detail(instantsLine(answered, after, said.lastVoicedAtMs, reached.firstAudibleAtMs));
  show.detail(`kept as ${path}`);
  return { kind: 'exchanged', answered, spoken: said, heard: reached, path };
}

async function listen(
  { sandbox }: Theatre,
  person: string,
  wav: string,
  { firstPacketAtMs }: Spoken,
): Promise<HeardAnswer | undefined> {
  const waits = { sinceMs: firstPacketAtMs, quietMs, timeoutMs: answerMs };
  const answer = await sandbox.ask({ do: 'listen', person, wav, ...waits }).catch(() => undefined);
  return answer && heard.parse(answer);
}

/** An answer that failed is told of before its reason is. */
async function failure(witness: Witness, signal: AbortSignal): Promise<Exchange> {
  const failed = await witness.first(['failed'], 1_000, signal);
  const { stage = 'speak', message = 'no reason given' } = failed ?? {};
  return { kind: 'failed', stage, why: message };
}

/** Nothing was answered: because nothing was recognised, or because the answer is late. */
async function silence(witness: Witness, signal: AbortSignal): Promise<Exchange> {
  const recognised = await witness.first(['recognised'], 0, signal);
  if (!recognised) return { kind: 'failed', stage: 'hear', why: 'the bot noticed nobody speaking' };
  const why =
    recognised.text === '' ? 'no words were recognised' : 'no answer came within a minute';
  return { kind: 'failed', stage: recognised.text === '' ? 'recognise' : 'think', why };
}
