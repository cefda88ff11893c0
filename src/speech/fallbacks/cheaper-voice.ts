import { BotError } from '#src/base/errors.ts';
import type { Synthesizer } from '#src/speech/ports.ts';

/**
 * The usual voice, or `cheaper` where one will do, if it speaks the language; that one is opened when it is first needed and
 * chooses its own name.
 */
export function cheaperVoice(
  usual: Synthesizer,
  cheaper: () => Synthesizer | Promise<Synthesizer>,
): Synthesizer {
  const oneVoice = usual.oneVoice?.bind(usual);
  return {
    async *synthesize(text, voice, signal) {
      if (!voice.isCheap) return yield* usual.synthesize(text, voice, signal);
      const { name: _name, model: _model, ...unnamed } = voice;
      try {
        return yield* (await cheaper()).synthesize(text, unnamed, signal);
      } catch (error) {
        if (!(error instanceof BotError && error.code === 'speech.no_voice')) throw error;
      }
      yield* usual.synthesize(text, voice, signal);
    },
    ...(oneVoice && { oneVoice: () => cheaperVoice(oneVoice(), cheaper) }),
    wrapped: (wrap) =>
      cheaperVoice(usual.wrapped?.(wrap) ?? wrap(usual), async () => wrap(await cheaper())),
  };
}
