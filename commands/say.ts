import { newTrack } from '#commands/track/options.ts';
import { unknownVoice, voiceOption } from '#commands/voice/voice-option.ts';
import type { Command } from '#src/features/contract/command.ts';
import { outcomeText } from '#src/features/tracks/track-outcomes.ts';
import { readingReply } from './reading-reply.ts';
import { inChannel } from './rights.ts';

export const say: Command = {
  name: 'say',
  description: 'command.say',
  options: [
    {
      name: 'text',
      description: 'command.say',
      required: true,
      kind: 'text',
      maxChars: 1000,
    },
    {
      name: 'when',
      description: 'command.say',
      kind: 'choice',
      values: ['now', 'queue'],
    },
    { ...newTrack, description: 'command.say.track' },
    voiceOption('command.say.voice'),
  ],
  run: inChannel(async (call, { peopleSettings, features }) => {
    const { text = '', track, voice: asked, when } = call.words;
    const voices = features.voices;
    const voice = asked === undefined ? undefined : await voices.named(asked);
    if (asked !== undefined && voice === undefined)
      return [unknownVoice(asked, await voices.names())];
    const now = when === 'now' ? 'now' : 'queue';
    const owner = { id: call.callerId, name: call.callerName };
    const own = await peopleSettings.load(call.guildId, call.callerId);
    const chosen = { voice: voice ?? own?.voice, speed: own?.speed };
    const how = { owner, payer: owner, track, ...chosen };
    const saying = await features.typed.say(call.guildId, text, now, how);
    if (saying.kind === 'placed') return [outcomeText(saying.playing)];
    return [readingReply(saying, '/track queue track:voice')];
  }),
};
