import { newTrack } from '#commands/track/options.ts';
import { unknownVoice, voiceOption } from '#commands/voice/voice-option.ts';
import { outcomeText } from '#src/features/tracks/track-outcomes.ts';
import { readingReply } from './reading-reply.ts';
import { commandInChannel } from './rights.ts';
import { longestWithWaitMs, replyAtEnd, waitOption } from './wait-option.ts';

export const say = commandInChannel({
  name: 'say',
  description: 'command.say',
  options: [
    {
      name: 'text',
      description: 'command.say',
      required: true,
      kind: 'text',
      maxChars: 1000,
      isProse: true,
    },
    {
      name: 'when',
      description: 'command.say',
      kind: 'choice',
      values: ['now', 'queue'],
    },
    { ...newTrack, description: 'command.say.track' },
    voiceOption('command.say.voice'),
    waitOption,
  ],
  longestMs: longestWithWaitMs,
  run: async (call, { clock, peopleSettings, features }) => {
    const { text = '', track, voice: asked, when } = call.words;
    const voices = features.voices;
    const voice = asked === undefined ? undefined : await voices.named(asked);
    if (asked !== undefined && voice === undefined)
      return [unknownVoice(asked, await voices.names())];
    const now = when === 'now' ? 'now' : 'queue';
    const owner = { id: call.callerId, name: call.callerName };
    const own = await peopleSettings.load(call.guildId, call.callerId);
    const chosen = { voice: voice ?? own?.voice, speed: own?.speed };
    const wait = call.words.wait === 'true';
    const how = { owner, payer: owner, track, wait, ...chosen };
    const saying = await features.typed.say(call.guildId, text, now, how);
    const said = saying.kind === 'placed' ? saying.playing : saying;
    if (wait && 'ended' in said) return [await replyAtEnd(text, said.ended, clock)];
    if (saying.kind === 'placed') return [outcomeText(saying.playing)];
    return [readingReply(saying, '/track queue track:voice')];
  },
});
