import type { Command } from '#src/features/contract/command.ts';
import { text } from '#src/texts/texts.ts';
import { unknownVoice, voiceOption } from './voice-option.ts';

export const preview: Command = {
  name: 'preview',
  description: 'command.voice.preview',
  options: [voiceOption('command.say.voice')],
  async run(call, { peopleSettings, features }) {
    const { guildId, callerId: id, callerName: name, callerLocale, words } = call;
    const own = await peopleSettings.load(guildId, id);
    const asked = words.voice;
    const voice = asked === undefined ? own?.voice : await features.voices.named(asked);
    if (asked !== undefined && voice === undefined)
      return [unknownVoice(asked, await features.voices.names())];
    const sample = { voice, speed: own?.speed, language: own?.language ?? callerLocale };
    const outcome = await features.voices.preview(guildId, { id, name }, sample);
    const shown = voice ?? text('voice.usual', {}, callerLocale);
    if (outcome.kind === 'failed') return [outcome.line];
    const files = [{ name: 'voice.wav', bytes: outcome.wav }];
    const head = outcome.isGone ? 'voice.gone' : 'say.now';
    return [{ id: head, with: { voice: shown }, files }];
  },
};
