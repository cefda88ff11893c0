import type { SandboxPerson } from '#sandbox/people/sandbox-person.ts';
import type { EncodedSpeech } from '#sandbox/voice/voice-ports.ts';
import { realClock } from '#src/base/clock.ts';
import type { BotVoice } from './bot-voice.ts';

/** Time from the last voiced packet of a question to the first packet of its answer, in ms. Undefined without an answer. */
export type AnsweredQuestion = { readonly answerMs: number | undefined };

/** People of one channel, and the bot's voice as the first of them hears it. */
export type ConversingPeople = {
  readonly people: readonly [SandboxPerson, ...SandboxPerson[]];
  readonly voice: BotVoice;
};

const maxAnswerWaitMs = 10_000;

/** Lets people ask in turn until `stop`, each once the bot was quiet for `quietMs`. `offset` is the number of the first question. */
export async function holdConversation(
  { people, voice }: ConversingPeople,
  quietMs: number,
  questions: readonly EncodedSpeech[],
  offset: number,
  report: (exchange: AnsweredQuestion) => void,
  stop: AbortSignal,
): Promise<void> {
  for (let n = offset; !stop.aborted; n++) {
    const person = people[n % people.length] ?? people[0];
    const { lastVoicedAtMs } = await person.say(
      questions[n % questions.length] ?? emptySignal,
      stop,
    );
    const fromMs = await voice.waitForStart(lastVoicedAtMs, maxAnswerWaitMs);
    report({ answerMs: fromMs === undefined ? undefined : fromMs - lastVoicedAtMs });
    await voice.waitForQuiet(quietMs, stop);
  }
}

/** Lets each of these people say one clip after the other until `stop`, with a pause of `pauseMs`, whoever else speaks. */
export async function talkOverEachOther(
  people: readonly SandboxPerson[],
  pauseMs: number,
  clips: readonly EncodedSpeech[],
  stop: AbortSignal,
): Promise<void> {
  await Promise.all(
    people.map(async (person, first) => {
      for (let n = first; !stop.aborted; n++) {
        await person.say(clips[n % clips.length] ?? emptySignal, stop);
        await realClock.sleep(pauseMs, stop);
      }
    }),
  );
}

const emptySignal: EncodedSpeech = { frames: [] };
