import { BotError } from '#src/base/errors.ts';
import { speakable } from '#src/chat/text/speakable.ts';
import type { SessionContext } from '#src/conversation/session-context.ts';
import type { SessionDependencies } from '#src/conversation/session-dependencies.ts';
import { spokenText } from '#src/notices/localized-text.ts';
import type { SpeechVoice } from '#src/speech/ports.ts';
import type { Reservation } from '#src/spending/reservation.ts';
import { visibleLine } from '#src/texts/visible-line.ts';
import { beginsWithNames } from '#src/turn/answer-wording.ts';
import type { ArrivedPart } from '#src/voice/output/pending-answer.ts';

/** A person whom the bot names. */
export type NamedPerson = { readonly id: string; readonly name: string };

/** A person's name as the bot says it: as they have set it for themselves, else as it is shown; empty where that is no word. */
export function spokenNameOf(
  { id, name }: NamedPerson,
  guildId: string,
  { peopleSettings }: SessionDependencies,
): string {
  const { spokenName = name } = peopleSettings.known(guildId, id);
  return speakable(visibleLine(spokenName));
}

/** An answer that begins with names, its voice, and its money. */
type NamedAnswer = {
  /** Names that are known once it sounds: others may ask the same meanwhile. */
  readonly people: () => readonly NamedPerson[];
  readonly speakerId: string;
  readonly voice: SpeechVoice;
  readonly reservation: Reservation;
};

/** Their names as they are spoken before an answer; empty where none can be spoken. */
export function namePrefix(
  people: readonly NamedPerson[],
  context: SessionContext,
  language: string | undefined,
): string {
  const { channel, parts } = context;
  const names = people.map((one) => spokenNameOf(one, channel.guildId, parts));
  return joinedNames(names, context, language);
}

function joinedNames(
  names: readonly string[],
  { channel, parts }: SessionContext,
  language: string | undefined,
): string {
  return names
    .filter((name) => name !== '')
    .reduce(
      (one, other) =>
        one === ''
          ? other
          : spokenText({ id: 'said.both', with: { one, other } }, channel.guildId, parts, language),
      '',
    );
}

/**
 * Puts the names an answer is for in front of its first sound, unless it begins with them by itself.
 *
 * Sound whose words are not known is left as it is: it may say them. A name that cannot be spoken is left out.
 */
export async function* withNamePrefix(
  answer: AsyncIterable<ArrivedPart>,
  named: NamedAnswer,
  context: SessionContext,
  signal: AbortSignal,
): AsyncGenerator<ArrivedPart> {
  let [text, isBegun] = ['', false];
  for await (const arrived of answer) {
    const { part } = arrived;
    if (part.kind === 'text') text += part.text;
    const begins = part.kind === 'audio' && !isBegun;
    if (begins && part.ofText !== undefined) yield* salute(text, named, context, signal);
    isBegun ||= begins;
    yield arrived;
  }
}

async function* salute(
  text: string,
  { people, reservation, speakerId, voice }: NamedAnswer,
  context: SessionContext,
  signal: AbortSignal,
): AsyncGenerator<ArrivedPart> {
  const named = people();
  const names = named.map(({ name }) => name);
  const language = context.languages.of(speakerId);
  const spoken = namePrefix(named, context, language);
  if (spoken === '' || beginsWithNames(text, names)) return;
  const shown = joinedNames(names.map(speakable), context, language);
  const { clock } = context.parts;
  const synthesizer = context.parts.synthesizer.paidBy(reservation);
  const ofText = `${shown === '' ? spoken : shown},`;
  try {
    for await (const pcm of synthesizer.synthesize(`${spoken},`, voice, signal)) {
      yield { part: { kind: 'audio', pcm, ofText }, atMs: clock.nowMs() };
    }
  } catch (error) {
    if (signal.aborted || !(error instanceof BotError)) throw error;
  }
}
