import { newTrack } from '#commands/track/options.ts';
import type { Command, CommandCall, Reply } from '#src/features/contract/command.ts';
import { playingOutcome } from '#src/features/tracks/track-outcome-texts.ts';
import type { SayOutcome } from '#src/features/typed/say-outcomes.ts';
import { readingReply } from './reading-reply.ts';
import { inChannel } from './rights.ts';
import { unknownVoice } from './voice/unknown-voice.ts';
import { voiceOption } from './voice/voice-option.ts';

export const say: Command = {
  name: 'say',
  description: 'command.say',
  shownTo: 'caller',
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
      description: 'command.say.when',
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
    return [replyTo(saying, call)];
  }),
};

function replyTo(saying: SayOutcome, { callerLocale }: CommandCall): Reply {
  switch (saying.kind) {
    case 'full':
      return {
        id: 'limit',
        with: { limit: saying.limit, command: '/track queue track:voice' },
        to: 'caller',
      };
    case 'placed':
      return { ...playingOutcome(saying.playing, callerLocale), to: 'caller' };
    default:
      return readingReply(saying);
  }
}
