import type { ReplyStyle } from '#src/pipeline/pipeline.ts';
import type { SpokenManner } from '#src/ports/command-ports.ts';
import type { SpeechVoice } from '#src/speech/ports.ts';

/** A reply style as whoever asked wants this answer spoken; `named` is the voice of that name. */
export function styleIn(
  style: ReplyStyle,
  manner: SpokenManner | undefined,
  named: SpeechVoice = manner?.voice === undefined ? {} : { name: manner.voice },
): ReplyStyle {
  if (!manner) return style;
  const { model, tone, voice } = manner;
  const { onGone, ...usual } = style.voice;
  const spoken = {
    ...usual,
    ...(voice === undefined ? onGone && { onGone } : named),
    ...(model !== undefined && { model }),
    ...(tone !== undefined && { instructions: tone }),
  };
  return { ...style, voice: spoken };
}
