import type { CommandCall, CommandOption, CommandPorts, Reply } from '#src/conversation/command.ts';
import {
  fastest,
  longestToneChars,
  type SpokenManner,
  slowest,
} from '#src/conversation/ports/command-ports.ts';
import { VoicesAndPreviews } from '#src/features/typed/voices-and-previews.ts';
import type { TextLine } from '#src/texts/texts.ts';
import { closest } from './closest-names.ts';
import { voiceOption } from './voice/voice-option.ts';

/** Options for the way a text or an answer is spoken. */
export const mannerOptions: readonly CommandOption[] = [
  voiceOption('command.say.voice'),
  {
    name: 'model',
    description: 'command.say.model',
    kind: 'text',
    maxChars: 100,
    suggest: async (typed, _call, { port }) => closest(typed, port(VoicesAndPreviews).models()),
  },
  { name: 'tone', description: 'command.say.tone', kind: 'text', maxChars: longestToneChars },
  {
    name: 'speed',
    description: 'command.say.speed',
    kind: 'decimal',
    least: slowest,
    most: fastest,
  },
];

/** The requested manner, with the parts that the voice does not support; or the reply that names the fault. */
type Read =
  | { readonly manner: SpokenManner; readonly ignored: readonly TextLine[] }
  | { readonly wrong: Reply };

export function mannerIn(
  { words }: Pick<CommandCall, 'words'>,
  { port }: Pick<CommandPorts, 'port'>,
): Read {
  const { voice, model } = words;
  const tone = words.tone?.trim();
  const models = port(VoicesAndPreviews).models();
  if (model !== undefined && !models.includes(model)) {
    const list = models.join(', ');
    const id = list === '' ? 'model.none' : 'model.unknown';
    return { wrong: { id, with: { x: model, list }, to: 'caller' } };
  }
  const manner = {
    ...(voice !== undefined && { voice }),
    ...(model !== undefined && { model }),
    ...(tone && { tone }),
    ...(words.speed !== undefined && { speed: Number(words.speed) }),
  };
  const isIgnored = tone && !port(VoicesAndPreviews).acceptsTone();
  return { manner, ignored: isIgnored ? [{ id: 'tone.ignored' }] : [] };
}
