import { newTrack } from '#commands/track/options.ts';
import {
  createVoiceOption,
  toUnknownVoiceReply,
} from '#commands/voice/voice-option.ts';
import type { Command } from '#src/features/command.ts';
import { toOutcomeLine } from '#src/features/tracks/track-request-outcomes.ts';
import { commandAboutSounds } from './command-rights.ts';
import { toAnnouncementReply } from './read-aloud.ts';
import { maxWaitMs, waitForEndReply, waitOption } from './wait-option.ts';

/** `/say`: has the bot say a text, by the voice that its caller chose. */
export const say: Command = commandAboutSounds({
  name: 'say',
  description: 'command.say',
  options: [
    {
      name: 'text',
      description: 'command.say.text',
      required: true,
      kind: 'text',
      maxChars: 1000,
      isProse: true,
    },
    {
      name: 'when',
      description: 'command.say.when',
      kind: 'choice',
      values: ['now', 'queue'],
    },
    { ...newTrack, description: 'command.say.track' },
    createVoiceOption('command.say.voice'),
    waitOption,
  ],
  longestMs: maxWaitMs,
  run: async (call, { clock, peopleSettings, features, sessions }) => {
    // The bot may be moved while voices and settings are read.
    const channelId = sessions.at(call.guildId)?.channelId;
    const { text = '', track, voice: typedVoice } = call.inputs;
    const { voices } = features;
    const voice =
      typedVoice === undefined ? undefined : await voices.findVoice(typedVoice);
    if (typedVoice !== undefined && voice === undefined)
      return [toUnknownVoiceReply(typedVoice, await voices.listVoices())];
    const position = call.inputs.when === 'now' ? 'now' : 'queue';
    const owner = call.caller;
    const callerSettings = await peopleSettings.loadSettings(call.guildId, owner.id);
    const wait = call.inputs.wait === 'true';
    const saying = await features.typed.sayText(call.guildId, text, position, {
      owner,
      payer: owner,
      track,
      channelId,
      wait,
      voice: voice ?? callerSettings?.voice,
      speed: callerSettings?.speed,
    });
    const outcome = saying.kind === 'placed' ? saying.playing : saying;
    if (wait && 'ended' in outcome)
      return [await waitForEndReply(text, outcome.ended, clock)];
    if (saying.kind === 'placed') return [toOutcomeLine(saying.playing)];
    return [toAnnouncementReply(saying, call)];
  },
});
