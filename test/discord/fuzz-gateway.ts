import { ChannelPeople } from '#src/discord/channel-people.ts';
import type { DiscordEvent } from '#src/discord/events.ts';
import { watchOwnState } from '#src/discord/own-state.ts';
import { openPlaces } from '#src/discord/places.ts';
import { SteppedTiming } from '#test/discord/setup/stepped-timing.ts';
import { jsonLike } from '#test/fuzz/inputs.ts';
import { target } from '#test/fuzz/target.ts';
import { fc } from '#test/properties.ts';
import {
  annMember,
  annVoice,
  botVoice,
  guild,
  ids,
  openFuzzClient,
  role,
  voiceChannel,
} from './fuzz-client.ts';

const of = { guild_id: ids.guild };
const annJoins = { ...annVoice, member: annMember };

/** Every dispatch that something of ours listens to, or that changes what it reads. */
const dispatches: readonly { readonly t: string; readonly d: object }[] = [
  { t: 'VOICE_STATE_UPDATE', d: annJoins },
  { t: 'VOICE_STATE_UPDATE', d: { ...annJoins, channel_id: null } },
  { t: 'VOICE_STATE_UPDATE', d: { ...botVoice, channel_id: ids.stage, suppress: true } },
  { t: 'VOICE_STATE_UPDATE', d: { ...botVoice, channel_id: null } },
  { t: 'GUILD_CREATE', d: guild },
  { t: 'GUILD_UPDATE', d: guild },
  { t: 'GUILD_DELETE', d: { id: ids.guild, unavailable: true } },
  { t: 'GUILD_DELETE', d: { id: ids.guild } },
  { t: 'CHANNEL_CREATE', d: voiceChannel },
  { t: 'CHANNEL_UPDATE', d: { ...voiceChannel, name: 'Attic', user_limit: 1 } },
  { t: 'CHANNEL_DELETE', d: voiceChannel },
  { t: 'GUILD_ROLE_UPDATE', d: { ...of, role: { ...role, permissions: '0' } } },
  { t: 'GUILD_ROLE_DELETE', d: { ...of, role_id: ids.role } },
  { t: 'GUILD_MEMBER_UPDATE', d: { ...of, ...annMember } },
  { t: 'GUILD_MEMBER_REMOVE', d: { ...of, user: annMember.user } },
];
const dispatch = fc.oneof(
  ...dispatches.map(({ t, d }) => fc.record({ t: fc.constant(t), d: jsonLike(d) })),
);

const { client, send, reset, thrown } = openFuzzClient(async () => ({}));

/** Everything of ours that listens to a client, and all that it answers afterwards. */
function readAll(packets: readonly { readonly t: string; readonly d: unknown }[]): void {
  reset();
  const timing = new SteppedTiming();
  const events: DiscordEvent[] = [];
  const note = (event: DiscordEvent) => events.push(event);
  const unwatch = watchOwnState(client, timing, note);
  using people = new ChannelPeople(client);
  try {
    for (const packet of packets) {
      send(packet.t, packet.d);
      timing.passMs(3_000);
      ask(people);
    }
  } finally {
    unwatch();
  }
  const [error] = thrown();
  if (error !== undefined) throw error;
  const strange = events.find((event) => 'guildId' in event && typeof event.guildId !== 'string');
  if (strange) throw new Error(`An event is of the server ${JSON.stringify(strange)}.`);
}

function ask(people: ChannelPeople): void {
  const places = openPlaces(client);
  places.localeIn(ids.guild);
  places.mayManage(ids.guild, ids.ann);
  const texts: unknown[] = [places.botName(ids.guild)];
  for (const channelId of [ids.voice, ids.stage, ids.text]) {
    const facts = places.facts({ guildId: ids.guild, channelId, name: '' }, ids.ann);
    if (facts && !(facts.members >= 0 && facts.limit >= 0)) throw new Error(JSON.stringify(facts));
    const channel = places.channel(ids.guild, channelId);
    if (channel) texts.push(channel.name);
    if (!(people.count(channelId) >= 0)) throw new Error('Fewer than nobody sits there.');
    const known = client.guilds.cache.get(ids.guild);
    if (known) texts.push(...people.in(known, channelId).flatMap(({ id, name }) => [id, name]));
  }
  const strange = texts.find((text) => typeof text !== 'string');
  if (strange !== undefined) throw new Error(`A name is ${JSON.stringify(strange)}.`);
}

/** Events of the main gateway about servers, channels and voice states. */
export const gatewayTargets = [
  target('gateway-events', fc.array(dispatch, { maxLength: 6 }), readAll),
];
