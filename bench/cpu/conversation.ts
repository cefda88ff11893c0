import type { SandboxPerson } from '#sandbox/people/sandbox-person.ts';
import type { EncodedSpeech } from '#sandbox/voice/voice-ports.ts';
import type { BotVoice } from './bot-voice.ts';

/** Time from the last voiced packet of a question to the first packet of its answer, in ms; undefined without an answer. */
export type Exchange = { readonly answerMs: number | undefined };

/** Somebody who asks, as the programs of the bench know them. */
export type ConversingPerson = {
  readonly person: SandboxPerson;
  readonly voice: BotVoice;
};

const maxAnswerWaitMs = 10_000;

/** Asks one question after the other until `stop`, each once the bot was quiet for `quietMs`; `offset` is which one is first. */
export async function holdConversation(
  { person, voice }: ConversingPerson,
  quietMs: number,
  questions: readonly EncodedSpeech[],
  offset: number,
  report: (exchange: Exchange) => void,
  stop: AbortSignal,
) {
  for (let n = offset; !stop.aborted; n++) {
    const { lastVoicedAtMs } = await person.say(
      questions[n % questions.length] ?? emptySignal,
      stop,
    );
    const fromMs = await voice.waitForStart(lastVoicedAtMs, maxAnswerWaitMs);
    report({ answerMs: fromMs === undefined ? undefined : fromMs - lastVoicedAtMs });
    await voice.waitForQuiet(quietMs, stop);
  }
}

const emptySignal: EncodedSpeech = { frames: [] };
