import type { DiscordGatewayAdapterLibraryMethods } from '@discordjs/voice';
import { toChannelId, toGuildId } from '#src/base/ids.ts';
import { SignalPace } from '#src/discord/link/signal-pace.ts';
import { VoiceSignals } from '#src/discord/link/voice-signals.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';

/** Signals of a link to the lounge, between a gateway that notes requests and a library that notes updates. */
function open() {
  const log: string[] = [];
  let fromDiscord: DiscordGatewayAdapterLibraryMethods | undefined;
  const signals = new VoiceSignals({
    guildId: toGuildId('g'),
    channelId: toChannelId('lounge'),
    gateway(methods) {
      fromDiscord = methods;
      return {
        sendPayload: ({ d }) => log.push(`asks for ${d.channel_id}`) > 0,
        destroy: () => log.push('is deaf to Discord'),
      };
    },
    pace: new SignalPace(),
    timing: new VirtualClock(),
    onGone: () => log.push('is gone'),
  });
  const adapter = signals.adapter({
    onVoiceServerUpdate: ({ endpoint }) => log.push(`server ${endpoint}`),
    onVoiceStateUpdate: ({ channel_id }) => log.push(`seat ${channel_id}`),
    destroy: () => undefined,
  });
  const discord = {
    seat: (channelId: string | null) =>
      fromDiscord?.onVoiceStateUpdate({ channel_id: channelId } as never),
    server: (endpoint: string) =>
      fromDiscord?.onVoiceServerUpdate({ endpoint } as never),
  };
  adapter.sendPayload({ op: 4, d: { guild_id: 'g', channel_id: 'lounge' } });
  return { discord, log, signals };
}

test('a voice server that Discord names before the seat waits for the seat, and a later one does not', () => {
  const { discord, log } = open();
  discord.server('first');
  expect(log).toEqual(['asks for lounge']);
  discord.seat('lounge');
  expect(log.slice(1)).toEqual(['seat lounge', 'server first']);
  discord.server('second');
  expect(log.slice(3)).toEqual(['server second']);
});

test('the echo of an earlier leave ends no new join', () => {
  const { discord, log } = open();
  discord.seat(null);
  discord.seat('lounge');
  discord.seat(null);
  expect(log).toEqual(['asks for lounge', 'seat lounge', 'is gone']);
});
