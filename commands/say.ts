import { newTrack } from '#commands/track/options.ts';
import type { Command, Suggest } from '#src/session/ports/command.ts';
import { playingOutcome } from '#src/session/tracks/track-outcome-texts.ts';
import { closest } from './closest-names.ts';
import { notInRoom } from './rights.ts';

const voiceNames: Suggest = async (typed, _call, { voices }) =>
  closest(typed, await voices.names());

export const say: Command = {
  name: 'say',
  description: 'command.say',
  shownTo: 'caller',
  options: [
    {
      name: 'text',
      description: 'command.say.text',
      required: true,
      kind: 'text',
      maxChars: 1000,
    },
    {
      name: 'voice',
      description: 'command.say.voice',
      kind: 'text',
      maxChars: 100,
      suggest: voiceNames,
    },
    {
      name: 'when',
      description: 'command.say.when',
      kind: 'choice',
      values: ['now', 'queue'],
    },
    { ...newTrack, description: 'command.say.track' },
  ],
  async run(call, { peopleSettings, sessions, talk }) {
    const barred = notInRoom(call, sessions);
    if (barred) return [barred];
    const { text = '', track, voice, when } = call.words;
    const now = when === 'now' ? 'now' : 'queue';
    const owner = { id: call.callerId, name: call.callerName };
    const own = await peopleSettings.load(call.guildId, call.callerId);
    const how = { owner, payerId: owner.id, track, voice: voice ?? own?.voice, speed: own?.speed };
    const saying = await talk.say(call.guildId, text, now, how);
    switch (saying.kind) {
      case 'queued': {
        const { ahead: n } = saying;
        return [
          n > 0 ? { id: 'say.queued', with: { n }, to: 'caller' } : { id: 'say.now', to: 'caller' },
        ];
      }
      case 'full':
        return [{ id: 'say.full', with: { limit: saying.limit }, to: 'caller' }];
      case 'placed':
        return [{ ...playingOutcome(saying.playing, call.callerLocale), to: 'caller' }];
      case 'unspeakable':
        return [{ id: 'say.empty', to: 'caller' }];
      case 'muted':
        return [{ id: 'muted.server', to: 'caller' }];
      case 'captions-only':
        return [{ id: 'captions.only', to: 'caller' }];
      case 'unaffordable':
        return [{ ...saying.line, to: 'caller' }];
      case 'nowhere':
        return [{ id: 'leave.nowhere', to: 'caller' }];
    }
  },
};
