import type { Command, CommandGroup } from '#src/features/command.ts';
import { Owned } from '#src/people/owned.ts';
import { bot } from './bot-command.ts';
import { me } from './me-command.ts';
import { createVoiceOption, formatList, toUnknownVoiceReply } from './voice-option.ts';
import { words } from './words-command.ts';

/** `/voice list`: all voices. */
export const list: Command = {
  name: 'list',
  description: 'command.voice.list',
  options: [],
  async run(_call, { features }) {
    const names = await features.voices.listVoices();
    if (names.length === 0) return [{ id: 'voice.list.unknown' }];
    const { text: voices, files } = formatList('voices.txt', names);
    return [{ id: 'voice.list', with: { voices }, files }];
  },
};

/** `/voice preview`: a sample of a voice as a file. */
export const preview: Command = {
  name: 'preview',
  description: 'command.voice.preview',
  options: [createVoiceOption('command.say.voice')],
  async run(call, { peopleSettings, features }) {
    const { guildId, caller, inputs } = call;
    const callerSettings = await peopleSettings.loadSettings(guildId, caller.id);
    const typedVoice = inputs.voice;
    const voice =
      typedVoice === undefined
        ? callerSettings?.voice
        : await features.voices.findVoice(typedVoice);
    if (typedVoice !== undefined && voice === undefined)
      return [toUnknownVoiceReply(typedVoice, await features.voices.listVoices())];
    const sample = {
      voice,
      speed: callerSettings?.speed,
      language: callerSettings?.language ?? caller.locale,
    };
    const outcome = await features.voices.previewVoice(guildId, caller, sample);
    if (outcome.kind === 'failed') return [outcome.line];
    const file = { name: 'voice.wav', bytes: outcome.wav };
    const files = [new Owned(file, 'given')];
    const id = outcome.isGone ? 'voice.gone' : 'voice.preview';
    return [{ id, with: { voice: voice ?? '' }, files }];
  },
};

export const voice: CommandGroup = {
  name: 'voice',
  description: 'command.voice',
  help: {
    topic: 'voice',
    command: 'voice me',
    buildLine: () => ({ id: 'help.voice' }),
  },
  commands: [me, bot, preview, list, words],
};
