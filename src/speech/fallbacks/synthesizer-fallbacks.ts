import type { Pcm } from '#src/audio/pcm.ts';
import {
  type FallbackChain,
  type FallbackPosition,
  openFallbackPosition,
} from '#src/provider/fallback-chain.ts';
import type { Synthesizer } from '#src/speech/ports.ts';

/** A clause that is not short takes longer where the server sends it in one piece, as proxies do. */
const shortChars = 80;
const moreMsPerChar = 25;

/** Several voices as one: the first that can speak. Its names for voices and models are those of the first of them. */
export function synthesizerWithFallbacks(chain: FallbackChain<Synthesizer>): Synthesizer {
  return withEach(chain, (engine) => engine);
}

function withEach(
  chain: FallbackChain<Synthesizer>,
  wrap: (engine: Synthesizer) => Synthesizer,
): Synthesizer {
  const at = (place: () => FallbackPosition): Synthesizer => ({
    synthesize(text, voice, signal) {
      const { name: _name, model: _model, ...usual } = voice;
      return chain.run<Pcm>(
        {
          ask: (engine, inner, index) =>
            wrap(engine).synthesize(text, index ? usual : voice, inner),
          isOutput: ({ samples }) => samples.length > 0,
          moreMs: Math.max(0, text.length - shortChars) * moreMsPerChar,
        },
        signal,
        place(),
      );
    },
  });
  const oneVoice = () => {
    const place = openFallbackPosition();
    return at(() => place);
  };
  return {
    ...at(openFallbackPosition),
    oneVoice,
    wrapped: (outer) => withEach(chain, (engine) => outer(wrap(engine))),
  };
}
