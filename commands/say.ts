import { newTrack } from '#commands/track/options.ts';
import {
  createVoiceOption,
  toUnknownVoiceReply,
} from '#commands/voice/voice-option.ts';
import { toOutcomeLine } from '#src/features/tracks/track-request-outcomes.ts';
import { commandInChannel } from './command-rights.ts';
import { toReadingReply } from './read-aloud.ts';
import { maxWaitMs, waitForEndReply, waitOption } from './wait-option.ts';

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
    createVoiceOption('command.say.voice'),
    waitOption,
  ],
  longestMs: maxWaitMs,
  run: async (call, { clock, peopleSettings, features }) => {
    const { text = '', track, voice: asked, when } = call.inputs;
    const voices = features.voices;
    const voice = asked === undefined ? undefined : await voices.findVoice(asked);
    if (asked !== undefined && voice === undefined)
      return [toUnknownVoiceReply(asked, await voices.listVoices())];
    const now = when === 'now' ? 'now' : 'queue';
    const owner = call.caller;
    const own = await peopleSettings.loadSettings(call.guildId, call.caller.id);
    const chosen = { voice: voice ?? own?.voice, speed: own?.speed };
    const wait = call.inputs.wait === 'true';
    const how = { owner, payer: owner, track, wait, ...chosen };
    const saying = await features.typed.sayText(call.guildId, text, now, how);
    const said = saying.kind === 'placed' ? saying.playing : saying;
    if (wait && 'ended' in said)
      return [await waitForEndReply(text, said.ended, clock)];
    if (saying.kind === 'placed') return [toOutcomeLine(saying.playing)];
    return [toReadingReply(saying, '/track queue track:voice')];
  },
});
