import { newTrack } from '#commands/track/options.ts';
import type { Command, CommandCall, Reply } from '#src/conversation/command.ts';
import { titleOf } from '#src/conversation/output/lazily-synthesised-text.ts';
import { playingOutcome } from '#src/features/tracks/track-outcome-texts.ts';
import type { Playing } from '#src/features/tracks/track-outcomes.ts';
import type { SayOutcome } from '#src/features/typed/say-outcomes.ts';
import { awaitedEnd, waiting, waitOption } from './awaited-end.ts';
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
    waitOption,
  ],
  ...waiting,
  run: inChannel(async (call, { clock, peopleSettings, features }) => {
    const { text = '', track, voice: asked, when } = call.words;
    const voices = features.voices;
    const voice = asked === undefined ? undefined : await voices.named(asked);
    if (asked !== undefined && voice === undefined)
      return [unknownVoice(asked, await voices.names())];
    const now = when === 'now' ? 'now' : 'queue';
    const owner = { id: call.callerId, name: call.callerName };
    const own = await peopleSettings.load(call.guildId, call.callerId);
    const ended = awaitedEnd(call, { clock });
    const chosen = { voice: voice ?? own?.voice, speed: own?.speed };
    const how = { owner, payer: owner, track, ...chosen, onEnd: ended?.onEnd };
    const saying = await features.typed.say(call.guildId, text, now, how);
    const isAwaited =
      saying.kind === 'queued' || (saying.kind === 'placed' && isOn(saying.playing));
    if (ended && isAwaited) return [await ended.reply(titleOf([text]), 'caller')];
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

function isOn({ kind }: Playing): boolean {
  return kind === 'playing' || kind === 'added';
}
