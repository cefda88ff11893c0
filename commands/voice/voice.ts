import type { Command, CommandGroup } from '#src/features/command.ts';
import { bot } from './bot.ts';
import { me } from './me.ts';
import { shownList, unknownVoice, voiceOption } from './voice-option.ts';
import { words } from './words.ts';

export const list: Command = {
  name: 'list',
  description: 'command.voice.list',
  options: [],
  async run(_call, { features }) {
    const names = await features.voices.names();
    if (names.length === 0) return [{ id: 'voice.list.unknown' }];
    const { more, shown: voices } = shownList('voices.txt', names);
    return [{ id: 'voice.list', with: { voices }, ...more }];
  },
};

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
    if (outcome.kind === 'failed') return [outcome.line];
    const files = [{ name: 'voice.wav', bytes: outcome.wav }];
    const head = outcome.isGone ? 'voice.gone' : 'voice.preview';
    return [{ id: head, with: { voice: voice ?? '' }, files }];
  },
};

export const voice: CommandGroup = {
  name: 'voice',
  description: 'command.voice.list',
  help: { topic: 'voice', command: 'voice me', line: () => ({ id: 'help.voice' }) },
  commands: [me, bot, preview, list, words],
};
