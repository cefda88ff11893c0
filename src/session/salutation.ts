import { BotError } from '#src/base/errors.ts';
import { speakable } from '#src/chat/speakable.ts';
import type { Question } from './matter.ts';
import { plainWords } from './partial-trust.ts';
import type { Conversation } from './room.ts';
import type { Arrived } from './thinking.ts';
import { withTwins } from './twins.ts';
import { aloud } from './wording.ts';

/** So early in an answer a name is no mention, but whom it is for. */
const earlyChars = 40;
/** More names than this would be a roll-call. */
const mostNames = 3;

/** Whose names an answer begins with: several have asked the same, or something else was said since. */
export function namesFor(question: Question, { people }: Conversation): readonly string[] {
  const humans = people().filter(({ isBot }) => !isBot);
  const names = withTwins(question).map(({ said }) => said.name);
  if (humans.length < 2 || (names.length === 1 && !question.waited)) return [];
  return names.slice(0, mostNames);
}

/** Those names as they are said; empty where there is nothing to say. */
export function asAddressed(names: readonly string[], { channel, parts }: Conversation): string {
  return names
    .map((name) => speakable(name))
    .filter((name) => name !== '')
    .reduce(
      (one, other) =>
        one === ''
          ? other
          : aloud({ id: 'said.both', with: { one, other } }, channel.guildId, parts),
      '',
    );
}

/**
 * The same answer with the names it is for in front of its first sound, unless it begins with them by itself.
 *
 * Sound whose words are not known is left as it is: it may say them. A name that cannot be spoken is left out.
 */
export async function* addressed(
  answer: AsyncIterable<Arrived>,
  question: Question,
  room: Conversation,
  signal: AbortSignal,
): AsyncGenerator<Arrived> {
  let [text, isBegun] = ['', false];
  for await (const arrived of answer) {
    const { part } = arrived;
    if (part.kind === 'text') text += part.text;
    const begins = part.kind === 'audio' && !isBegun;
    if (begins && part.ofText !== undefined) yield* salute(text, question, room, signal);
    isBegun ||= begins;
    yield arrived;
  }
}

async function* salute(
  text: string,
  question: Question,
  room: Conversation,
  signal: AbortSignal,
): AsyncGenerator<Arrived> {
  const names = namesFor(question, room);
  const spoken = asAddressed(names, room);
  if (spoken === '' || isNamed(text, names)) return;
  const { clock, style, synthesizer } = room.parts;
  const ofText = `${spoken},`;
  try {
    for await (const pcm of synthesizer.synthesize(ofText, style.voice, signal)) {
      yield { part: { kind: 'audio', pcm, ofText }, atMs: clock.nowMs() };
    }
  } catch (error) {
    if (signal.aborted || !(error instanceof BotError)) throw error;
  }
}

function isNamed(text: string, names: readonly string[]): boolean {
  const start = ` ${plainWords(text.slice(0, earlyChars))} `;
  return names.every((name) => start.includes(` ${plainWords(name)} `));
}
