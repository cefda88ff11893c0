import type { Command } from '#src/session/command.ts';

export const join: Command = {
  name: 'join',
  description: 'command.join',
  shownTo: 'room',
  options: [{ name: 'channel', description: 'command.join.channel', kind: 'voice-channel' }],
  async run(call, { rooms }) {
    const channel = call.channel ?? call.callerChannel;
    if (!channel) return [{ id: 'join.none', to: 'caller' }];
    const joining = await rooms.join(channel, call.callerId);
    switch (joining.kind) {
      case 'joined':
      case 'already':
        return [
          { id: 'join.ok', with: { channel: channel.name }, to: 'room' },
          { id: 'join.consent', to: 'caller' },
        ];
      case 'busy':
        return [
          { id: 'join.busy', with: { other: joining.other, n: joining.people }, to: 'caller' },
        ];
      case 'timeout':
        return [
          { id: 'join.timeout', with: { s: Math.round(joining.nextTryMs / 1000) }, to: 'caller' },
        ];
      case 'failed':
        return [{ id: 'generic', with: { code: joining.code }, to: 'caller' }];
    }
  },
};
